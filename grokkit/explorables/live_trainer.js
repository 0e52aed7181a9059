// One seed: a network, its share of the table, its steps, and what is measured on the way.
import { adamw, moments } from "./live_adamw.js";
import { drawWeights, randomNumbers, split } from "./live_draws.js";
import { partsOf } from "./live_network.js";

const THRESHOLD = 0.99; // of an accuracy that counts as arrived, as in all of the book
const CLOSE = 1.03; // evaluations are so far apart, or a step: closer than that a logarithmic axis shows none

// Sums that the network cannot tell apart, a + b and b + a, are one pair.
export function pairsOf(p, training) {
  const cells = Array.from(training, (_, cell) => [Math.floor(cell / p), cell % p]).filter(([a, b]) => a <= b);
  const count = ([a, b]) => training[a * p + b] + (a < b ? training[b * p + a] : 0);
  const column = (of) => Int32Array.from(cells, of);
  return { a: column(([a]) => a), b: column(([, b]) => b), count: column(count) };
}

// A trainer from the weights before the first step, and which cells of the table are for training.
export function trainerOf(p, weights, training) {
  const state = moments(weights);
  return { p, weights, training, pairs: pairsOf(p, training), state, step: 0, next: 1, tTrain: null, tVal: null };
}

export function newTrainer(numbers, settings, seed) {
  const random = randomNumbers(seed);
  const training = split(settings.p, settings.share, random);
  const weights = numbers.weights.slice();
  drawWeights(partsOf(weights, settings), settings, random);
  return { seed, ...trainerOf(settings.p, weights, training) };
}

// Returns loss and accuracy on the training set, both before the step.
export function takeStep(numbers, trainer, { rate, decay }) {
  numbers.weights.set(trainer.weights);
  const before = numbers.gradient(trainer.pairs);
  adamw(trainer.weights, numbers.grad, trainer.state, ++trainer.step, { rate, decay });
  return before;
}

// Which cells of the table the network has right, 0 or 1 each.
export function rightCells(numbers, { p, weights, pairs }) {
  const right = new Uint8Array(p * p);
  numbers.weights.set(weights);
  numbers.prepare();
  pairs.a.forEach((a, i) => {
    const b = pairs.b[i];
    numbers.logits(a, b);
    right[a * p + b] = right[b * p + a] = numbers.answer() === (a + b) % p;
  });
  return right;
}

// Both accuracies and the norm of all weights, when it is time to measure, else null; notes what has arrived.
export function measured(numbers, trainer) {
  if (trainer.step < trainer.next) return null;
  trainer.next = Math.max(trainer.step + 1, Math.ceil(trainer.step * CLOSE));
  const [val, train] = accuracies(rightCells(numbers, trainer), trainer.training);
  if (train >= THRESHOLD) trainer.tTrain ??= trainer.step;
  if (val >= THRESHOLD) trainer.tVal ??= trainer.step;
  return { step: trainer.step, train, val, norm: Math.hypot(...trainer.weights) };
}

// Of validation, of training.
export function accuracies(right, training) {
  const [all, found] = [[0, 0], [0, 0]];
  training.forEach((set, cell) => {
    all[set] += 1;
    found[set] += right[cell];
  });
  return all.map((cells, set) => found[set] / cells);
}
