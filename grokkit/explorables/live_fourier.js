// What the embeddings of p numbers are made of: waves a -> cos(2 pi k a / p) and sin, k from 1 to (p - 1) / 2.

// The numbers' rows of the embedding (p, width), less their mean.
export function centred(embedding, p, width) {
  const rows = Array.from({ length: p }, (_, a) => [...embedding.subarray(a * width, (a + 1) * width)]);
  const mean = rows[0].map((_, d) => rows.reduce((sum, row) => sum + row[d], 0) / p);
  return rows.map((row) => row.map((x, d) => x - mean[d]));
}

const dot = (x, y) => x.reduce((sum, value, i) => sum + value * y[i], 0);
const wave = (shape, k, p) => Array.from({ length: p }, (_, a) => shape((2 * Math.PI * ((k * a) % p)) / p));
const along = (rows, heights) => rows[0].map((_, d) => rows.reduce((sum, row, a) => sum + row[d] * heights[a], 0));

// The share of each frequency, from 1 on, in the rows' squares; for an odd p they sum to 1.
export function spectrum(rows) {
  const p = rows.length;
  const whole = rows.reduce((sum, row) => sum + dot(row, row), 0);
  return Array.from({ length: (p - 1) / 2 }, (_, i) => {
    const pair = [Math.cos, Math.sin].map((shape) => along(rows, wave(shape, i + 1, p)));
    return pair.reduce((sum, direction) => sum + dot(direction, direction), 0) * (2 / p / whole);
  });
}

// Places of the numbers in the plane that a frequency's pair of waves has in the embeddings. A number's own row is left
// out of the plane that it is seen in: with it, even random rows would lie on a circle.
export function ring(rows, k) {
  const p = rows.length;
  const [x, y] = [Math.cos, Math.sin].map((shape) => {
    const heights = wave(shape, k, p);
    const direction = along(rows, heights);
    return rows.map((row, a) => dot(row, direction) - heights[a] * dot(row, row));
  });
  return { frequency: k, x, y };
}

// Both, the ring of the frequency with the largest share.
export function portrait(embedding, p, width) {
  const rows = centred(embedding, p, width);
  const shares = spectrum(rows);
  return { shares, ring: ring(rows, shares.indexOf(Math.max(...shares)) + 1) };
}
