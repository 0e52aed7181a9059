// The cells of a recurrent network at the nodes of a batch: what each makes of its gates, and the gradient of that.
namespace {

// An LSTM has four gates (input, forget, new, output) and a memory, Elman's network one gate, its state. Widths fill
// vectors. The node before all, 0, has no state, no memory and nothing recurrent; what is added to its gradients is
// never read.
template <typename T> class Cells {
 public:
  const int64_t width, gates, row;  // row: how far apart rows of gates lie
  Numbers<T> read, recurrent;       // tokens, row; nodes, row: what the gates are sums of, a token's and its parent's
  Numbers<T> state;                 // nodes, width
  Numbers<T> d_read, d_recurrent, d_state;

  // nodes: room for so many; learnt: of these, how many gradients are wanted of.
  Cells(int64_t width, int64_t gates, int64_t nodes, int64_t learnt)
      : width(width), gates(gates), row(row_of(width, gates)), read(nodes * row), recurrent(nodes * row),
        state(nodes * width), d_read(learnt * row), d_recurrent(learnt * row), d_state(learnt * width),
        opened(nodes * row), memory(nodes * width), squashed(nodes * width), d_memory(learnt * width) {}

  // A cache line more than the gates: rows a power of two apart would all fall on the same lines of the cache.
  static int64_t row_of(int64_t width, int64_t gates) { return gates * width + 64 / int64_t(sizeof(T)); }

  void forward(int64_t node, int64_t parent, int64_t token) {
    gates == 4 ? remember(node, parent, token) : respond(node, parent, token);
  }
  void clear_gradients(int64_t nodes, int64_t tokens) {
    std::memset(d_read, 0, tokens * row * sizeof(T));
    std::memset(d_recurrent, 0, nodes * row * sizeof(T));
    std::memset(d_memory, 0, nodes * width * sizeof(T));
  }
  // Adds to the gradients by what the node's gates and memory were made of; its own `d_state` is there.
  void backward(int64_t node, int64_t parent, int64_t token) {
    gates == 4 ? forget(node, parent, token) : unbend(node, parent, token);
  }

 private:
  using V = Vec<T>;
  Numbers<T> opened, memory, squashed, d_memory;  // gates after their sigmoid or tanh; c; tanh(c)

  void remember(int64_t node, int64_t parent, int64_t token) {
    const T *from_token = read + token * row, *from_parent = recurrent + parent * row;
    const T* before = memory + parent * width;
    T *gate = opened + node * row, *c = memory + node * width, *q = squashed + node * width, *h = state + node * width;
    for (int64_t j = 0; j < width; j += LANES<T>) {
      const auto sum = [&](int64_t g) {
        return V::loadu(from_token + g * width + j) + V::loadu(from_parent + g * width + j);
      };
      const V i = sigmoid_of(sum(0)), f = sigmoid_of(sum(1)), u = tanh_of(sum(2)), o = sigmoid_of(sum(3));
      const V now = f * V::loadu(before + j) + i * u, wide = tanh_of(now);
      i.store(gate + j), f.store(gate + width + j), u.store(gate + 2 * width + j), o.store(gate + 3 * width + j);
      now.store(c + j), wide.store(q + j), (o * wide).store(h + j);
    }
  }

  void forget(int64_t node, int64_t parent, int64_t token) {
    const T *gate = opened + node * row, *q = squashed + node * width, *before = memory + parent * width;
    const T *d_h = d_state + node * width, *d_c = d_memory + node * width;
    T* d_before = d_memory + parent * width;
    const V one(T(1));
    for (int64_t j = 0; j < width; j += LANES<T>) {
      const auto at = [&](int64_t g) { return V::loadu(gate + g * width + j); };
      const V i = at(0), f = at(1), u = at(2), o = at(3), wide = V::loadu(q + j), by_h = V::loadu(d_h + j);
      const V by_c = V::loadu(d_c + j) + by_h * o * (one - wide * wide);
      (V::loadu(d_before + j) + by_c * f).store(d_before + j);
      const V by[] = {by_c * u * i * (one - i), by_c * V::loadu(before + j) * f * (one - f), by_c * i * (one - u * u),
                      by_h * wide * o * (one - o)};
      for (int64_t g = 0; g < 4; ++g) add(by[g], parent, token, g * width + j);
    }
  }

  void respond(int64_t node, int64_t parent, int64_t token) {
    const T *from_token = read + token * row, *from_parent = recurrent + parent * row;
    for (int64_t j = 0; j < width; j += LANES<T>)
      tanh_of(V::loadu(from_token + j) + V::loadu(from_parent + j)).store(state + node * width + j);
  }

  void unbend(int64_t node, int64_t parent, int64_t token) {
    for (int64_t j = 0; j < width; j += LANES<T>) {
      const V h = V::loadu(state + node * width + j), by_h = V::loadu(d_state + node * width + j);
      add(by_h * (V(T(1)) - h * h), parent, token, j);
    }
  }

  void add(V by, int64_t parent, int64_t token, int64_t j) {
    T *of_token = d_read + token * row + j, *of_parent = d_recurrent + parent * row + j;
    (V::loadu(of_token) + by).store(of_token);
    (V::loadu(of_parent) + by).store(of_parent);
  }
};

}  // namespace
