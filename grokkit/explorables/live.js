// The live network: eight seeds of one network, trained in the page while it is looked at. Python's side is live.py.
import { radios } from "./choices.js";
import { SETS, axes, curves, frame, names, norms, passages } from "./curves.js";
import { filled, heed, html, percent, svg, written } from "./drawing.js";
import { drawRing, drawSmall, drawSpectrum, drawTable, figures, smallCurves } from "./live_pictures.js";
import { Threads } from "./live_threads.js";

const TUNED = ["rate", "decay", "pace"]; // these take effect at once; a change of any other setting starts over
const DRAWN = matchMedia("(prefers-reduced-motion: reduce)").matches ? 1000 : 150; // milliseconds a picture

const newRun = (seed) => ({ seed, step: 0, t_train: null, t_val: null, steps: [], train: [], val: [], norm: [], turns: [] });

const time = (t) => (t ? written(t) : "not seen");
const arrivals = (tTrain, tVal) => `T_train ${time(tTrain)}, T_val ${time(tVal)}`;

function state({ step, ended, t_train, t_val }) {
  if (t_val) return `T_val ${written(t_val)}`;
  if (ended) return "not seen";
  if (t_train) return "memorised";
  return step ? `step ${written(step)}` : "–";
}

function choice({ name, label, values, names = {} }) {
  const options = values.map((value) => html("option", { value }, names[value] ?? String(value)));
  return html("label", {}, html("span", {}, label), html("select", { name }, ...options));
}

const button = () => html("button", { type: "button" });

function built(el, { choices, seeds }) {
  const eight = radios("seed", "Seeds: the same network, other chances", seeds.map((seed) => `seed ${seed}`));
  for (const span of eight.querySelectorAll("span")) span.append(smallCurves(), html("small", {}));
  const pictures = figures().map((picture) => html("div", {}, picture, html("p", { class: "hint" })));
  const parts = {
    train: button(),
    again: button(),
    decay: button(),
    news: html("p", { class: "summary", role: "status", "aria-live": "polite" }),
    reading: html("p", { class: "reading" }),
    picture: svg("svg", { role: "img" }),
    seeds: html("form", { class: "seeds" }, eight),
    pictures: html("div", { class: "pictures" }, ...pictures),
    settings: html("form", { class: "settings" }, ...choices.map(choice)),
  };
  parts.again.textContent = "Start over";
  el.classList.add("grokkit-explorable", "live");
  const { train, again, decay, settings, ...rest } = parts;
  const buttons = html("div", { class: "buttons" }, train, again, decay);
  const more = html("details", {}, html("summary", {}, "Change the experiment"), settings);
  el.replaceChildren(buttons, ...Object.values(rest), more);
  return parts;
}

// What is known of a run so far: its weight norm as a share of its largest, its accuracies, when they arrived, and the
// moments at which weight decay was taken away or put back.
function layers(plot, run) {
  const largest = Math.max(...run.norm);
  const shares = { ...run, norm: run.norm.map((norm) => norm / largest) };
  const arrived = (set) => (run[SETS[set].t] ? [passages(plot, [run], set)] : []);
  const accuracies = Object.keys(SETS).flatMap((set) => [curves(plot, [run], set), ...arrived(set)]);
  const turn = (step) => svg("path", { class: "cursor", d: `M${plot.x(step)} ${plot.top}V${plot.bottom}` });
  return [norms(plot, [shares]), ...accuracies, names(plot, [run]), ...run.turns.map(turn)];
}

class LiveNetwork {
  constructor(model, el) {
    Object.assign(this, { model, el, ...model.get("data"), wanted: false, seen: true });
    this.news = { memorised: [], generalised: [] };
    this.parts = built(el, this);
    this.kept = this.settings.decay || this.usual;
    this.clear();
  }

  get settings() {
    return this.model.get("settings");
  }

  get shown() {
    return this.runs.find(({ seed }) => seed === this.model.get("seed"));
  }

  set(name, value) {
    this.model.set(name, value);
    this.model.save_changes();
  }

  clear() {
    this.threads?.end();
    this.threads = null;
    this.parts.news.textContent = "";
    this.runs = this.seeds.map(newRun);
    this.before = this.settings;
    this.detail = null;
    this.draw();
  }

  begin() {
    const heard = ({ target, data }) => this.threads?.workers.includes(target) && this.hear(data);
    try {
      this.threads = new Threads(this.worker, this.seeds, heard, () => this.fail());
    } catch {
      return this.fail();
    }
    this.threads.start({ ...this.sizes, ...this.settings }, this.steps);
    this.threads.tell({ show: this.model.get("seed") });
    this.tune();
  }

  fail() {
    this.wanted = false;
    this.clear();
    this.parts.news.textContent = "This browser lets no page compute in a thread of its own.";
  }

  tune() {
    const { rate, decay, pace } = this.settings;
    this.threads?.tell({ tune: { rate, decay }, pace: { pace, every: DRAWN } });
  }

  get ended() {
    return this.runs.every((run) => run.ended);
  }

  want(wanted) {
    this.wanted = wanted;
    if (wanted && this.ended) this.clear();
    if (wanted && !this.threads) this.begin();
    this.go();
    this.draw();
  }

  go() {
    this.watch = null;
    this.threads?.tell({ run: this.wanted && this.seen && !document.hidden });
  }

  hear({ seeds, shown }) {
    for (const { seed, step, points, tTrain, tVal, ended } of seeds) {
      const run = this.runs.find((each) => each.seed === seed);
      if (tTrain && !run.t_train) this.news.memorised.push(`seed ${seed}`);
      if (tVal && !run.t_val) this.news.generalised.push(`seed ${seed} (${arrivals(tTrain, tVal)})`);
      for (const name of ["train", "val", "norm"]) run[name].push(...points.map((point) => point[name]));
      run.steps.push(...points.map((point) => point.step));
      Object.assign(run, { step, ended, t_train: tTrain, t_val: tVal });
    }
    if (shown?.seed === this.shown.seed) this.detail = shown;
    this.timer ??= setTimeout(() => this.draw(), DRAWN);
  }

