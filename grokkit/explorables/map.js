// The picture of the phase explorer: one coloured rectangle a cell, axes beside them, and what the colours mean.
import { filled, html, svg, written } from "./drawing.js";

const TICKS = 6; // at most so many numbers on an axis
const HEIGHT = 320; // of a map, in pixels, where its cells need not be flat for it

const short = (value) => (value && Math.abs(value) < 0.01 ? value.toExponential(0) : String(Number(value.toPrecision(2))));

// Half-way up a scale is its middle colour; below it the first is mixed in, above it the last.
function mixed([first, middle, last], share) {
  const [end, part] = share < 0.5 ? [first, 2 * share] : [last, 2 * (1 - share)];
  return `color-mix(in srgb, ${middle} ${Math.round(100 * part)}%, ${end})`;
}

// Of a cell of which only the phase is known, that. Else as `grokkit.smooth` has it: how late validation is where both
// arrive, T_train where only training does, the budget elsewhere.
function colourInSteps({ phases, scales, budget }, { phase, observed_to: seen, t_train: train, t_val: val }) {
  if (seen === undefined) return Object.values(phases)[phase];
  const [generalising, not] = Object.values(scales);
  const steps = train === null ? budget : val === null ? train : val - train;
  const share = Math.log(Math.min(Math.max(steps, 1), budget)) / Math.log(Math.max(budget, 2));
  return mixed(train !== null && val !== null ? generalising : not, share);
}

const colour = (data, cell, inSteps) => (inSteps ? colourInSteps(data, cell) : Object.values(data.phases)[cell.phase]);

// Fills `picture` and returns how to mark a cell and how to find one: { width, mark(cell), placeAt(event) }.
export function drawnMap(picture, data, cells, inSteps, width) {
  const [columns, rows] = [0, 1].map((i) => [...new Set(cells.map(({ cell }) => cell[i]))].sort((a, b) => a - b));
  const [left, top, right] = [64, 8, width - 16];
  const wide = (right - left) / columns.length;
  const high = Math.min(wide, HEIGHT / rows.length);
  const bottom = top + high * rows.length;
  const box = ({ cell }) => {
    const [x, y] = [left + wide * columns.indexOf(cell[0]), top + high * rows.indexOf(cell[1])];
    return { x, y, width: wide, height: high };
  };
  const squares = cells.map((cell) => svg("rect", { ...box(cell), fill: colour(data, cell, inSteps), class: "cell" }));
  const numbers = (places, i, label) =>
    places
      .filter((_, k) => k % Math.ceil(places.length / TICKS) === 0)
      .map((place) => label(place, short(data.axes[i].values[place])));
  const across = numbers(columns, 0, (place, text) =>
    svg("text", { x: left + wide * (columns.indexOf(place) + 0.5), y: bottom + 18, "text-anchor": "middle" }, text),
  );
  const down = numbers(rows, 1, (place, text) =>
    svg("text", { x: left - 10, y: top + high * (rows.indexOf(place) + 0.5) + 4, "text-anchor": "end" }, text),
  );
  const names = [
    svg("text", { x: right, y: bottom + 38, "text-anchor": "end" }, `across: ${data.axes[0].label}`),
    svg("text", { x: right, y: bottom + 56, "text-anchor": "end" }, `down: ${data.axes[1].label}`),
  ];
  const frame = svg("g", { class: "chosen" });
  filled(picture, { width, height: bottom + 64 }, []);
  picture.replaceChildren(svg("g", {}, ...squares), svg("g", { class: "axes" }, ...across, ...down, ...names), frame);
  return { width, mark, placeAt };

  // A white frame under a black one: one of them can be seen on any colour.
  function mark(cell) {
    frame.replaceChildren(...["inner", "outer"].map((kind) => svg("rect", { ...box(cell), class: kind })));
  }

  function placeAt({ clientX, clientY }) {
    const { left: x, top: y } = picture.getBoundingClientRect();
    const within = (places, share) => places[Math.min(Math.max(Math.floor(share), 0), places.length - 1)];
    return [within(columns, (clientX - x - left) / wide), within(rows, (clientY - y - top) / high)];
  }
}

export function legend({ phases, scales, budget }, inSteps) {
  if (!inSteps) return Object.entries(phases).map(([name, fill]) => entry(fill, name));
  return Object.entries(scales).map(([name, stops]) =>
    entry(`linear-gradient(90deg, ${stops})`, `${name}: 1 to ${written(budget)} steps`, "scale"),
  );

  function entry(background, name, kind = "") {
    const swatch = html("span", { class: `swatch ${kind}`, style: `background: ${background}`, "aria-hidden": "true" });
    return html("span", { class: "entry" }, swatch, name);
  }
}
