/**
 * WGSL functions of the negative binomial in float32. There is no float64 on a GPU, so the large
 * logarithms of gamma functions are never formed: they are subtracted in Stirling's series (Abramowitz
 * and Stegun 6.1.41 and 6.3.18), term by term, as logarithms of ratios. Where an argument is below 8,
 * it is shifted up by 8 first (6.1.15).
 */
export const ZINB_FUNCTIONS = /* wgsl */ `
const EPSILON = 1e-10;
const ZERO_LIMIT = 1e-8;
const HALF_LOG_TWO_PI = 0.9189385332046727;
const STIRLING_FROM = 8.0;
const SHIFT = 8.0;

// log(1 + r) for -1/2 <= r <= 1/2 by the series of 2 atanh(r / (2 + r)).
fn log1pSmall(r : f32) -> f32 {
  let s = r / (2.0 + r);
  let q = s * s;
  let tail = q * (1.0 / 3.0 + q * (1.0 / 5.0 + q * (1.0 / 7.0 + q * (1.0 / 9.0
    + q * (1.0 / 11.0 + q * (1.0 / 13.0))))));
  return 2.0 * s * (1.0 + tail);
}

// log(a / b) for a, b > 0, given a - b, exact also where a is close to b.
fn logRatio(a : f32, b : f32, difference : f32) -> f32 {
  let r = difference / b;
  if (abs(r) <= 0.5) { return log1pSmall(r); }
  return log(a / b);
}

fn log1pOf(r : f32) -> f32 {
  return logRatio(1.0 + r, 1.0, r);
}

// What Stirling's series adds to (y - 1/2) log y - y + log(2 pi) / 2.
fn stirlingTail(y : f32) -> f32 {
  let inverse = 1.0 / y;
  let square = inverse * inverse;
  return inverse * (1.0 / 12.0 - square * (1.0 / 360.0 - square * (1.0 / 1260.0)));
}

// What the digamma function takes from log y - 1 / (2 y).
fn digammaTail(y : f32) -> f32 {
  let square = 1.0 / (y * y);
  return square * (1.0 / 12.0 - square * (1.0 / 120.0 - square * (1.0 / 252.0)));
}

// log of Gamma(x + 1 + SHIFT) / Gamma(x + 1).
fn logRising(x : f32) -> f32 {
  var low = 1.0;
  var high = 1.0;
  for (var i = 1.0; i <= 4.0; i += 1.0) {
    low *= x + i;
    high *= x + i + 4.0;
  }
  return log(low) + log(high);
}

fn logFactorialSmall(x : f32) -> f32 {
  let y = x + 1.0 + SHIFT;
  return (y - 0.5) * log(y) - y + HALF_LOG_TWO_PI + stirlingTail(y) - logRising(x);
}

// log Gamma(x + 1) for x >= 0.
fn logFactorial(x : f32) -> f32 {
  if (x < STIRLING_FROM) { return logFactorialSmall(x); }
  let y = x + 1.0;
  return (y - 0.5) * log(y) - y + HALF_LOG_TWO_PI + stirlingTail(y);
}

// log Gamma(x + 1) + x - x log(large + x) + x log(1 + t / m), with the large parts cancelled.
fn countTerms(x : f32, m : f32, t : f32, large : f32) -> f32 {
  if (x < STIRLING_FROM) {
    return logFactorialSmall(x) + x + x * (log((m + t) / m) - log(large + x));
  }
  let ratios = logRatio(m + t, m, t) - logRatio(large + x, x + 1.0, large - 1.0);
  return x * ratios + 0.5 * log(x + 1.0) + HALF_LOG_TWO_PI - 1.0 + stirlingTail(x + 1.0);
}

// Loss, and derivative by t, of a count above 0 where t >= STIRLING_FROM.
fn countLargeDispersion(x : f32, m : f32, t : f32) -> vec2<f32> {
  let both = logRatio(t + m, t + x, m - x);
  var loss = t * both + 0.5 * logRatio(t + x, t, x) + stirlingTail(t) - stirlingTail(t + x);
  if (x < STIRLING_FROM) {
    loss += countTerms(x, m, t, t);
  } else {
    loss += x * (both - logRatio(m, x + 1.0, m - x - 1.0));
    loss += 0.5 * log(x + 1.0) + HALF_LOG_TWO_PI - 1.0 + stirlingTail(x + 1.0);
  }
  let halves = 0.5 * x / (t * (t + x));
  let slope = both - halves - digammaTail(t) + digammaTail(t + x) + (x - m) / (t + m);
  return vec2<f32>(loss, slope);
}

// The same where t is below.
fn countSmallDispersion(x : f32, m : f32, t : f32) -> vec2<f32> {
  let large = t + SHIFT;
  let byCount = logRatio(large + x, large, x);
  let byMean = logRatio(t + m, t, m);
  var shiftLog = 0.0;
  var shiftSlope = 0.0;
  for (var i = 0.0; i < SHIFT; i += 1.0) {
    shiftLog += logRatio(x + t + i, t + i, x);
    shiftSlope += x / ((t + i) * (x + t + i));
  }
  let gammas = shiftLog - (large - 0.5) * byCount + stirlingTail(large) - stirlingTail(large + x);
  let loss = gammas + t * byMean + countTerms(x, m, t, large);
  let digammas = -byCount - 0.5 * x / (large * (large + x)) - digammaTail(large)
    + digammaTail(large + x) - shiftSlope;
  return vec2<f32>(loss, digammas + byMean + (x - m) / (t + m));
}

// Loss and its derivatives by m and t.
fn negativeBinomial(x : f32, m : f32, t : f32) -> vec3<f32> {
  let share = t / (t + m);
  if (x <= ZERO_LIMIT) {
    let ratio = logRatio(t + m, t, m);
    return vec3<f32>(t * ratio, share, ratio - m / (t + m));
  }
  var terms = vec2<f32>(0.0, 0.0);
  if (t >= STIRLING_FROM) {
    terms = countLargeDispersion(x, m, t);
  } else {
    terms = countSmallDispersion(x, m, t);
  }
  return vec3<f32>(terms.x, share * ((m - x) / m), terms.y);
}

// Loss and its derivatives by m, t and p, the probability of a dropout; q = 1 - p.
fn zeroInflated(x : f32, nb : vec3<f32>, p : f32, q : f32) -> vec4<f32> {
  if (x > ZERO_LIMIT) {
    let kept = q + EPSILON;
    return vec4<f32>(nb.x - log(kept), nb.y, nb.z, 1.0 / kept);
  }
  let zero = exp(-nb.x);
  let total = p + q * zero + EPSILON;
  let weight = q * zero / total;
  return vec4<f32>(-log(total), weight * nb.y, weight * nb.z, (zero - 1.0) / total);
}

// A value kept within bounds, with its slope.
fn bounded(value : f32, slope : f32, low : f32, high : f32) -> vec2<f32> {
  if (value < low) { return vec2<f32>(low, 0.0); }
  if (value > high) { return vec2<f32>(high, 0.0); }
  return vec2<f32>(value, slope);
}

fn clampedExp(a : f32) -> vec2<f32> {
  if (isnan(a)) { return vec2<f32>(a, a); }
  let value = exp(clamp(a, -20.0, 20.0));
  return bounded(value, value, 1e-5, 1e6);
}

fn clampedSoftplus(a : f32) -> vec2<f32> {
  if (isnan(a)) { return vec2<f32>(a, a); }
  let value = max(a, 0.0) + log1pOf(exp(-min(abs(a), 80.0)));
  return bounded(value, logistic(a).x, 1e-4, 1e4);
}

// 1 / (1 + exp(-a)), 1 minus it without cancellation, and its slope.
fn logistic(a : f32) -> vec3<f32> {
  let small = exp(-min(abs(a), 80.0));
  let nearOne = 1.0 / (1.0 + small);
  let nearZero = small * nearOne;
  let isPositive = a >= 0.0;
  return vec3<f32>(
    select(nearZero, nearOne, isPositive),
    select(nearOne, nearZero, isPositive),
    nearZero * nearOne,
  );
}
`;
