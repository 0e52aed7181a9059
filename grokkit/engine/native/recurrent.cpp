// Many steps of recurrent networks of one layer on minibatches of short sequences, read at the last token: one run
// after another, so that its weights and moments stay in the cache from step to step.
//
// What a cell reads depends on the token alone, and what it makes of its state on the prefix alone: a step computes one
// row for each distinct token of its batch, and one for each distinct prefix.
#include <limits>
#include <numeric>

extern "C" struct Job : Training {
  int64_t batch, width, hidden, gates, classes, judged;  // gates: 4 for an LSTM, 1 for Elman's network
  Sequences table;
  const int64_t* targets;            // of the table's rows
  const int64_t* examples;           // steps, runs, batch: rows of the table
  const int64_t* counts;             // steps, runs: how many of them count, the first ones
  const int64_t* words;              // steps, runs, 2: the noise; null for none
  double dropout;
  const int64_t* others;             // runs, judged: rows whose answers are looked at
  const int64_t* numbers;            // runs: how many of them, the first ones
  const float* weights;              // runs, judged: what each of them counts
  double *sum_loss, *sum_correct;    // runs: weighted sums over what is judged
};

namespace {

enum { EMBEDDING, READ, RECUR, READ_BIAS, RECUR_BIAS, OUTPUT, OUTPUT_BIAS };  // the model's parameters, in its order

constexpr int64_t AT_ONCE = 64;  // examples that are judged together: their rows stay in the cache

// Whether a value stays under dropout: the words, the site and the hash of grokkit.models.dropout.
struct Noise {
  uint32_t one, other;
  explicit Noise(const int64_t* words, uint32_t site = 1)
      : one(uint32_t(words[0]) + site * 0x9E3779B9), other(uint32_t(words[1]) + site * 0x9E3779B9) {}
  uint32_t at(uint32_t index) const {
    uint32_t x = index ^ one;
    x = (x ^ (x >> 17)) * 0xED5AD4BB ^ other;
    x = (x ^ (x >> 11)) * 0xAC4C1B51;
    x = (x ^ (x >> 15)) * 0x31848BAB;
    return x ^ (x >> 14);
  }
};

// What an example's logits z say; they become exp(z - the largest).
template <typename T> struct Answer {
  T loss, sum;
  bool correct;
  Answer(T* z, int64_t classes, int64_t target) {
    const int64_t filled = padded<T>(classes), best = std::max_element(z, z + classes) - z;
    const T largest = z[best], aimed = z[target] - largest;
    std::fill(z + classes, z + filled, -std::numeric_limits<T>::infinity());
    Vec<T> sums(T(0));
    for (int64_t c = 0; c < filled; c += LANES<T>) {
      const Vec<T> e = (Vec<T>::loadu(z + c) - Vec<T>(largest)).exp();
      e.store(z + c);
      sums = sums + e;
    }
    T lanes[LANES<T>];
    sums.store(lanes);
    sum = std::accumulate(lanes, lanes + LANES<T>, T(0));
    loss = std::log(sum) - aimed;
    correct = best == target;
  }
};

template <typename T> class Recurrent {
 public:
  // most: examples at once; of these, in a batch to learn from.
  Recurrent(const Job& job, int64_t run, int64_t most, int64_t learnt)
      : job(job), course(job, run), run(run), F(job.hidden), G(job.gates * job.hidden), row(padded<T>(job.classes)),
        trie(job.table), cells(F, job.gates, nodes(most), nodes(learnt)),
        reading(course.weights(READ, G * job.width), G, job.width, cells.row),
        recurring(course.weights(RECUR, G * F), G, F, cells.row),
        output(course.weights(OUTPUT, job.classes * F), job.classes, F, row), x(tokens(most) * job.width),
        d_x(tokens(learnt) * job.width), logits(most * row), kept(learnt * F), dropped(learnt * F),
        sums(padded<T>(std::max(G, job.classes))),
        d_embedding(job.table.vocabulary * job.width) {}

  void train() {
    for (s = 0; s < job.steps; ++s) {
      const int64_t at = s * job.runs + run, *examples = job.examples + at * job.batch;
      const int64_t count = job.counts[at];
      lay_weights();
      forward(examples, count, job.words ? job.words + 2 * at : nullptr);
      learn(examples, count);
      backward(count);
      update(count);
      if (job.threshold) watch();
    }
  }

  // The weighted sums over what is judged.
  void judge() {
    lay_weights();
    double loss = 0, correct = 0;
    const int64_t* rows = job.others + run * job.judged;
    const float* weights = job.weights + run * job.judged;
    for (int64_t from = 0; from < job.numbers[run]; from += AT_ONCE) {
      const int64_t count = std::min(AT_ONCE, job.numbers[run] - from);
      forward(rows + from, count, nullptr);
      for (int64_t b = 0; b < count; ++b) {
        const Answer<T> answer(logits + b * row, job.classes, job.targets[rows[from + b]]);
        loss += double(answer.loss) * weights[from + b];
        correct += answer.correct * weights[from + b];
      }
    }
    job.sum_loss[run] = loss;
    job.sum_correct[run] = correct;
  }

 private:
  const Job& job;
  const Course<T> course;
  const int64_t run, F, G, row;  // row: how far apart an example's logits lie
  Trie trie;
  Cells<T> cells;
  Linear<T> reading, recurring, output;
  Numbers<T> x, d_x;             // the embeddings of the batch's tokens
  Numbers<T> logits;             // later their gradient
  Numbers<T> kept, dropped;      // of each last value: by what dropout multiplies it; what it leaves
  Numbers<T> sums, d_embedding;
  const T* last = nullptr;       // the states that the output reads
  int64_t s = 0;                 // the step

  // Of so many examples, at most.
  int64_t nodes(int64_t examples) const { return examples * job.table.length + 1; }
  int64_t tokens(int64_t examples) const { return std::min(job.table.vocabulary, nodes(examples)); }
  int64_t distinct() const { return int64_t(trie.tokens.size()); }
  int64_t last_level() const { return trie.first[job.table.length - 1]; }

  void lay_weights() {
    reading.lay_weight();
    recurring.lay_weight();
    output.lay_weight();
  }

  void forward(const int64_t* examples, int64_t count, const int64_t* words) {
    trie.find(examples, count);
    read_tokens();
    for (int64_t level = 0; level < job.table.length; ++level) {
      const int64_t from = trie.first[level], to = trie.first[level + 1];
      for (int64_t node = from; node < to; ++node) cells.forward(node, trie.parent[node], trie.token[node]);
      if (from < last_level()) recurring.forward(cells.state + from * F, to - from, cells.recurrent + from * cells.row);
    }
    last = cells.state + last_level() * F;
    if (words) drop(count, Noise(words));
    output.forward(last, count, logits);
    add(logits, row, count, course.weights(OUTPUT_BIAS, job.classes), job.classes);
  }

  void read_tokens() {
    const T* embedding = course.weights(EMBEDDING, job.table.vocabulary * job.width);
    for (int64_t u = 0; u < distinct(); ++u)
      std::memcpy(x + u * job.width, embedding + trie.tokens[u] * job.width, job.width * sizeof(T));
    reading.forward(x, distinct(), cells.read);
    for (int64_t bias : {READ_BIAS, RECUR_BIAS}) add(cells.read, cells.row, distinct(), course.weights(bias, G), G);
  }

  // A bias to each row.
  static void add(T* rows, int64_t apart, int64_t count, const T* bias, int64_t columns) {
    for (int64_t r = 0; r < count; ++r)
      for (int64_t j = 0; j < columns; j += LANES<T>) {
        const int64_t k = std::min(columns - j, LANES<T>);
        (Vec<T>::loadu(rows + r * apart + j, k) + Vec<T>::loadu(bias + j, k)).store(rows + r * apart + j, k);
      }
  }

  void drop(int64_t count, const Noise& noise) {
    const auto limit = uint64_t(std::nearbyint(job.dropout * 4294967296.0));
    const T scale = T(1 / (1 - job.dropout));
    for (int64_t i = 0; i < count * F; ++i) {
      kept[i] = noise.at(uint32_t(i)) >= limit ? scale : T(0);
      dropped[i] = last[i] * kept[i];
    }
    last = dropped;
  }

  // The batch's loss and accuracy, and the gradient of its mean loss by the logits.
  void learn(const int64_t* examples, int64_t count) {
    T loss = 0;
    int64_t correct = 0;
    for (int64_t b = 0; b < count; ++b) {
      T* z = logits + b * row;
      const int64_t target = job.targets[examples[b]];
      const Answer<T> answer(z, job.classes, target);
      loss += answer.loss;
      correct += answer.correct;
      const Vec<T> share(T(1) / (answer.sum * T(count)));
      for (int64_t c = 0; c < row; c += LANES<T>) (Vec<T>::loadu(z + c) * share).store(z + c);
      z[target] -= T(1) / T(count);
    }
    const float accuracy = float(correct) / float(count);
    course.note(job.train_passage, course.time(s), accuracy);
    if (course.is_last(s)) course.report(loss / T(count), accuracy);
  }

  void backward(int64_t count) {
    T* d_last = cells.d_state + last_level() * F;
    output.backward(logits, count, d_last);
    if (last == dropped)
      for (int64_t i = 0; i < count * F; ++i) d_last[i] *= kept[i];
    cells.clear_gradients(int64_t(trie.parent.size()), distinct());
    for (int64_t level = job.table.length - 1; level >= 0; --level) {
      const int64_t from = trie.first[level], to = trie.first[level + 1];
      if (from < last_level())
        recurring.backward(cells.d_recurrent + from * cells.row, to - from, cells.d_state + from * F);
      for (int64_t node = from; node < to; ++node) cells.backward(node, trie.parent[node], trie.token[node]);
    }
    reading.backward(cells.d_read, distinct(), d_x);
  }

  void update(int64_t count) {
    const Rates encoder = course.encoder(s), decoder = course.decoder(s);
    update_biases(count, decoder);
    const auto with = [&](int64_t parameter, int64_t size, int64_t width) {
      return [=, this](int64_t start, const T* gradient) {
        course.update(s, parameter, size, start, gradient, width, decoder);
      };
    };
    reading.differentiate(cells.d_read, x, distinct(), with(READ, reading.size(), job.width));
    recurring.differentiate(cells.d_recurrent + cells.row, cells.state + F, last_level() - 1,
                            with(RECUR, recurring.size(), F));
    output.differentiate(logits, last, count, with(OUTPUT, output.size(), F));
    update_embedding(encoder);
  }

  void update_biases(int64_t count, const Rates& numbers) {
    add_rows(cells.d_read, cells.row, distinct(), G);
    for (int64_t bias : {READ_BIAS, RECUR_BIAS}) course.update(s, bias, G, 0, sums, G, numbers);
    add_rows(logits, row, count, row);
    course.update(s, OUTPUT_BIAS, job.classes, 0, sums, job.classes, numbers);
  }

  void add_rows(const T* rows, int64_t apart, int64_t count, int64_t columns) {
    for (int64_t j = 0; j < columns; j += LANES<T>) {
      Vec<T> sum(T(0));
      for (int64_t r = 0; r < count; ++r) sum = sum + Vec<T>::loadu(rows + r * apart + j);
      sum.store(sums + j);
    }
  }

  void update_embedding(const Rates& numbers) {
    const int64_t size = job.table.vocabulary * job.width;
    std::memset(d_embedding, 0, size * sizeof(T));
    for (int64_t u = 0; u < distinct(); ++u)
      std::memcpy(d_embedding + trie.tokens[u] * job.width, d_x + u * job.width, job.width * sizeof(T));
    course.update(s, EMBEDDING, size, 0, d_embedding, size, numbers);
  }

  void watch() {
    judge();
    course.note(job.val_passage, course.time(s), float(job.sum_correct[run]) / float(job.numbers[run]));
  }
};

template <typename T> void train(const Job& job) {
  const int64_t most = job.threshold ? std::max(job.batch, AT_ONCE) : job.batch;
  for (int64_t run = 0; run < job.runs; ++run) Recurrent<T>(job, run, most, job.batch).train();
}

template <typename T> void judge(const Job& job) {
  for (int64_t run = 0; run < job.runs; ++run) Recurrent<T>(job, run, AT_ONCE, 0).judge();
}

}  // namespace

extern "C" void train_float32(const Job* job) { train<float>(*job); }
extern "C" void train_float64(const Job* job) { train<double>(*job); }
extern "C" void judge_float32(const Job* job) { judge<float>(*job); }
extern "C" void judge_float64(const Job* job) { judge<double>(*job); }
