// What explorables have in common: elements, a logarithmic axis, medians, numbers as the book writes them, and how to
// follow a model.

export const html = (name, attributes, ...children) => filled(document.createElement(name), attributes, children);

export const svg = (name, attributes, ...children) =>
  filled(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);

export function filled(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

// A function from values to pixels, `.at` from pixels to values, `.ticks` the powers of ten in its range.
export function logarithmic(first, last, start, end) {
  const scale = (value) => start + ((end - start) * Math.log(value / first)) / Math.log(last / first);
  scale.at = (pixel) => first * (last / first) ** ((pixel - start) / (end - start));
  scale.ticks = [];
  for (let power = 10 ** Math.ceil(Math.log10(first)); power <= last; power *= 10) scale.ticks.push(power);
  return scale;
}

export const written = (value) => Math.round(value).toLocaleString("en-US");
export const percent = (share) => `${Math.round(100 * share)}%`;

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

export function cumulated(differences) {
  let sum = 0;
  return differences.map((difference) => (sum += difference));
}

// Reacts to events of a model, also to what Python sets, and redraws when `el` is no longer as wide as what was drawn.
// Returns how to stop.
export function heed(model, el, reactions, drawnWidth, redraw) {
  for (const [event, react] of Object.entries(reactions)) model.on(event, react);
  const resized = new ResizeObserver(() => el.clientWidth !== drawnWidth() && redraw());
  resized.observe(el);
  return () => {
    for (const [event, react] of Object.entries(reactions)) model.off(event, react);
    resized.disconnect();
  };
}
