// Pictures of the live network: a seed's curves in small, its table of sums, its embeddings and their frequencies.
import { filled, percent, svg } from "./drawing.js";

const path = (kind) => svg("path", { class: kind });

export const smallCurves = () =>
  svg("svg", { viewBox: "0 0 100 50", preserveAspectRatio: "none", "aria-hidden": true }, path("train"), path("val"));

export function drawSmall(picture, { steps, train, val }, last) {
  const places = steps.map((step) => (100 * Math.log(step)) / Math.log(last));
  [train, val].forEach((shares, i) => {
    const points = shares.map((share, at) => `${places[at].toFixed(1)} ${(48 - 46 * share).toFixed(1)}`);
    filled(picture.children[i], { d: points.length ? `M${points.join("L")}` : "" }, []);
  });
}

export function figures() {
  const picture = (...kinds) => svg("svg", { role: "img", viewBox: "0 0 1 1" }, ...kinds.map(path));
  return [picture("cells train shown", "cells train", "cells val"), picture("joined", "numbers"), picture("bars")];
}

// Each draws into a picture and returns what it shows, in words.
export function drawTable(picture, { training, right }, p) {
  const marks = ["", "", ""];
  const found = [0, 0];
  training.forEach((set, cell) => {
    const mark = `M${cell % p} ${Math.floor(cell / p)}h0`; // a dot, for training round and for others square
    if (set) marks[0] += mark;
    if (right[cell]) marks[2 - set] += mark;
    found[set] += right[cell];
  });
  drawn(picture, `-0.5 -0.5 ${p} ${p}`, marks);
  const shown = training.reduce((sum, set) => sum + set, 0);
  const others = `squares: ${found[0]} of ${p * p - shown} others right`;
  return `All sums a + b modulo ${p}. Dots: ${found[1]} of ${shown} training sums right; ${others}.`;
}

export function drawRing(picture, { shares, ring: { frequency, x, y } }) {
  const p = x.length;
  const size = Math.max(...x.map((value, a) => Math.hypot(value, y[a])));
  const order = x.map((_, a) => a).sort((a, b) => ((frequency * a) % p) - ((frequency * b) % p));
  const places = order.map((a) => `${(x[a] / size).toFixed(3)} ${(y[a] / size).toFixed(3)}`);
  drawn(picture, "-1.1 -1.1 2.2 2.2", [`M${places.join("L")}Z`, `M${places.join("h0M")}h0`]);
  const wave = `frequency ${frequency}, ${percent(shares[frequency - 1])} of the embeddings`;
  return `The ${p} numbers in the plane of their strongest wave (${wave}), joined in its order.`;
}

export function drawSpectrum(picture, { shares }) {
  const top = Math.max(...shares);
  const bars = shares.map((share, i) => `M${i + 0.5} 1V${(1 - share / top).toFixed(3)}`);
  drawn(picture, `0 0 ${shares.length} 1`, [bars.join("")]);
  filled(picture, { preserveAspectRatio: "none" }, []);
  return `What the embeddings are made of: waves of frequency 1 to ${shares.length}, the strongest ${percent(top)}.`;
}

function drawn(picture, viewBox, paths) {
  filled(picture, { viewBox }, []);
  paths.forEach((d, i) => picture.children[i].setAttribute("d", d));
}
