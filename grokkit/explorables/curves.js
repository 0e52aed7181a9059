// The picture of the run explorer: both accuracies of some runs over a logarithmic axis of steps, a strip with each
// run's T_train and T_val above them, and a cursor. A run: { t_train, t_val, observed_to, steps, train, val }.
import { logarithmic, median, percent, svg, written } from "./drawing.js";

export const SETS = {
  train: { t: "t_train", name: "T_train", label: "training" },
  val: { t: "t_val", name: "T_val", label: "validation" },
};

// The accuracy at the last evaluation up to a step: a run that was stopped counts with its last value.
function accuracyAt(run, set, step) {
  let i = run.steps.findIndex((evaluated) => evaluated > step);
  if (i < 0) i = run.steps.length;
  return run[set][Math.max(i - 1, 0)];
}

export const medianAt = (runs, set, step) => median(runs.map((run) => accuracyAt(run, set, step)));

// How many runs have arrived by a step.
export const passed = (runs, set, step) => runs.filter((run) => (run[SETS[set].t] ?? Infinity) <= step).length;

// A run that never arrives counts as later than any that did.
// Of an even number of runs the lower of the two in the middle, as in the book's tables.
export function medianPassage(runs, set) {
  const times = runs.map((run) => run[SETS[set].t] ?? Infinity);
  return times.sort((a, b) => (a === b ? 0 : a - b))[(times.length - 1) >> 1];
}

export function frame(width, [first, last]) {
  const box = { width, left: 64, right: width - 16, top: 96, bottom: width < 560 ? 296 : 346 };
  const x = logarithmic(first, last, box.left, box.right);
  const y = (share) => box.bottom - share * (box.bottom - box.top);
  return { ...box, height: box.bottom + 44, x, y, strip: { train: 20, val: 46 } };
}

const text = (x, y, words, attributes) => svg("text", { x, y, ...attributes }, words);

export function axes({ left, right, top, bottom, x, y, strip }) {
  const rows = [0, 0.25, 0.5, 0.75, 1].flatMap((share) => [
    svg("path", { class: "grid", d: `M${left} ${y(share)}H${right}` }),
    text(left - 10, y(share) + 4, percent(share), { "text-anchor": "end" }),
  ]);
  const columns = x.ticks.flatMap((step) => [
    svg("path", { class: "grid", d: `M${x(step)} ${top}V${bottom}` }),
    text(x(step), bottom + 20, written(step), { "text-anchor": x(step) > right - 24 ? "end" : "middle" }),
  ]);
  const strips = Object.keys(SETS).flatMap((set) => [
    svg("path", { class: "grid", d: `M${left} ${strip[set]}H${right}` }),
    text(left - 10, strip[set] + 4, SETS[set].name, { "text-anchor": "end", class: set }),
  ]);
  const steps = text(right, bottom + 40, "optimizer steps", { "text-anchor": "end" });
  return svg("g", { class: "axes" }, ...rows, ...columns, ...strips, text(left, top - 12, "accuracy"), steps);
}

function line({ x, y }, steps, accuracies, attributes) {
  const points = steps.map((step, i) => `${x(step).toFixed(1)} ${y(accuracies[i]).toFixed(1)}`);
  return svg("path", { d: `M${points.join("L")}`, ...attributes });
}

export function curves(plot, runs, set) {
  const each = runs.map((run) => line(plot, run.steps, run[set], { class: `run ${set}` }));
  const middle = medianLine(plot, runs, set, { class: `median ${set}` });
  return svg("g", { class: "curves" }, ...each, middle);
}

function medianLine(plot, runs, set, attributes) {
  const steps = [...new Set(runs.flatMap((run) => run.steps))].sort((a, b) => a - b);
  const medians = steps.map((step) => medianAt(runs, set, step));
  return line(plot, steps, medians, attributes);
}

// Over the same axis as accuracies: norms are shares of the largest.
export function norms(plot, runs) {
  const first = Math.min(...runs.map((run) => run.steps[0]));
  const name = text(plot.left + 6, plot.y(medianAt(runs, "norm", first)) + 18, "weight norm");
  return svg("g", { class: "axes" }, medianLine(plot, runs, "norm", { class: "norm" }), name);
}

// What was shown before, to compare with: its medians in ink, and in words what differs.
export function before(plot, runs, words) {
  const medians = Object.keys(SETS).map((set) => medianLine(plot, runs, set, { class: "before" }));
  return svg("g", { class: "axes" }, ...medians, text(plot.left, plot.bottom + 40, `dashed: before (${words})`));
}

