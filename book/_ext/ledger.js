// Filters the ledger's rows by source, verdict and text. The table is whole without it.
(() => {
  const form = document.getElementById("ledger-filter");
  const rows = [...document.querySelectorAll("table.ledger-table tbody tr")];
  const claims = rows.map((row) => ({
    row,
    source: row.querySelector(".id").textContent.trim()[0],
    verdict: row.querySelector(".verdict").textContent.trim(),
    text: row.textContent.toLowerCase(),
  }));

  function show() {
    const { source, verdict, text } = form.elements;
    const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const claim of claims) {
      const fits =
        (!source.value || claim.source === source.value) &&
        (!verdict.value || claim.verdict === verdict.value) &&
        words.every((word) => claim.text.includes(word));
      claim.row.hidden = !fits;
      shown += fits;
    }
    form.elements.count.value = `${shown} of ${claims.length} claims`;
  }

  form.addEventListener("input", show);
  form.elements.all.addEventListener("click", () => {
    form.reset();
    show();
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
})();
