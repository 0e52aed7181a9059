// What makes a gate of a sum.
namespace {

// 2^n e^r with |r| <= log(2) / 2, and e^r by its series: relative error 1e-7. Beyond 87 it stays what it is there; NaN
// stays NaN. The one of PyTorch is a call, before which all vectors in registers go to memory.
inline Vec<float> exp_of(Vec<float> x) {
  const Vec<float> bounded = at::vec::clamp(x, Vec<float>(-87.f), Vec<float>(87.f));
  const Vec<float> n = (bounded * Vec<float>(1.44269504f)).round();
  Vec<float> r = at::vec::fmadd(n, Vec<float>(-0.693145752f), bounded);  // log(2) in two parts, the first without its
  r = at::vec::fmadd(n, Vec<float>(-1.42860677e-6f), r);                 // last bits: its product with n is exact
  Vec<float> p(1.f / 720);
  for (float c : {1.f / 120, 1.f / 24, 1.f / 6, 0.5f, 1.f, 1.f}) p = at::vec::fmadd(p, r, Vec<float>(c));
  const Vec<int32_t> exponent = at::vec::convert_to_int_of_same_size(n) + Vec<int32_t>(127);
  return p * at::vec::cast<float>(exponent << Vec<int32_t>(23));
}
inline Vec<double> exp_of(Vec<double> x) { return x.exp(); }

// |x| < 0.625: an odd polynomial fitted to tanh (relative error 4e-9); beyond: 1 - 2 / (exp(2 |x|) + 1).
inline Vec<float> tanh_of(Vec<float> x) {
  const Vec<float> one(1.f), two(2.f), size = x.abs(), u = x * x;
  Vec<float> p(-0.00571704383f);
  for (float c : {0.02065058629f, -0.05374349781f, 0.1333149128f, -0.3333328393f})
    p = at::vec::fmadd(p, u, Vec<float>(c));
  const Vec<float> small = at::vec::fmadd(p * u, x, x), large = one - two / (exp_of(two * size) + one);
  const Vec<float> signed_large = Vec<float>::blendv(large, large.neg(), x < Vec<float>(0.f));
  return Vec<float>::blendv(signed_large, small, size < Vec<float>(0.625f));
}
inline Vec<double> tanh_of(Vec<double> x) { return x.tanh(); }

template <typename T> inline Vec<T> sigmoid_of(Vec<T> x) {
  const Vec<T> one(T(1));
  return one / (one + exp_of(x.neg()));
}

}  // namespace
