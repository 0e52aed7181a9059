// The arithmetic of the live network: its logits, and the gradient of its mean cross entropy. It knows of no page.
// It is the library's MLP on modular addition with summed embeddings; a test holds both together in double precision.
// Axes: A = p numbers, D = width of embeddings, F hidden features, C = p answers.

// The parts of all weights, which are one array; `out` is (F, C), the transpose of PyTorch's. The embedding's last two
// rows are the signs "+" and "=", as in the library.
export function partsOf(all, { p, width, hidden }) {
  const sizes = { embedding: (p + 2) * width, into: hidden * width, intoBias: hidden, out: hidden * p, outBias: p };
  let start = 0;
  const entries = Object.entries(sizes).map(([name, size]) => [name, all.subarray(start, (start += size))]);
  return Object.fromEntries(entries);
}

export const weightCount = ({ p, width, hidden }) => (p + 2) * width + hidden * (width + 1) + p * (hidden + 1);

// A closure over its sizes and arrays, to be made once a thread: only then do engines take them for constants, which
// more than doubles the pace. Networks of one thread therefore take turns in `weights`.
export function arithmetic(Numbers, sizes) {
  const { p, width, hidden } = sizes;
  const weights = new Numbers(weightCount(sizes));
  const grad = weights.slice();
  const { embedding, into, intoBias, out, outBias } = partsOf(weights, sizes);
  const of = partsOf(grad, sizes);
  const rows = new Numbers((p + 1) * width); // (A + 1, D): of every number, and last what all pairs share
  const u = new Numbers((p + 1) * hidden); // (A + 1, F): their first layers, of which a pair's is the sum
  const du = u.slice();
  const features = new Int32Array(hidden + 3); // of one pair, those above zero; three more, as they are taken in fours
  const h = new Numbers(hidden + 3); // their values
  const dh = h.slice();
  const z = new Numbers(p); // (C,): a pair's logits, then their gradient

  function prepare() {
    rows.set(embedding.subarray(0, rows.length));
    for (let d = 0; d < width; d++) rows[p * width + d] += embedding[(p + 1) * width + d];
    for (let i = 0; i < u.length; i++) u[i] = firstLayer(Math.floor(i / hidden), i % hidden);
  }

  function firstLayer(a, f) {
    let sum = a === p ? intoBias[f] : 0;
    for (let d = 0; d < width; d++) sum += into[f * width + d] * rows[a * width + d];
    return sum;
  }

  // Fills features, h and z for a + b; returns how many features are above zero.
  function logits(a, b) {
    let active = 0;
    for (let f = 0; f < hidden; f++) {
      const x = u[a * hidden + f] + u[b * hidden + f] + u[p * hidden + f];
      if (!(x > 0)) continue;
      features[active] = f;
      h[active++] = x;
    }
    for (let k = active; k < active + 3; k++) h[k] = 0; // what stands there then adds nothing
    z.set(outBias);
    for (let k = 0; k < active; k += 4) addFour(k);
    return active;
  }

  // Four at once: z, which they share, is read and written once.
  function addFour(k) {
    const [h0, h1, h2, h3] = [h[k], h[k + 1], h[k + 2], h[k + 3]];
    const [i0, i1, i2, i3] = [features[k] * p, features[k + 1] * p, features[k + 2] * p, features[k + 3] * p];
    for (let c = 0; c < p; c++) z[c] += h0 * out[i0 + c] + h1 * out[i1 + c] + h2 * out[i2 + c] + h3 * out[i3 + c];
  }

  // Of the logits in z; of several that are largest, the first.
  function answer() {
    let best = 0;
    for (let c = 1; c < p; c++) if (z[c] > z[best]) best = c;
    return best;
  }

  // Turns logits into their gradient, probabilities less the truth; returns the loss.
  function lossOf(target) {
    const [most, own] = [z[answer()], z[target]];
    let sum = 0;
    for (let c = 0; c < p; c++) sum += z[c] = Math.exp(z[c] - most);
    for (let c = 0; c < p; c++) z[c] /= sum;
    z[target] -= 1;
    return most + Math.log(sum) - own;
  }

  // Fills `grad` with that of the mean loss over pairs { a, b, count }, `count` how often each is in the training set.
  // Returns this loss in nats and the share of right answers.
  function gradient(pairs) {
    const found = { loss: 0, accuracy: 0 };
    const examples = pairs.count.reduce((sum, n) => sum + n, 0);
    grad.fill(0);
    du.fill(0);
    prepare();
    for (let i = 0; i < pairs.a.length; i++) {
      if (pairs.count[i]) ofPair(pairs.a[i], pairs.b[i], pairs.count[i] / examples, found);
    }
    ofFirstLayer();
    return found;
  }

  function ofPair(a, b, share, found) {
    const active = logits(a, b);
    const target = (a + b) % p;
    if (answer() === target) found.accuracy += share;
    found.loss += share * lossOf(target);
    for (let c = 0; c < p; c++) of.outBias[c] += z[c] *= share;
    for (let k = 0; k < active; k++) ofFeature(k);
    for (let k = 0; k < active; k++) {
      du[a * hidden + features[k]] += dh[k];
      du[b * hidden + features[k]] += dh[k];
      du[p * hidden + features[k]] += dh[k];
    }
  }

  function ofFeature(k) {
    const start = features[k] * p;
    const value = h[k];
    let sum = 0;
    for (let c = 0; c < p; c++) {
      of.out[start + c] += value * z[c];
      sum += out[start + c] * z[c];
    }
    dh[k] = sum;
  }

  function ofFirstLayer() {
    for (let i = 0; i < du.length; i++) ofSummand(Math.floor(i / hidden), i % hidden, du[i]);
    of.intoBias.set(du.subarray(p * hidden));
    of.embedding.copyWithin((p + 1) * width, p * width, (p + 1) * width); // both signs move alike
  }

  function ofSummand(a, f, g) {
    for (let d = 0; d < width; d++) {
      of.into[f * width + d] += g * rows[a * width + d];
      of.embedding[a * width + d] += g * into[f * width + d];
    }
  }

  return { weights, grad, prepare, logits, answer, gradient };
}
