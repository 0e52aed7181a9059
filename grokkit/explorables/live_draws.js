// What chance decides for a seed: which sums are for training, and the initial weights.

// Uniform in [0, 1), by mulberry32: 32 bits are enough for a few thousand draws.
export function randomNumbers(seed) {
  let state = Math.imul(seed + 1, 0x9e3779b9);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}

// Which cells of the table, a * p + b, are for training: a random share, rounded down.
export function split(p, share, random) {
  const order = Array.from({ length: p * p }, (_, cell) => cell);
  for (let i = order.length - 1; i > 0; i--) {
    const other = Math.floor(random() * (i + 1));
    [order[i], order[other]] = [order[other], order[i]];
  }
  const training = new Uint8Array(p * p);
  for (const cell of order.slice(0, Math.floor(share * p * p + 1e-9))) training[cell] = 1;
  return training;
}

// As the library draws them: embeddings from U(-1/2, 1/2), a layer of n inputs from U(-1, 1) / sqrt(n); then scaled.
export function drawWeights(parts, { width, hidden, scale }, random) {
  const [into, out] = [width ** -0.5, hidden ** -0.5];
  const spans = { embedding: 0.5, into, intoBias: into, out, outBias: out };
  for (const [name, span] of Object.entries(spans)) {
    for (let i = 0; i < parts[name].length; i++) parts[name][i] = scale * span * (2 * random() - 1);
  }
}
