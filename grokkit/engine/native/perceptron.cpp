// Many steps of multilayer perceptrons on sums of embeddings, over the full batch: one run after another, so that its
// weights and moments stay in the cache from step to step.
//
// Activations lie feature by feature, (F, N), with the examples side by side and those trained on first.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

extern "C" struct Job {
  int64_t runs, steps, examples, trained, positions, vocabulary, answers, layers;
  double slope;            // of the activation below zero; NaN for tanh
  const int64_t* widths;   // layers + 1: of the embedding, of each hidden layer, of the output
  const int64_t* tokens;   // runs, examples, positions
  const int64_t* targets;  // runs, examples
  const void* vectors;     // answers, outputs: what a regression aims at; null for a classification
  const double* times;     // steps, runs: the number of each step
  const double* settings;  // steps, runs, 7: learning rate and weight decay of the encoder, of the decoder, b1, b2, eps
  const double* threshold;                      // runs: the accuracy watched for, or null
  double *train_passage, *val_passage;          // runs
  void **params, **first, **second, **gradient;  // 1 + 2 layers: embedding, weight, bias, weight, bias, ...: runs, ...
  void *loss, *accuracy;                        // runs: of the last step
};

namespace {

constexpr int64_t PANEL = 20;  // rows of a weight's gradient that are used as soon as they are there

// |x| < 0.625: an odd polynomial fitted to tanh (relative error 4e-9); beyond: 1 - 2 / (exp(2 |x|) + 1).
inline Vec<float> tanh_of(Vec<float> x) {
  const Vec<float> one(1.f), two(2.f), size = x.abs(), u = x * x;
  Vec<float> p(-0.00571704383f);
  for (float c : {0.02065058629f, -0.05374349781f, 0.1333149128f, -0.3333328393f})
    p = at::vec::fmadd(p, u, Vec<float>(c));
  const Vec<float> small = at::vec::fmadd(p * u, x, x), large = one - two / ((two * size).exp() + one);
  const Vec<float> signed_large = Vec<float>::blendv(large, large.neg(), x < Vec<float>(0.f));
  return Vec<float>::blendv(signed_large, small, size < Vec<float>(0.625f));
}
inline Vec<double> tanh_of(Vec<double> x) { return x.tanh(); }

template <typename T> inline Vec<T> activated(Vec<T> x, double slope) {
  if (std::isnan(slope)) return tanh_of(x);
  return Vec<T>::blendv(x, x * Vec<T>(T(slope)), x < Vec<T>(T(0)));
}

// The derivative, from the activation's own value.
template <typename T> inline Vec<T> slope_at(Vec<T> y, double slope) {
  if (std::isnan(slope)) return Vec<T>(T(1)) - y * y;
  return Vec<T>::blendv(Vec<T>(T(slope)), Vec<T>(T(1)), y > Vec<T>(T(0)));
}

// The numbers of AdamW at one step, worked out in double as they are in grokkit.optimizers.adamw.
struct Rates {
  double b1, rest1, b2, rest2, keep, rate, root, eps;
  Rates(double t, const double* group, const double* common)
      : b1(common[0]), rest1(1 - b1), b2(common[1]), rest2(1 - b2), keep(1 - group[0] * group[1]),
        rate(group[0] / (1 - std::pow(b1, t))), root(1 / std::sqrt(1 - std::pow(b2, t))), eps(common[2]) {}
};

template <typename T> void adamw(T* x, T* m, T* v, const T* gradient, int64_t count, const Rates& n) {
  using V = Vec<T>;
  const V b1(T(n.b1)), rest1(T(n.rest1)), b2(T(n.b2)), rest2(T(n.rest2));
  const V keep(T(n.keep)), rate(T(n.rate)), root(T(n.root)), eps(T(n.eps));
  for (int64_t i = 0; i < count; i += LANES<T>) {
    const int64_t k = std::min(count - i, LANES<T>);
    const V g = V::loadu(gradient + i, k);
    const V first = b1 * V::loadu(m + i, k) + rest1 * g, second = b2 * V::loadu(v + i, k) + rest2 * (g * g);
    first.store(m + i, k);
    second.store(v + i, k);
    (keep * V::loadu(x + i, k) - rate * (first / (second.sqrt() * root + eps))).store(x + i, k);
  }
}

template <typename T> class Perceptron {
 public:
  Perceptron(const Job& job, int64_t run)
      : job(job), run(run), columns(padded<T>(job.examples)), batch(padded<T>(job.trained)),
        tokens(job.tokens + run * job.examples * job.positions), targets(job.targets + run * job.examples),
        scores(job.answers * columns), log_sums(columns), panel(PANEL * padded<T>(widest())),
        laid(WIDEST * LANES<T> * std::max(widest(), job.examples)), turned(job.trained * padded<T>(widest())) {
    for (int64_t l = 0; l <= job.layers; ++l) {
      values.emplace_back(job.widths[l] * columns);
      errors.emplace_back(job.widths[l] * batch);
    }
  }

  void train() {
    for (int64_t s = 0; s < job.steps; ++s) {
      const double t = job.times[s * job.runs + run];
      forward();
      const T loss = differentiate();
      const float accuracy = accuracy_of(0, job.trained);
      if (s) note(job.val_passage, t - 1, accuracy_of(job.trained, job.examples));
      note(job.train_passage, t, accuracy);
      if ((last = s + 1 == job.steps)) {
        static_cast<T*>(job.loss)[run] = loss;
        static_cast<float*>(job.accuracy)[run] = accuracy;
      }
      const double* settings = job.settings + (s * job.runs + run) * 7;
      backward(Rates(t, settings, settings + 4), Rates(t, settings + 2, settings + 4));
    }
    if (!job.threshold) return;
    forward();
    note(job.val_passage, job.times[(job.steps - 1) * job.runs + run], accuracy_of(job.trained, job.examples));
  }

 private:
  const Job& job;
  const int64_t run, columns, batch;
  const int64_t *tokens, *targets;
  std::vector<Numbers<T>> values, errors;  // of each layer: (F, columns), (F, batch)
  Numbers<T> scores, log_sums, panel, laid, turned;
  bool last = false;

  int64_t widest() const { return *std::max_element(job.widths, job.widths + job.layers + 1); }
  T* own(void** of, int64_t parameter, int64_t size) const { return static_cast<T*>(of[parameter]) + run * size; }

  // The values of all layers, and the score of each answer.
  void forward() {
    embed();
    for (int64_t l = 0; l < job.layers; ++l) {
      const int64_t in = job.widths[l], out = job.widths[l + 1];
      const T *weight = own(job.params, 2 * l + 1, out * in), *bias = own(job.params, 2 * l + 2, out);
      T* y = values[l + 1];
      product<T>({weight, in, 1}, out, {values[l], columns, 1}, in, y, columns, bias, laid);
      if (l + 1 == job.layers) break;
      for (int64_t i = 0; i < out * columns; i += LANES<T>)
        activated(Vec<T>::loadu(y + i), job.slope).store(y + i);
    }
    score();
  }

  void embed() {
    const int64_t width = job.widths[0];
    const T* table = own(job.params, 0, job.vocabulary * width);
    for (int64_t f = 0; f < width; ++f)
      for (int64_t j = 0; j < job.examples; ++j) {
        T sum = 0;
        for (int64_t p = 0; p < job.positions; ++p) sum += table[tokens[j * job.positions + p] * width + f];
        values[0][f * columns + j] = sum;
      }
  }

  // Of each answer its logit, or the squared distance of its vector, with a minus.
  void score() {
    const T *vectors = static_cast<const T*>(job.vectors), *y = values[job.layers];
    if (!vectors) {
      std::memcpy(scores, y, job.answers * columns * sizeof(T));
      return;
    }
    const int64_t outputs = job.widths[job.layers];
    for (int64_t c = 0; c < job.answers; ++c)
      for (int64_t j = 0; j < columns; j += LANES<T>) {
        Vec<T> distance(T(0));
        for (int64_t a = 0; a < outputs; ++a) {
          const Vec<T> apart = Vec<T>::loadu(y + a * columns + j) - Vec<T>(vectors[c * outputs + a]);
          distance = at::vec::fmadd(apart, apart, distance);
        }
        distance.neg().store(scores + c * columns + j);
      }
  }

  // The loss, with its gradient by the outputs in the last `errors`.
  T differentiate() { return job.vectors ? squares() : entropy(); }

  T squares() {
    const T *vectors = static_cast<const T*>(job.vectors), *y = values[job.layers];
    const int64_t outputs = job.widths[job.layers];
    T loss = 0;
    for (int64_t j = 0; j < job.trained; ++j) {
      loss -= scores[targets[j] * columns + j];
      for (int64_t a = 0; a < outputs; ++a)
        errors[job.layers][a * batch + j] =
            (y[a * columns + j] - vectors[targets[j] * outputs + a]) * T(2) / T(outputs * job.trained);
    }
    return loss / T(outputs * job.trained);
  }

  T entropy() {
    const T* y = values[job.layers];
    T loss = 0;
    for (int64_t j = 0; j < batch; j += LANES<T>) {
      Vec<T> largest(-std::numeric_limits<T>::infinity()), sum(T(0));
      for (int64_t c = 0; c < job.answers; ++c) largest = at::vec::maximum(largest, Vec<T>::loadu(y + c * columns + j));
      for (int64_t c = 0; c < job.answers; ++c) {
        const Vec<T> e = (Vec<T>::loadu(y + c * columns + j) - largest).exp();
        sum = sum + e;
        e.store(errors[job.layers] + c * batch + j);
      }
      for (int64_t c = 0; c < job.answers; ++c) {
        T* error = errors[job.layers] + c * batch + j;
        (Vec<T>::loadu(error) / (sum * Vec<T>(T(job.trained)))).store(error);
      }
      (sum.log() + largest).store(log_sums + j);
    }
    for (int64_t j = 0; j < batch; ++j)
      if (j < job.trained) {
        loss += log_sums[j] - y[targets[j] * columns + j];
        errors[job.layers][targets[j] * batch + j] -= T(1) / T(job.trained);
      } else {
        for (int64_t c = 0; c < job.answers; ++c) errors[job.layers][c * batch + j] = 0;
      }
    return loss / T(job.trained);
  }

  // Of the examples from..to - 1, the share whose target is the first answer with the highest score.
  float accuracy_of(int64_t from, int64_t to) {
    int64_t correct = 0;
    for (int64_t j = from; j < to; ++j) {
      const T best = scores[targets[j] * columns + j];
      bool is_best = best == best;
      for (int64_t c = 0; c < job.answers; ++c) {
        const T other = scores[c * columns + j];
        is_best &= c < targets[j] ? other < best : other <= best;
      }
      correct += is_best;
    }
    return float(correct) / float(to - from);
  }

  void note(double* passage, double t, float accuracy) {
    if (job.threshold && std::isnan(passage[run]) && accuracy >= job.threshold[run]) passage[run] = t;
  }

  void backward(const Rates& encoder, const Rates& decoder) {
    for (int64_t l = job.layers - 1; l >= 0; --l) {
      const int64_t in = job.widths[l], out = job.widths[l + 1];
      const T* weight = own(job.params, 2 * l + 1, out * in);
      product<T>({weight, 1, in}, in, {errors[l + 1], batch, 1}, out, errors[l], batch, nullptr, laid);
      if (l) times_slope(l);
      update_weight(l, decoder);
      update_bias(l, decoder);
    }
    update_embedding(encoder);
  }

  void times_slope(int64_t l) {
    for (int64_t f = 0; f < job.widths[l]; ++f)
      for (int64_t j = 0; j < batch; j += LANES<T>) {
        T* error = errors[l] + f * batch + j;
        (Vec<T>::loadu(error) * slope_at(Vec<T>::loadu(values[l] + f * columns + j), job.slope)).store(error);
      }
  }

  void update_weight(int64_t l, const Rates& numbers) {
    const int64_t in = job.widths[l], out = job.widths[l + 1], row = padded<T>(in);
    for (int64_t f = 0; f < in; ++f)
      for (int64_t j = 0; j < job.trained; ++j) turned[j * row + f] = values[l][f * columns + j];
    for (int64_t r = 0; r < out; r += PANEL) {
      const int64_t rows = std::min(PANEL, out - r);
      product<T>({errors[l + 1] + r * batch, batch, 1}, rows, {turned, row, 1}, job.trained, panel, row, nullptr, laid);
      for (int64_t k = 0; k < rows; ++k) update(2 * l + 1, out * in, (r + k) * in, panel + k * row, in, numbers);
    }
  }

  void update_bias(int64_t l, const Rates& numbers) {
    const int64_t out = job.widths[l + 1];
    std::vector<T> gradient(out);
    for (int64_t f = 0; f < out; ++f) {
      Vec<T> sum(T(0));  // errors are zero beyond the batch
      for (int64_t j = 0; j < batch; j += LANES<T>) sum = sum + Vec<T>::loadu(errors[l + 1] + f * batch + j);
      T lanes[LANES<T>];
      sum.store(lanes);
      gradient[f] = std::accumulate(lanes, lanes + LANES<T>, T(0));
    }
    update(2 * l + 2, out, 0, gradient.data(), out, numbers);
  }

  void update_embedding(const Rates& numbers) {
    const int64_t width = job.widths[0], size = job.vocabulary * width;
    std::vector<T> gradient(size);
    for (int64_t j = 0; j < job.trained; ++j)
      for (int64_t p = 0; p < job.positions; ++p)
        for (int64_t f = 0; f < width; ++f)
          gradient[tokens[j * job.positions + p] * width + f] += errors[0][f * batch + j];
    update(0, size, 0, gradient.data(), size, numbers);
  }

  // `count` numbers of a parameter of `size`, from `start`.
  void update(int64_t parameter, int64_t size, int64_t start, const T* gradient, int64_t count, const Rates& numbers) {
    if (last) std::memcpy(own(job.gradient, parameter, size) + start, gradient, count * sizeof(T));
    T* of[] = {own(job.params, parameter, size), own(job.first, parameter, size), own(job.second, parameter, size)};
    adamw(of[0] + start, of[1] + start, of[2] + start, gradient, count, numbers);
  }
};

template <typename T> void train(const Job& job) {
  for (int64_t run = 0; run < job.runs; ++run) Perceptron<T>(job, run).train();
}

}  // namespace

extern "C" void train_float32(const Job* job) { train<float>(*job); }
extern "C" void train_float64(const Job* job) { train<double>(*job); }
