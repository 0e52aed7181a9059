// AdamW (Loshchilov & Hutter 2019, Algorithm 2) on one array of numbers, in the library's order of operations.
const BETA1 = 0.9; // this and the next as in source A
const BETA2 = 0.98;
const EPSILON = 1e-8;

export const moments = (x) => ({ m: x.slice().fill(0), v: x.slice().fill(0) });

// Takes step t, counted from 1: moves x by its gradient g.
export function adamw(x, g, { m, v }, t, { rate, decay }) {
  const [keep, now, root] = [1 - rate * decay, rate / (1 - BETA1 ** t), 1 / Math.sqrt(1 - BETA2 ** t)];
  for (let i = 0; i < x.length; i++) {
    m[i] = BETA1 * m[i] + (1 - BETA1) * g[i];
    v[i] = BETA2 * v[i] + (1 - BETA2) * g[i] * g[i];
    x[i] = keep * x[i] - now * (m[i] / (Math.sqrt(v[i]) * root + EPSILON));
  }
}
