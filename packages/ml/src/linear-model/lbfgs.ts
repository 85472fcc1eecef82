/** Value of a smooth function at `theta`; the gradient is written into `gradient`. */
export type SmoothFunction = (theta: Float64Array, gradient: Float64Array) => Promise<number>;

/** Options of {@link lbfgs}. */
export interface LbfgsOptions {
  /** Stop when no entry of the gradient is larger than this. */
  readonly tol: number;
  /** Most iterations. */
  readonly maxIter: number;
  /** Called after each iteration. */
  readonly onIteration?: (nIter: number, value: number) => void;
}

/** Result of {@link lbfgs}. */
export interface LbfgsResult {
  readonly theta: Float64Array;
  readonly value: number;
  readonly nIter: number;
  /** Whether the gradient fell below `tol`. */
  readonly converged: boolean;
}

/** A point with its value and gradient. */
interface Point {
  readonly theta: Float64Array;
  readonly value: number;
  readonly gradient: Float64Array;
}

/** Step differences s = theta' - theta and y = gradient' - gradient. */
interface Correction {
  readonly s: Float64Array;
  readonly y: Float64Array;
  readonly rho: number;
}

const HISTORY = 10;
const MAX_LINE_SEARCH = 40;
const ARMIJO = 1e-4;
const CURVATURE = 0.9;
/** Relative noise of a function value whose products were taken in float32. */
const VALUE_NOISE = 1e-7;

/**
 * Minimum of a smooth function by L-BFGS with 10 corrections (Liu & Nocedal, Mathematical
 * Programming 45:503, 1989) and a bisecting line search to the Wolfe conditions. Close to the
 * minimum, where differences of values drown in rounding, the approximate Wolfe conditions of Hager
 * & Zhang (SIAM J. Optim. 16:170, 2005), which look at slopes only, take their place.
 *
 * @param start - starting point, left as it is
 */
export async function lbfgs(
  f: SmoothFunction,
  start: Float64Array,
  options: LbfgsOptions,
): Promise<LbfgsResult> {
  let point = await evaluate(f, start.slice());
  const corrections: Correction[] = [];
  let nIter = 0;
  while (nIter < options.maxIter && largest(point.gradient) > options.tol) {
    let direction = descentDirection(point.gradient, corrections);
    if (dot(direction, point.gradient) >= 0) {
      corrections.length = 0;
      direction = descentDirection(point.gradient, corrections);
    }
    const next = await lineSearch(f, point, direction, corrections.length === 0);
    if (next === undefined) {
      if (corrections.length === 0) break;
      corrections.length = 0;
      continue;
    }
    remember(corrections, point, next);
    point = next;
    nIter += 1;
    options.onIteration?.(nIter, point.value);
  }
  const converged = largest(point.gradient) <= options.tol;
  return { theta: point.theta, value: point.value, nIter, converged };
}

async function evaluate(f: SmoothFunction, theta: Float64Array): Promise<Point> {
  const gradient = new Float64Array(theta.length);
  return { theta, value: await f(theta, gradient), gradient };
}

/** Minus the gradient times the approximate inverse Hessian (two-loop recursion). */
function descentDirection(gradient: Float64Array, corrections: readonly Correction[]) {
  const direction = gradient.map((value) => -value);
  const alphas = new Float64Array(corrections.length);
  for (let c = corrections.length - 1; c >= 0; c--) {
    const { s, y, rho } = corrections[c]!;
    alphas[c] = rho * dot(s, direction);
    addScaled(direction, y, -alphas[c]!);
  }
  const last = corrections.at(-1);
  if (last !== undefined) {
    const scale = 1 / (last.rho * dot(last.y, last.y));
    for (let e = 0; e < direction.length; e++) direction[e]! *= scale;
  }
  corrections.forEach(({ s, y, rho }, c) => {
    addScaled(direction, s, alphas[c]! - rho * dot(y, direction));
  });
  return direction;
}

/** A point that meets the Wolfe conditions, or undefined if none was found. */
async function lineSearch(
  f: SmoothFunction,
  from: Point,
  direction: Float64Array,
  first: boolean,
): Promise<Point | undefined> {
  const slope = dot(direction, from.gradient);
  const noise = VALUE_NOISE * Math.abs(from.value);
  let low = 0;
  let high = Infinity;
  // Without curvature information the first step has length 1 at most.
  let step = first ? Math.min(1, 1 / Math.sqrt(dot(direction, direction))) : 1;
  for (let trial = 0; trial < MAX_LINE_SEARCH; trial++) {
    const theta = from.theta.slice();
    addScaled(theta, direction, step);
    const point = await evaluate(f, theta);
    const newSlope = dot(direction, point.gradient);
    const decrease = point.value - from.value;
    const enough =
      decrease <= ARMIJO * step * slope ||
      (decrease <= noise && newSlope <= (2 * ARMIJO - 1) * slope);
    if (!enough || newSlope > -CURVATURE * slope) high = step;
    else if (newSlope < CURVATURE * slope) low = step;
    else return point;
    step = high === Infinity ? 2 * step : (low + high) / 2;
  }
  return undefined;
}

function remember(corrections: Correction[], from: Point, to: Point): void {
  const s = to.theta.map((value, e) => value - from.theta[e]!);
  const y = to.gradient.map((value, e) => value - from.gradient[e]!);
  const curvature = dot(s, y);
  if (curvature <= 1e-14 * dot(y, y)) return;
  corrections.push({ s, y, rho: 1 / curvature });
  if (corrections.length > HISTORY) corrections.shift();
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let e = 0; e < a.length; e++) sum += a[e]! * b[e]!;
  return sum;
}

function addScaled(target: Float64Array, source: Float64Array, factor: number): void {
  for (let e = 0; e < target.length; e++) target[e]! += factor * source[e]!;
}

/** Largest absolute value; NaN if there is a NaN, which must not look like convergence. */
function largest(values: Float64Array): number {
  let most = 0;
  for (const value of values) {
    if (Number.isNaN(value)) return NaN;
    most = Math.max(most, Math.abs(value));
  }
  return most;
}
