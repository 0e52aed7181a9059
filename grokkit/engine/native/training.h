// What every program is told besides its network's own data, and what a run does with it: AdamW's steps, its passages.
#include <cmath>

// Each program's `Job` begins with this.
struct Training {
  int64_t runs, steps;
  const double* times;     // steps, runs: the number of each step
  const double* settings;  // steps, runs, 7: learning rate and weight decay of the encoder, of the decoder, b1, b2, eps
  const double* threshold;                       // runs: the accuracy watched for, or null
  double *train_passage, *val_passage;           // runs
  void **params, **first, **second, **gradient;  // of each parameter, in the model's order: runs, ...
  void *loss, *accuracy;                         // runs: of the last step
};

namespace {

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

// One run's part of a job.
template <typename T> class Course {
 public:
  Course(const Training& job, int64_t run) : job(job), run(run) {}

  bool is_last(int64_t s) const { return s + 1 == job.steps; }
  double time(int64_t s) const { return job.times[s * job.runs + run]; }
  Rates encoder(int64_t s) const { return {time(s), settings(s), settings(s) + 4}; }
  Rates decoder(int64_t s) const { return {time(s), settings(s) + 2, settings(s) + 4}; }
  T* weights(int64_t parameter, int64_t size) const { return own(job.params, parameter, size); }

  void report(T loss, float accuracy) const {
    static_cast<T*>(job.loss)[run] = loss;
    static_cast<float*>(job.accuracy)[run] = accuracy;
  }

  void note(double* passage, double t, float accuracy) const {
    if (job.threshold && std::isnan(passage[run]) && accuracy >= job.threshold[run]) passage[run] = t;
  }

  // AdamW's step s of `count` numbers of a parameter of `size`, from `start`.
  void update(int64_t s, int64_t parameter, int64_t size, int64_t start, const T* gradient, int64_t count,
              const Rates& numbers) const {
    if (is_last(s)) std::memcpy(own(job.gradient, parameter, size) + start, gradient, count * sizeof(T));
    T* of[] = {own(job.params, parameter, size), own(job.first, parameter, size), own(job.second, parameter, size)};
    adamw(of[0] + start, of[1] + start, of[2] + start, gradient, count, numbers);
  }

 private:
  const Training& job;
  const int64_t run;

  const double* settings(int64_t s) const { return job.settings + (s * job.runs + run) * 7; }
  T* own(void** of, int64_t parameter, int64_t size) const { return static_cast<T*>(of[parameter]) + run * size; }
};

}  // namespace