  retune() {
    const changed = Object.keys(this.settings).filter((name) => this.settings[name] !== this.before[name]);
    if (changed.includes("decay")) for (const run of this.runs) if (run.step && !run.ended) run.turns.push(run.step);
    this.before = this.settings;
    this.kept = this.settings.decay || this.kept;
    if (changed.every((name) => TUNED.includes(name))) this.tune();
    else this.restart();
    this.draw();
  }

  restart() {
    this.clear();
    if (this.wanted) this.want(true);
  }

  draw() {
    clearTimeout(this.timer);
    this.timer = null;
    if (this.ended) this.wanted = false;
    this.tell();
    this.drawControls();
    this.drawCurves();
    this.drawSeeds();
    this.drawDetail();
  }

  // Only what has happened since the last picture: this is read out.
  tell() {
    const told = Object.entries(this.news).filter(([, seeds]) => seeds.length);
    const words = told.map(([what, seeds]) => `Now ${what}: ${seeds.splice(0).join(", ")}.`);
    if (words.length) this.parts.news.textContent = words.join(" ");
  }

  drawControls() {
    const { train, decay, settings, seeds } = this.parts;
    const all = this.seeds.length > 1 ? `Train ${this.seeds.length} networks` : "Train a network";
    train.textContent = this.wanted ? "Pause" : this.threads && !this.ended ? "Go on" : all;
    decay.textContent = this.settings.decay ? "Take weight decay away" : "Put weight decay back";
    for (const select of settings.querySelectorAll("select")) select.value = this.settings[select.name];
    seeds.elements[this.seeds.indexOf(this.model.get("seed")) + 1].checked = true; // the first element is the fieldset
  }

  drawCurves() {
    const { parts, shown } = this;
    const plot = (this.plot = frame(Math.max(this.el.clientWidth, 280), [1, this.steps]));
    const words = this.words(shown);
    const label = `Accuracy and weight norm against optimizer steps. ${words}`;
    filled(parts.picture, { width: plot.width, height: plot.height, "aria-label": label }, []);
    parts.picture.replaceChildren(axes(plot), ...(shown.steps.length ? layers(plot, shown) : []));
    parts.reading.textContent = words;
  }

  words({ seed, step, train, val, norm, t_train, t_val, ended }) {
    if (!step) return `Seed ${seed} waits. Nothing is trained before you say so.`;
    const accuracies = `training ${percent(train.at(-1))}, validation ${percent(val.at(-1))}`;
    const size = `weight norm ${norm.at(-1).toFixed(1)}`;
    const found = `${accuracies}, ${size}.`;
    if (ended) return `Seed ${seed}, step ${written(step)}: ${found} It has ended: ${arrivals(t_train, t_val)}.`;
    return `Seed ${seed}, step ${written(step)}${this.pace(step)}: ${found}`;
  }

  // Over the last second or more, of the seed that is shown.
  pace(step) {
    const now = performance.now();
    const { seed } = this.shown;
    if (this.watch?.seed !== seed || !this.wanted) this.watch = { seed, now, step };
    const passed = (now - this.watch.now) / 1000;
    if (passed > 1) this.watch = { seed, now, step, told: `, ${written((step - this.watch.step) / passed)} a second` };
    return this.watch.told ?? "";
  }

  drawSeeds() {
    this.parts.seeds.querySelectorAll("span").forEach((span, i) => {
      drawSmall(span.querySelector("svg"), this.runs[i], this.steps);
      span.lastChild.textContent = state(this.runs[i]);
    });
  }

  drawDetail() {
    this.parts.pictures.hidden = !this.detail;
    if (!this.detail) return;
    [drawTable, drawRing, drawSpectrum].forEach((draw, i) => {
      const [picture, caption] = this.parts.pictures.children[i].children;
      caption.textContent = draw(picture, this.detail, this.settings.p);
      picture.setAttribute("aria-label", caption.textContent);
    });
  }

  listen() {
    const { train, again, decay, seeds, settings } = this.parts;
    const set = (name, value) => this.set("settings", { ...this.settings, [name]: value });
    train.onclick = () => this.want(!this.wanted);
    again.onclick = () => this.restart();
    decay.onclick = () => set("decay", this.settings.decay ? 0 : this.kept);
    seeds.onchange = ({ target }) => this.set("seed", this.seeds[target.value]);
    settings.onchange = ({ target }) => set(target.name, Number(target.value));
    const show = () => {
      this.threads?.tell({ show: this.model.get("seed") });
      this.detail = null;
      this.draw();
    };
    const reactions = { "change:settings": () => this.retune(), "change:seed": show };
    const stop = heed(this.model, this.el, reactions, () => this.plot.width, () => this.drawCurves());
    return this.leave(stop);
  }

  // Trains only while it is looked at. Returns how to let go of all.
  leave(stop) {
    const hidden = () => this.go();
    const watcher = new IntersectionObserver((entries) => {
      this.seen = entries.at(-1).isIntersecting; // a busy page hears of several at once
      this.go();
    });
    watcher.observe(this.el);
    document.addEventListener("visibilitychange", hidden);
    return () => {
      stop();
      watcher.disconnect();
      document.removeEventListener("visibilitychange", hidden);
      clearTimeout(this.timer);
      this.threads?.end();
    };
  }
}

function render({ model, el }) {
  return new LiveNetwork(model, el).listen();
}

export default { render };
