// The run explorer: choose a setting, see all its seeds and the moment of each transition, and move through time.
// Python's side is runs.py. No element has an id, so any number of explorers can share a page.
import { chosenAt, movedNote, nearest, placesOf, radios, setting, tick } from "./choices.js";
import { cumulated, filled, heed, html, logarithmic, percent, svg, written } from "./drawing.js";
import { SETS, axes, before, cursor, curves, frame } from "./curves.js";
import { medianAt, medianPassage, names, norms, passages, passed } from "./curves.js";

const POSITIONS = 400; // of the slider, over the whole axis

function decoded({ choices, runs, largest_norm: largestNorm, norms: shares }) {
  const curve = (thousandths) => cumulated(thousandths).map((x) => x / 1000);
  return {
    choices,
    largestNorm, // undefined where norms are not shown
    runs: runs.map((run, i) => ({
      ...run,
      steps: cumulated(run.steps),
      train: curve(run.train),
      val: curve(run.val),
      norm: shares && curve(shares[i]),
    })),
  };
}

const runsAt = (runs, at) => runs.filter((run) => at.every((place, i) => run.at[i] === place));

function summary(runs) {
  const n = runs.length;
  const parts = Object.keys(SETS).map((set) => {
    const { name, t } = SETS[set];
    const middle = medianPassage(runs, set);
    const censored = runs.filter((run) => run[t] === null).length;
    const when = Number.isFinite(middle) ? `median ${written(middle)} steps` : "median not seen";
    return `${name}: ${when}${censored ? `, ${censored} of ${n} censored` : ""}.`;
  });
  return `${n} ${n === 1 ? "seed" : "seeds"}. ${parts.join(" ")}`;
}

function reading(runs, step, largestNorm) {
  const [train, val] = Object.keys(SETS).map((set) => percent(medianAt(runs, set, step)));
  const [early, late] = Object.keys(SETS).map((set) => `${passed(runs, set, step)} of ${runs.length}`);
  const medians = `Step ${written(step)}: training ${train}, validation ${val}`;
  const stopped = runs.filter((run) => run.observed_to < step).length;
  const note = stopped ? `; ${stopped} had been stopped and count with their last value` : "";
  const norm = largestNorm ? `, weight norm ${written(largestNorm * medianAt(runs, "norm", step))}` : "";
  return `${medians}${norm} (medians); ${early} seeds have passed T_train, ${late} T_val${note}`;
}

function runsTable(runs) {
  const head = ["seed", "T_train", "T_val"].map((name) => html("th", { scope: "col" }, name));
  const shown = (run, t) => (run[t] === null ? `> ${written(run.observed_to)} (censored)` : written(run[t]));
  const rows = runs.map((run) => {
    const cells = Object.values(SETS).map(({ t }) => html("td", {}, shown(run, t)));
    return html("tr", {}, html("th", { scope: "row" }, String(run.seed)), ...cells);
  });
  return html("table", {}, html("thead", {}, html("tr", {}, ...head)), html("tbody", {}, ...rows));
}

const KEY = "Thin lines: one seed each; thick: their median. Marks above: where each seed passes.";
const NORM = " Dotted: the median weight norm, as a share of the largest of all runs.";

function built(el, choices, withNorm) {
  const parts = {
    form: html("form", {}, ...choices.map(({ label, values }, i) => radios(i, label, values))),
    hint: html("p", { class: "hint" }, "A dashed frame: no runs with the other choices as they are; those move along."),
    summary: html("p", { class: "summary", role: "status", "aria-live": "polite" }),
    picture: svg("svg", { role: "img" }),
    key: html("p", { class: "hint" }, KEY + (withNorm ? NORM : "")),
    slider: html("input", { type: "range", min: 0, max: POSITIONS, step: 1 }),
    reading: html("p", { class: "reading" }),
    table: html("div", {}),
  };
  parts.scrubber = html("label", { class: "scrubber" }, html("span", {}, "moment"), parts.slider);
  const details = html("details", {}, html("summary", {}, "These runs as a table"), parts.table);
  el.classList.add("grokkit-explorable");
  el.replaceChildren(parts.form, parts.hint, parts.summary, parts.picture, parts.key, parts.scrubber, parts.reading, details);
  return parts;
}

class RunExplorer {
  constructor(model, el) {
    Object.assign(this, { model, el }, decoded(model.get("data")));
    const first = Math.min(...this.runs.map((run) => run.steps[0]));
    const last = Math.max(2 * first, ...this.runs.map((run) => run.observed_to));
    this.range = [first, last]; // of all runs, so that a choice moves curves, not the axis
    this.along = logarithmic(...this.range, 0, POSITIONS);
    this.parts = built(el, this.choices, this.largestNorm);
    this.note = "";
  }

