// The other thread: trains its seeds in turns, as fast as is asked, and reports. The page says { start }, then any of
// { tune, show, run, pace }; see live.js for what stands in them.
import { portrait } from "./live_fourier.js";
import { arithmetic, partsOf } from "./live_network.js";
import { measured, newTrainer, rightCells, takeStep } from "./live_trainer.js";

const SLICE = 30; // milliseconds after which the page is listened to
const REST = 8; // between two slices

const now = () => performance.now();
const live = { trainers: [], points: new Map(), running: false, credit: 0, before: now(), reported: 0 };

const listeners = {
  start({ settings, seeds, steps }) {
    live.settings = settings;
    live.steps = steps;
    live.numbers = arithmetic(Float64Array, settings); // some tenths faster than Float32Array, and exact enough to test
    live.trainers = seeds.map((seed) => newTrainer(live.numbers, settings, seed));
  },
  tune: (changed) => Object.assign(live.settings, changed),
  pace: (pace) => Object.assign(live, pace), // { pace: steps a second of each seed, every: milliseconds a report }
  show(seed) {
    live.shown = live.trainers.find((trainer) => trainer.seed === seed);
    report();
  },
  run(running) {
    live.running = running;
    live.before = now();
    clearTimeout(live.timer);
    turn();
  },
};

// What has generalised goes on for as long again: its circle closes meanwhile.
const ended = ({ step, tVal }) => step >= Math.min(live.steps, 2 * (tVal ?? Infinity));

function turn() {
  const begin = now();
  const earned = (live.pace * (begin - live.before)) / 1000;
  live.credit = Math.min(live.credit + earned, 1 + live.pace / 10); // what was slept through is not made up for
  live.before = begin;
  for (; live.running && live.credit >= 1 && now() < begin + SLICE; live.credit--) stepAll();
  if (begin > live.reported + live.every || !live.running) report();
  if (live.running) live.timer = setTimeout(turn, REST);
}

function stepAll() {
  const trainers = live.trainers.filter((trainer) => !ended(trainer));
  for (const trainer of trainers) {
    takeStep(live.numbers, trainer, live.settings);
    const point = measured(live.numbers, trainer);
    if (point) live.points.set(trainer.seed, [...(live.points.get(trainer.seed) ?? []), point]);
  }
  if (!trainers.length) live.running = false;
}

function report() {
  const seeds = live.trainers.map(({ seed, step, tTrain, tVal }, i) => {
    return { seed, step, tTrain, tVal, ended: ended(live.trainers[i]), points: live.points.get(seed) ?? [] };
  });
  live.points.clear();
  live.reported = now();
  postMessage({ seeds, shown: live.shown && detailed(live.shown) });
}

function detailed(trainer) {
  const { p, width } = live.settings;
  const { embedding } = partsOf(trainer.weights, live.settings);
  const right = rightCells(live.numbers, trainer);
  return { seed: trainer.seed, training: trainer.training, right, ...portrait(embedding, p, width) };
}

onmessage = ({ data }) => {
  for (const [said, what] of Object.entries(data)) listeners[said](what);
};
