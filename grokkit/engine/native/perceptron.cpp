// Many steps of multilayer perceptrons on sums of embeddings, over the full batch: one run after another, so that its
// weights and moments stay in the cache from step to step.
//
// Activations lie feature by feature, (F, N), with the examples side by side and those trained on first.
#include <limits>
#include <numeric>
#include <vector>

extern "C" struct Job : Training {
  int64_t examples, trained, positions, vocabulary, answers, layers;
  double slope;            // of the activation below zero; NaN for tanh
  const int64_t* widths;   // layers + 1: of the embedding, of each hidden layer, of the output
  const int64_t* tokens;   // runs, examples, positions
  const int64_t* targets;  // runs, examples
  const void* vectors;     // answers, outputs: what a regression aims at; null for a classification
};

namespace {

template <typename T> inline Vec<T> activated(Vec<T> x, double slope) {
  if (std::isnan(slope)) return tanh_of(x);
  return Vec<T>::blendv(x, x * Vec<T>(T(slope)), x < Vec<T>(T(0)));
}

// The derivative, from the activation's own value.
template <typename T> inline Vec<T> slope_at(Vec<T> y, double slope) {
  if (std::isnan(slope)) return Vec<T>(T(1)) - y * y;
  return Vec<T>::blendv(Vec<T>(T(slope)), Vec<T>(T(1)), y > Vec<T>(T(0)));
}

template <typename T> class Perceptron {
 public:
  Perceptron(const Job& job, int64_t run)
      : job(job), course(job, run), columns(padded<T>(job.examples)), batch(padded<T>(job.trained)),
        tokens(job.tokens + run * job.examples * job.positions), targets(job.targets + run * job.examples),
        scores(job.answers * columns), log_sums(columns), panel(PANEL * padded<T>(widest())),
        laid(WIDEST * LANES<T> * std::max(widest(), job.examples)), turned(job.trained * padded<T>(widest())) {
    for (int64_t l = 0; l <= job.layers; ++l) {
      values.emplace_back(job.widths[l] * columns);
      errors.emplace_back(job.widths[l] * batch);
    }
  }

  void train() {
    for (s = 0; s < job.steps; ++s) {
      const double t = course.time(s);
      forward();
      const T loss = differentiate();
      const float accuracy = accuracy_of(0, job.trained);
      if (s) course.note(job.val_passage, t - 1, accuracy_of(job.trained, job.examples));
      course.note(job.train_passage, t, accuracy);
      if (course.is_last(s)) course.report(loss, accuracy);
      backward(course.encoder(s), course.decoder(s));
    }
    if (!job.threshold) return;
    forward();
    course.note(job.val_passage, course.time(job.steps - 1), accuracy_of(job.trained, job.examples));
  }

 private:
  const Job& job;
  const Course<T> course;
  const int64_t columns, batch;
  const int64_t *tokens, *targets;
  std::vector<Numbers<T>> values, errors;  // of each layer: (F, columns), (F, batch)
  Numbers<T> scores, log_sums, panel, laid, turned;
  int64_t s = 0;  // the step

  int64_t widest() const { return *std::max_element(job.widths, job.widths + job.layers + 1); }

  // The values of all layers, and the score of each answer.
  void forward() {
    embed();
    for (int64_t l = 0; l < job.layers; ++l) {
      const int64_t in = job.widths[l], out = job.widths[l + 1];
      const T *weight = course.weights(2 * l + 1, out * in), *bias = course.weights(2 * l + 2, out);
      T* y = values[l + 1];
      product_laying<T>({weight, in, 1}, out, values[l], columns, in, y, columns, columns, bias, laid);
      if (l + 1 == job.layers) break;
      for (int64_t i = 0; i < out * columns; i += LANES<T>)
        activated(Vec<T>::loadu(y + i), job.slope).store(y + i);
    }
    score();
  }

  void embed() {
    const int64_t width = job.widths[0];
    const T* table = course.weights(0, job.vocabulary * width);
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

  void backward(const Rates& encoder, const Rates& decoder) {
    for (int64_t l = job.layers - 1; l >= 0; --l) {
      const int64_t in = job.widths[l], out = job.widths[l + 1];
      const T* weight = course.weights(2 * l + 1, out * in);
      product_laying<T>({weight, 1, in}, in, errors[l + 1], batch, out, errors[l], batch, batch, nullptr, laid);
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
      product_laying<T>({errors[l + 1] + r * batch, batch, 1}, rows, turned, row, job.trained, panel, row, row,
                        nullptr, laid);
      for (int64_t k = 0; k < rows; ++k)
        course.update(s, 2 * l + 1, out * in, (r + k) * in, panel + k * row, in, numbers);
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
    course.update(s, 2 * l + 2, out, 0, gradient.data(), out, numbers);
  }

  void update_embedding(const Rates& numbers) {
    const int64_t width = job.widths[0], size = job.vocabulary * width;
    std::vector<T> gradient(size);
    for (int64_t j = 0; j < job.trained; ++j)
      for (int64_t p = 0; p < job.positions; ++p)
        for (int64_t f = 0; f < width; ++f)
          gradient[tokens[j * job.positions + p] * width + f] += errors[0][f * batch + j];
    course.update(s, 0, size, 0, gradient.data(), size, numbers);
  }
};

template <typename T> void train(const Job& job) {
  for (int64_t run = 0; run < job.runs; ++run) Perceptron<T>(job, run).train();
}

}  // namespace

extern "C" void train_float32(const Job* job) { train<float>(*job); }
extern "C" void train_float64(const Job* job) { train<double>(*job); }
