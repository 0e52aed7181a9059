// Products of small matrices, a few rows and vectors at a time in registers.
//
// A stripe is as many vectors of columns of the right factor as the registers hold. Where its rows lie far apart it is
// first laid in one piece, which then stays in the cache. Every number is summed in the same order wherever it stands:
// what stands beside it changes none of its bits.
#include <ATen/cpu/vec/vec.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <type_traits>

namespace {

template <typename T> using Vec = at::vec::Vectorized<T>;
template <typename T> constexpr int64_t LANES = Vec<T>::size();

// The widest stripe, in vectors, and the rows of a block of each width: what the registers hold, with eight sums or
// more on their way at once.
#if defined(CPU_CAPABILITY_AVX512)
constexpr int WIDEST = 4, ROWS[] = {0, 12, 10, 8, 5};
#else
constexpr int WIDEST = 3, ROWS[] = {0, 8, 5, 4};
#endif

constexpr int64_t PANEL = 20;  // rows of a weight's gradient that are used as soon as they are there

template <typename T> int64_t padded(int64_t numbers) { return (numbers + LANES<T> - 1) / LANES<T> * LANES<T>; }

// Zeros that begin where a cache line does.
template <typename T> struct Numbers {
  std::unique_ptr<T, decltype(&std::free)> held;
  explicit Numbers(int64_t count) : held(static_cast<T*>(std::aligned_alloc(64, bytes(count))), &std::free) {
    std::memset(held.get(), 0, bytes(count));
  }
  static size_t bytes(int64_t count) { return (count * sizeof(T) + 63) / 64 * 64; }
  operator T*() const { return held.get(); }
};

// Where a matrix begins, and how far apart its rows and its columns lie.
template <typename T> struct Matrix {
  const T* at;
  int64_t row, column;
  Matrix from_row(int64_t r) const { return {at + r * row, row, column}; }
};

// Loaded once for all rows: the compiler would load it again for each, and loads are what is short.
template <typename T> inline Vec<T> held(const T* at) {
#if defined(CPU_CAPABILITY_AVX2) || defined(CPU_CAPABILITY_AVX512)
  typedef T Register __attribute__((vector_size(sizeof(T) * LANES<T>)));
  Register x = Vec<T>::loadu(at);
  asm("" : "+v"(x));
  return Vec<T>(x);
#else
  return Vec<T>::loadu(at);
#endif
}

// R rows of a stripe of C vectors, whose own rows lie `apart`.
template <typename T, int R, int C>
inline void block(Matrix<T> a, const T* stripe, int64_t apart, int64_t depth, T* out, int64_t out_row, const T* start) {
  Vec<T> sum[R][C];
#pragma GCC unroll 12
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 4
    for (int c = 0; c < C; ++c) sum[r][c] = Vec<T>(start ? start[r] : T(0));
  for (int64_t k = 0; k < depth; ++k, stripe += apart) {
    Vec<T> b[C];
#pragma GCC unroll 4
    for (int c = 0; c < C; ++c) b[c] = held(stripe + c * LANES<T>);
#pragma GCC unroll 12
    for (int r = 0; r < R; ++r) {
      const Vec<T> x(a.at[r * a.row + k * a.column]);
#pragma GCC unroll 4
      for (int c = 0; c < C; ++c) sum[r][c] = at::vec::fmadd(x, b[c], sum[r][c]);
    }
  }
#pragma GCC unroll 12
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 4
    for (int c = 0; c < C; ++c) sum[r][c].store(out + r * out_row + c * LANES<T>);
}

// What remains of the rows, fewer than a whole block: at most R.
template <typename T, int R, int C, typename... Rest> inline void last_block(int64_t rows, Rest... rest) {
  if constexpr (R > 0) {
    if (rows == R)
      block<T, R, C>(rest...);
    else
      last_block<T, R - 1, C>(rows, rest...);
  }
}

// All rows of a stripe of C vectors.
template <typename T, int C>
void all_rows(Matrix<T> a, int64_t rows, const T* stripe, int64_t apart, int64_t depth, T* out, int64_t out_row,
              const T* start) {
  constexpr int R = ROWS[C];
  for (; rows >= R; rows -= R) {
    block<T, R, C>(a, stripe, apart, depth, out, out_row, start);
    a = a.from_row(R);
    out += R * out_row;
    if (start) start += R;
  }
  last_block<T, R - 1, C>(rows, a, stripe, apart, depth, out, out_row, start);
}

// Calls with(width, j) for every stripe: how many vectors it has, and the column where it begins. Columns fill vectors.
template <typename T, typename F> inline void stripes(int64_t columns, F with) {
  for (int64_t j = 0; j < columns;) {
    const int64_t left = (columns - j) / LANES<T>;
    const auto next = [&](auto width) {
      with(width, j);
      j += width.value * LANES<T>;
    };
    if (WIDEST == 4 && left >= 4)
      next(std::integral_constant<int, WIDEST>());
    else if (left == 3 || left >= 5)
      next(std::integral_constant<int, 3>());
    else if (left >= 2)
      next(std::integral_constant<int, 2>());
    else
      next(std::integral_constant<int, 1>());
  }
}

// out (rows, columns) = a (rows, depth) b (depth, columns). b's columns lie side by side, and fill vectors.
template <typename T>
void product(Matrix<T> a, int64_t rows, const T* b, int64_t b_row, int64_t depth, T* out, int64_t out_row,
             int64_t columns) {
  stripes<T>(columns, [&](auto width, int64_t j) {
    all_rows<T, width.value>(a, rows, b + j, b_row, depth, out + j, out_row, nullptr);
  });
}

template <typename T, int C> void lay_stripe(const T* b, int64_t b_row, int64_t depth, T* laid) {
  for (int64_t k = 0; k < depth; ++k)
    for (int c = 0; c < C; ++c) Vec<T>::loadu(b + k * b_row + c * LANES<T>).store(laid + (k * C + c) * LANES<T>);
}

// The same + start, which has one number a row or is null. `laid` has room for WIDEST vectors by depth.
template <typename T>
void product_laying(Matrix<T> a, int64_t rows, const T* b, int64_t b_row, int64_t depth, T* out, int64_t out_row,
                    int64_t columns, const T* start, T* laid) {
  stripes<T>(columns, [&](auto width, int64_t j) {
    lay_stripe<T, width.value>(b + j, b_row, depth, laid);
    all_rows<T, width.value>(a, rows, laid, width.value * LANES<T>, depth, out + j, out_row, start);
  });
}

}  // namespace