  // The chosen setting, as the place of each value in its list.
  get at() {
    return placesOf(this.choices, this.model.get("chosen"));
  }

  get shown() {
    return runsAt(this.runs, this.at);
  }

  get moment() {
    return Math.min(Math.max(this.model.get("moment"), this.range[0]), this.range[1]);
  }

  choose(which, place) {
    const before = this.at;
    const after = nearest(this.runs.map((run) => run.at), before, which, place);
    this.note = movedNote(this.choices, before, after, which);
    this.model.set("chosen", chosenAt(this.choices, after));
    this.model.save_changes();
    this.note = "";
  }

  // Three digits are what a reader can use, and what an eye can tell apart on the axis.
  moveTo(step) {
    this.model.set("moment", Math.round(Number(step.toPrecision(3))));
  }

  // Among the first steps several positions are the same one: any move goes on by at least one.
  slideTo(position) {
    const distance = this.along.at(position) - this.moment;
    this.moveTo(this.moment + Math.sign(distance) * Math.max(Math.abs(distance), 1));
  }

  point({ clientX }) {
    this.moveTo(this.plot.x.at(clientX - this.parts.picture.getBoundingClientRect().left));
  }

  drawSetting() {
    const { at, parts } = this;
    if (String(at) !== String(this.drawn)) this.earlier = this.drawn;
    this.drawn = at;
    tick(parts.form, at, this.runs.map((run) => run.at));
    parts.hint.hidden = !parts.form.querySelector(".elsewhere");
    parts.summary.textContent = this.note + summary(this.shown);
    parts.table.replaceChildren(runsTable(this.shown));
    this.drawPicture();
  }

  drawPicture() {
    const { parts, shown } = this;
    const plot = (this.plot = frame(Math.max(this.el.clientWidth, 280), this.range));
    const layers = Object.keys(SETS).flatMap((set) => [curves(plot, shown, set), passages(plot, shown, set)]);
    layers.push(names(plot, shown));
    if (this.largestNorm) layers.unshift(norms(plot, shown));
    const label = `Accuracy${this.largestNorm ? " and weight norm" : ""} against optimizer steps: ${setting(this.choices, this.at)}.`;
    filled(parts.picture, { width: plot.width, height: plot.height, "aria-label": label }, []);
    parts.picture.replaceChildren(axes(plot), ...this.comparison(), ...layers, svg("g", {}));
    filled(parts.scrubber, { style: `--start: ${plot.left}px; --length: ${plot.right - plot.left}px` }, []);
    this.drawMoment();
  }

  // The setting shown before this one, named by the choices in which it differs.
  comparison() {
    const { at, choices, earlier } = this;
    if (!earlier) return [];
    const differing = choices.flatMap(({ values }, i) => (earlier[i] === at[i] ? [] : [values[earlier[i]]]));
    return [before(this.plot, runsAt(this.runs, earlier), differing.join(", "))];
  }

  drawMoment() {
    const { moment, parts, shown } = this;
    const words = reading(shown, moment, this.largestNorm);
    parts.picture.lastElementChild.replaceWith(cursor(this.plot, shown, moment));
    const marks = parts.picture.querySelectorAll(".mark");
    for (const mark of marks) mark.classList.toggle("ahead", mark.dataset.step > moment);
    parts.slider.value = this.along(moment);
    parts.slider.setAttribute("aria-valuetext", words);
    parts.reading.textContent = `${words}.`;
  }

  listen() {
    const { model, parts } = this;
    const { form, picture, slider } = parts;
    form.addEventListener("change", ({ target }) => this.choose(Number(target.name), Number(target.value)));
    slider.addEventListener("input", () => this.slideTo(slider.valueAsNumber));
    slider.addEventListener("change", () => model.save_changes());
    picture.addEventListener("pointermove", (event) => event.buttons && this.point(event));
    picture.addEventListener("pointerup", () => model.save_changes());
    picture.addEventListener("click", (event) => {
      this.point(event); // not on pointerdown, with which a finger also begins to scroll
      model.save_changes();
    });
    const reactions = { "change:chosen": () => this.drawSetting(), "change:moment": () => this.drawMoment() };
    return heed(model, this.el, reactions, () => this.plot.width, () => this.drawPicture());
  }
}

function render({ model, el }) {
  const explorer = new RunExplorer(model, el);
  explorer.drawSetting();
  return explorer.listen();
}

export default { render };
