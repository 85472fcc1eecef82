const { exp, log } = Math;

/** Similarity 1 / (1 + a d^(2b)) of two points at distance d in the picture. */
export interface SimilarityCurve {
  readonly a: number;
  readonly b: number;
}

const POINTS = 300;
const MOST_STEPS = 200;

/**
 * a and b for which 1 / (1 + a d^(2b)) is closest, by least squares at 300 points up to 3 `spread`,
 * to 1 up to `minDist` and exp(-(d - minDist) / spread) beyond (McInnes, Healy & Melville, 2018),
 * found by Levenberg and Marquardt's method in log a and log b, which keeps both positive.
 */
export function fitSimilarityCurve(minDist: number, spread: number): SimilarityCurve {
  const distances = Float64Array.from(
    { length: POINTS },
    (_, i) => (3 * spread * i) / (POINTS - 1),
  );
  const target = distances.map((d) => (d < minDist ? 1 : exp(-(d - minDist) / spread)));
  let curve: SimilarityCurve = { a: 1, b: 1 };
  let state = normalEquations(curve, distances, target);
  let damping = 1e-3;
  for (let step = 0; step < MOST_STEPS; step++) {
    const [da, db] = dampedStep(state, damping);
    const candidate = { a: curve.a * exp(da), b: curve.b * exp(db) };
    const next = normalEquations(candidate, distances, target);
    if (next.loss < state.loss) {
      const gain = state.loss - next.loss;
      [curve, state] = [candidate, next];
      damping /= 10;
      if (gain <= 1e-15 * state.loss) break;
    } else {
      damping *= 10;
      if (damping > 1e12) break;
    }
  }
  return curve;
}

/** Sum of squares with J^T J and J^T r of the residuals by log a and log b. */
interface NormalEquations {
  readonly loss: number;
  readonly aa: number;
  readonly ab: number;
  readonly bb: number;
  readonly ra: number;
  readonly rb: number;
}

function normalEquations(
  { a, b }: SimilarityCurve,
  distances: Float64Array,
  target: Float64Array,
): NormalEquations {
  let [loss, aa, ab, bb, ra, rb] = [0, 0, 0, 0, 0, 0];
  distances.forEach((d, i) => {
    // At distance 0 the curve is 1 whatever a and b are.
    const power = d > 0 ? a * d ** (2 * b) : 0;
    const value = 1 / (1 + power);
    const residual = value - target[i]!;
    const slope = -value * value * power;
    const byB = d > 0 ? slope * 2 * b * log(d) : 0;
    loss += residual * residual;
    aa += slope * slope;
    ab += slope * byB;
    bb += byB * byB;
    ra += slope * residual;
    rb += byB * residual;
  });
  return { loss, aa, ab, bb, ra, rb };
}

function dampedStep({ aa, ab, bb, ra, rb }: NormalEquations, damping: number): [number, number] {
  const [x, y] = [aa * (1 + damping), bb * (1 + damping)];
  const determinant = x * y - ab * ab;
  if (!(determinant > 0)) return [0, 0];
  return [(-y * ra + ab * rb) / determinant, (ab * ra - x * rb) / determinant];
}
