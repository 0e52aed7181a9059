// The phase explorer: walk over a map of cells, each a run, and see what is behind the one you are at.
// Python's side is phases.py. No element has an id, so any number of explorers can share a page.
import { chosenAt, movedNote, nearest, placesOf, radios, setting, tick } from "./choices.js";
import { axes, curves, frame, names, passages } from "./curves.js";
import { cumulated, filled, heed, html, svg, written } from "./drawing.js";
import { drawnMap, legend } from "./map.js";

function decoded(data) {
  const curve = (thousandths) => cumulated(thousandths).map((x) => x / 1000);
  const cells = data.cells.map(({ curves: drawn, ...cell }) => ({
    ...cell,
    run: drawn && { ...cell, steps: cumulated(drawn.steps), train: curve(drawn.train), val: curve(drawn.val) },
  }));
  return { ...data, cells, maps: [...new Map(cells.map(({ at }) => [String(at), at])).values()] };
}

const same = (one, other) => String(one) === String(other);

// Of some cells, the one that lies closest to a place.
function closest(cells, [column, row]) {
  const distance = ({ cell }) => Math.abs(cell[0] - column) + Math.abs(cell[1] - row);
  return cells.reduce((best, other) => (distance(other) < distance(best) ? other : best));
}

// The next cell in a direction: of those that lie ahead, the least far aside and then the nearest.
function next(cells, from, [dx, dy]) {
  const ahead = ({ cell }) => (cell[0] - from.cell[0]) * dx + (cell[1] - from.cell[1]) * dy;
  const aside = ({ cell }) => Math.abs((cell[0] - from.cell[0]) * dy) + Math.abs((cell[1] - from.cell[1]) * dx);
  const rank = (cell) => 1000 * aside(cell) + ahead(cell);
  const possible = cells.filter((cell) => ahead(cell) > 0);
  return possible.reduce((best, other) => (rank(other) < rank(best) ? other : best), possible[0]) ?? from;
}

const FEW = 3; // other maps, which are told by name
const ARROWS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };

const brief = (value) => (value && Math.abs(value) < 0.01 ? value.toExponential(1) : String(Number(value.toPrecision(3))));

// Phase, times and other numbers of a cell, in words.
function words({ phases, told }, cell) {
  const name = Object.keys(phases)[cell.phase];
  if (cell.observed_to === undefined) return name;
  const time = (t) => (cell[t] === null ? `not within ${written(cell.observed_to)} steps` : `${written(cell[t])} steps`);
  const others = Object.entries(told).flatMap(([key, label]) => (key in cell ? [`${label} ${cell[key]}`] : []));
  return [`${name}: T_train ${time("t_train")}`, `T_val ${time("t_val")}`, ...others].join(", ");
}

function mapTable(cells, axes, phases) {
  const [columns, rows] = [0, 1].map((i) => [...new Set(cells.map(({ cell }) => cell[i]))].sort((a, b) => a - b));
  const value = (i, place) => brief(axes[i].values[place]);
  const corner = html("th", { scope: "col" }, `${axes[1].label} (down), ${axes[0].label} (across)`);
  const head = columns.map((column) => html("th", { scope: "col" }, value(0, column)));
  const names = new Map(cells.map(({ cell, phase }) => [String(cell), Object.keys(phases)[phase]]));
  const body = rows.map((row) => {
    const along = columns.map((column) => html("td", {}, names.get(String([column, row])) ?? ""));
    return html("tr", {}, html("th", { scope: "row" }, value(1, row)), ...along);
  });
  return html("table", {}, html("thead", {}, html("tr", {}, corner, ...head)), html("tbody", {}, ...body));
}

const HINT = "Point at a cell, tap it, or go from cell to cell with the arrow keys. The framed cell is read out below.";

const controls = (choices) => choices.map(({ label, values }, i) => radios(i, label, values));

function built(el, choices) {
  const parts = {
    form: html("form", {}, ...controls(choices)),
    way: html("form", {}, radios("way", "drawn in", ["phases", "steps"])),
    note: html("p", { class: "hint" }, HINT),
    legend: html("div", { class: "legend" }),
    map: svg("svg", { class: "map", role: "application", "aria-roledescription": "phase diagram", tabindex: 0 }),
    reading: html("p", { class: "reading", role: "status", "aria-live": "polite" }),
    elsewhere: html("p", { class: "hint" }),
    train: html("button", { type: "button" }, "Train this cell now"),
    picture: svg("svg", { role: "img" }),
    table: html("div", { class: "wide", tabindex: 0, role: "region", "aria-label": "This map as a table" }),
  };
  const details = html("details", {}, html("summary", {}, "This map as a table"), parts.table);
  const { form, way, note, legend, map, reading, elsewhere, train, picture } = parts;
  el.classList.add("grokkit-explorable");
  el.replaceChildren(form, way, note, legend, map, reading, elsewhere, train, picture, details);
  return parts;
}

class PhaseExplorer {
  constructor(model, el) {
    Object.assign(this, { model, el });
    this.decode();
    this.parts = built(el, this.data.choices);
    this.parts.train.hidden = !(model.get("trains") && model.send);
    this.moved = "";
  }

  decode() {
    this.data = decoded(this.model.get("data"));
    const runs = this.data.cells.flatMap(({ run }) => run ?? []);
    const first = Math.min(...runs.map((run) => run.steps[0]));
    this.range = [first, Math.max(2 * first, ...runs.map((run) => run.observed_to))]; // of all: curves move, not the axis
  }