const NAME = { height: 15, letter: 7 }; // pixels that words take, rather more than less
const VALUE = 48; // pixels that the cursor's values take beside it

// The names of both sets beside their curves; where both would stand in one place, one below the other.
export function names(plot, runs) {
  const places = Object.keys(SETS).map((set) => namePlace(plot, runs, set));
  const [upper, lower] = places.sort((a, b) => a.level - b.level);
  if (lower.level - upper.level < NAME.height && overlap(upper, lower)) upper.level = lower.level - NAME.height;
  const words = places.map(({ set, x, level, anchor }) =>
    text(x, level, SETS[set].label, { class: `name ${set}`, "text-anchor": anchor }),
  );
  return svg("g", { class: "curves" }, ...words);
}

// Training is named to the left of its curves, validation to the right of its own while there is room; a set whose
// curves rise too little for that is named near their end, where a cursor that stands there leaves room.
function namePlace({ x, y, right }, runs, set) {
  const [height, left] = set === "train" ? [0.62, true] : [0.38, false];
  const crossings = runs.map((run) => run.steps.find((_, i) => run[set][i] >= height)).filter(Boolean).map(x);
  const [earliest, latest] = [Math.min(...crossings), Math.max(...crossings)];
  if (!crossings.length) return place(right - VALUE, y(Math.max(...runs.map((run) => run[set].at(-1)))) - 9, "end");
  return left || latest > right - 64 ? place(earliest - 12, y(height), "end") : place(latest + 12, y(height), "start");

  function place(at, level, anchor) {
    const width = NAME.letter * SETS[set].label.length;
    return { set, x: at, level, anchor, from: anchor === "end" ? at - width : at, to: anchor === "end" ? at : at + width };
  }
}

const overlap = (one, other) => one.from < other.to && other.from < one.to;

const SHAPES = {
  train: "M5 0A5 5 0 1 1 -5 0A5 5 0 1 1 5 0Z", // a disc
  val: "M0 -6.5L6.5 0L0 6.5L-6.5 0Z", // a diamond
  censored: "M-9 0H-1M-1 -5.5L7 0L-1 5.5Z", // an arrow: not seen up to here
};

export function passages({ x, strip, bottom }, runs, set) {
  const marks = runs.map((run) => {
    const step = run[SETS[set].t];
    const place = `translate(${x(step ?? run.observed_to) - (step === null ? 7 : 0)} ${strip[set]})`;
    const kind = step === null ? "censored" : set;
    return svg("path", { d: SHAPES[kind], transform: place, class: `mark ${set} ${kind}`, "data-step": step ?? "" });
  });
  const censored = runs.filter((run) => run[SETS[set].t] === null);
  const end = Math.min(...censored.map((run) => x(run.observed_to)));
  const words = `${censored.length} censored`;
  const count = censored.length ? [text(end - 24, strip[set] + 4, words, { class: "count" })] : [];
  const middle = x(medianPassage(runs, set));
  const drop = Number.isFinite(middle) ? [svg("path", { class: "drop", d: `M${middle} ${strip[set]}V${bottom}` })] : [];
  return svg("g", { class: "passages" }, ...drop, ...marks, ...count);
}

// Values stand above and to the left of their dots, where a rising curve leaves room; the higher one on top.
export function cursor({ x, y, left, strip, bottom }, runs, step) {
  const place = x(step);
  const side = place < left + 48 ? { x: place + 9, "text-anchor": "start" } : { x: place - 9, "text-anchor": "end" };
  const values = Object.keys(SETS).map((set) => ({ set, level: y(medianAt(runs, set, step)) }));
  const [upper, lower] = values.sort((a, b) => a.level - b.level);
  upper.words = Math.min(upper.level, lower.level - 15) - 8;
  lower.words = lower.level - 8;
  const dots = values.flatMap(({ set, level, words }) => [
    svg("path", { d: SHAPES[set], transform: `translate(${place} ${level})`, class: `dot ${set}` }),
    svg("text", { y: words, class: `value ${set}`, ...side }, percent(medianAt(runs, set, step))),
  ]);
  const line = svg("path", { class: "cursor", d: `M${place} ${strip.train - 14}V${bottom}` });
  return svg("g", { class: "now" }, line, ...dots);
}
