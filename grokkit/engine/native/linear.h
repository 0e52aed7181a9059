// A linear map whose weight is laid once a step, for both directions, and then used at every position of a sequence.
namespace {

// A square of LANES by LANES numbers.
template <typename T> inline void transpose_square(const T* from, int64_t row, T* to, int64_t to_row) {
  for (int64_t i = 0; i < LANES<T>; ++i)
    for (int64_t j = 0; j < LANES<T>; ++j) to[j * to_row + i] = from[i * row + j];
}
#if defined(CPU_CAPABILITY_AVX2) || defined(CPU_CAPABILITY_AVX512)
template <> inline void transpose_square(const float* from, int64_t row, float* to, int64_t to_row) {
  at::vec::transpose_mxn<float, LANES<float>, LANES<float>>(from, row, to, to_row);
}
#endif

// The stripes of the transpose of b (columns, depth), each in one piece and one after the other. depth fills vectors;
// columns that do not are left as they were beyond their number.
template <typename T> void lay_transposed(const T* b, int64_t depth, int64_t columns, T* laid) {
  stripes<T>(padded<T>(columns), [&](auto width, int64_t j) {
    constexpr int64_t apart = width.value * LANES<T>;
    for (int64_t at = j; at < std::min(j + apart, columns); at += LANES<T>)
      for (int64_t k = 0; k < depth; k += LANES<T>) {
        T* corner = laid + j * depth + k * apart + (at - j);
        if (at + LANES<T> <= columns) {
          transpose_square<T>(b + at * depth + k, depth, corner, apart);
          continue;
        }
        for (int64_t n = 0; n < columns - at; ++n)
          for (int64_t i = 0; i < LANES<T>; ++i) corner[i * apart + n] = b[(at + n) * depth + k + i];
      }
  });
}

// y = x weight^T of a weight (out, in); `in` fills vectors. Rows of x lie `in` apart, and those of y `row`.
template <typename T> class Linear {
 public:
  Linear(const T* weight, int64_t out, int64_t in, int64_t row)
      : weight(weight), in(in), out(out), row(row), laid(in * padded<T>(out)), panel(PANEL * in) {}

  // To be called when the weight has changed: for one product it would not be worth it, a sequence has many.
  void lay_weight() { lay_transposed<T>(weight, in, out, laid); }

  void forward(const T* x, int64_t rows, T* y) const {
    stripes<T>(padded<T>(out), [&](auto width, int64_t j) {
      all_rows<T, width.value>({x, in, 1}, rows, laid + j * in, width.value * LANES<T>, in, y + j, row, nullptr);
    });
  }

  // The gradient by x, from that by y.
  void backward(const T* y, int64_t rows, T* x) const { product<T>({y, row, 1}, rows, weight, in, out, x, in, in); }

  // Calls with(start, numbers) for each row of the gradient by the weight, y^T x.
  template <typename F> void differentiate(const T* y, const T* x, int64_t rows, F with) {
    for (int64_t r = 0; r < out; r += PANEL) {
      const int64_t count = std::min(PANEL, out - r);
      product<T>({y + r, 1, row}, count, x, in, rows, panel, in, in);
      for (int64_t k = 0; k < count; ++k) with((r + k) * in, panel + k * in);
    }
  }

  int64_t size() const { return out * in; }

 private:
  const T* weight;
  const int64_t in, out, row;
  Numbers<T> laid, panel;
};

}  // namespace