  get at() {
    return placesOf(this.data.choices, this.model.get("chosen"));
  }

  get shown() {
    const { at } = this;
    return this.data.cells.filter((cell) => same(cell.at, at));
  }

  get cell() {
    return closest(this.shown, this.model.get("cell"));
  }

  choose(which, place) {
    const before = this.at;
    const after = nearest(this.data.maps, before, which, place);
    this.moved = movedNote(this.data.choices, before, after, which);
    this.model.set("chosen", chosenAt(this.data.choices, after));
    this.model.save_changes();
    this.moved = "";
  }

  goTo({ cell }) {
    this.model.set("cell", cell);
    this.model.save_changes();
  }

  // The same cell in the maps that differ in one choice: by name while they are few, else counted.
  elsewhere() {
    const { choices, cells, phases } = this.data;
    const { at, cell } = this;
    const others = cells.filter((other) => same(other.cell, cell.cell) && other.at.filter((x, i) => x !== at[i]).length === 1);
    const named = ({ at: place }) => choices.flatMap(({ values }, i) => (place[i] === at[i] ? [] : [values[place[i]]]));
    const names = Object.keys(phases);
    if (others.length <= FEW) return others.map((other) => `${named(other)}: ${names[other.phase]}.`).join(" ");
    const counts = names.map((name, i) => [others.filter(({ phase }) => phase === i).length, name]);
    const told = counts.filter(([count]) => count).map(([count, name]) => `${count} ${name}`);
    return `The same cell in ${others.length} other maps: ${told.join(", ")}.`;
  }

  reading() {
    const { cell } = this;
    const place = this.data.axes.map(({ label, values }, i) => `${label} ${brief(values[cell.cell[i]])}`).join(", ");
    return `${this.moved}${place}. ${words(this.data, cell)}.`;
  }

  draw() {
    const { at, parts, shown, data } = this;
    const inSteps = this.model.get("in_steps") && shown.some((cell) => cell.observed_to !== undefined);
    tick(parts.form, at, data.maps);
    parts.way.querySelectorAll("input").forEach((input, i) => (input.checked = i === Number(inSteps)));
    parts.way.hidden = shown.every((cell) => cell.observed_to === undefined);
    parts.legend.replaceChildren(...legend(data, inSteps));
    this.map = drawnMap(parts.map, data, shown, inSteps, Math.max(this.el.clientWidth, 280));
    filled(parts.map, { "aria-label": `Phase diagram, ${setting(data.choices, at)}. Arrow keys go from cell to cell.` }, []);
    parts.table.replaceChildren(mapTable(shown, data.axes, data.phases));
    this.drawCell();
  }

  drawCell() {
    const { cell, parts } = this;
    this.map.mark(cell);
    parts.reading.textContent = this.reading();
    parts.elsewhere.textContent = this.elsewhere();
    parts.picture.toggleAttribute("hidden", !cell.run);
    if (!cell.run) return;
    const plot = frame(Math.max(this.el.clientWidth, 280), this.range);
    const layers = ["train", "val"].flatMap((set) => [curves(plot, [cell.run], set), passages(plot, [cell.run], set)]);
    const label = `Accuracy of this cell's run against optimizer steps: ${words(this.data, cell)}.`;
    filled(parts.picture, { width: plot.width, height: plot.height, "aria-label": label }, []);
    parts.picture.replaceChildren(axes(plot), ...layers, names(plot, [cell.run]));
  }

  // Python trains when it is told so, and says when it is done.
  train() {
    if (this.model.get("training")) return;
    this.model.set("cell", this.cell.cell);
    this.model.set("training", true);
    this.model.save_changes();
  }

  drawTraining() {
    const training = this.model.get("training");
    filled(this.parts.train, { "aria-disabled": training }, []);
    this.parts.train.textContent = training ? "Training …" : "Train this cell now";
  }

  pressed(event) {
    const direction = ARROWS[event.key];
    if (!direction || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault(); // or the page would scroll
    this.goTo(next(this.shown, this.cell, direction));
  }

  listen() {
    const { model, parts } = this;
    parts.form.addEventListener("change", ({ target }) => this.choose(Number(target.name), Number(target.value)));
    parts.way.addEventListener("change", ({ target }) => {
      model.set("in_steps", target.value === "1");
      model.save_changes();
    });
    parts.map.addEventListener("keydown", (event) => this.pressed(event));
    const point = (event) => this.goTo(closest(this.shown, this.map.placeAt(event)));
    parts.map.addEventListener("pointermove", (event) => event.buttons && event.pointerType === "mouse" && point(event));
    parts.map.addEventListener("click", point);
    parts.train.addEventListener("click", () => this.train());
    const draw = () => this.draw();
    const anew = () => {
      this.decode();
      parts.form.replaceChildren(...controls(this.data.choices));
      this.draw();
    };
    const reactions = { "change:chosen": draw, "change:in_steps": draw, "change:data": anew };
    reactions["change:cell"] = () => this.drawCell();
    reactions["change:training"] = () => this.drawTraining();
    return heed(model, this.el, reactions, () => this.map.width, draw);
  }
}

function render({ model, el }) {
  const explorer = new PhaseExplorer(model, el);
  explorer.draw();
  return explorer.listen();
}

export default { render };
