// Runs an explorable in a page without a kernel: a model that only holds values stands in for the widget's.
(() => {
  const el = document.currentScript.parentElement;
  const [firstView, inlined] = el.children;
  const { esm, state } = JSON.parse(inlined.textContent);
  const heard = {};
  const model = {
    get: (name) => state[name],
    set: (name, value) => {
      state[name] = value;
      for (const react of heard[`change:${name}`] ?? []) react();
    },
    on: (event, react) => (heard[event] ??= []).push(react),
    off: (event, react) => (heard[event] = (heard[event] ?? []).filter((other) => other !== react)),
    save_changes: () => {},
  };
  const address = URL.createObjectURL(new Blob([esm], { type: "text/javascript" }));
  firstView.hidden = true; // or it would flash up before the figure takes its place
  import(address)
    .then((module) => module.default.render({ model, el }))
    .catch((error) => {
      firstView.hidden = false;
      throw error;
    })
    .finally(() => URL.revokeObjectURL(address));
})();
