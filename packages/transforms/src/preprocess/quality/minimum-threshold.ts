const N_BINS = 256;
const MAX_ROUNDS = 10000;

/**
 * The value of fewest counts between the two modes of a distribution: its histogram of 256 bins is
 * smoothed by means of three until two maxima are left.
 *
 * Source: Prewitt & Mendelsohn, Ann. N. Y. Acad. Sci. 128, 1966; scikit-image threshold_minimum.
 *
 * @param values - finite
 * @returns the center of the bin; undefined if there are no two modes
 */
export function minimumThreshold(values: Float64Array): number | undefined {
  if (values.length === 0) return undefined;
  const low = values.reduce((least, value) => Math.min(least, value), Infinity);
  const high = values.reduce((most, value) => Math.max(most, value), -Infinity);
  if (!(high > low)) return undefined;
  const width = (high - low) / N_BINS;
  let counts = histogram(values, low, width);
  for (let round = 0; round < MAX_ROUNDS; round++) {
    counts = smoothed(counts);
    const maxima = localMaxima(counts);
    if (maxima.length > 2) continue;
    const [first, second] = maxima;
    if (first === undefined || second === undefined) return undefined;
    let lowest = first;
    for (let b = first; b <= second; b++) if (counts[b]! < counts[lowest]!) lowest = b;
    return low + (lowest + 0.5) * width;
  }
  return undefined;
}

function histogram(values: Float64Array, low: number, width: number): Float64Array {
  const counts = new Float64Array(N_BINS);
  for (const value of values) {
    counts[Math.min(N_BINS - 1, Math.floor((value - low) / width))]! += 1;
  }
  return counts;
}

/** Means of three; the ends are repeated. */
function smoothed(counts: Float64Array): Float64Array {
  const last = counts.length - 1;
  return counts.map(
    (count, b) => (counts[Math.max(0, b - 1)]! + count + counts[Math.min(last, b + 1)]!) / 3,
  );
}

/** Where the counts stop rising and fall; a plateau counts once, at its end. */
function localMaxima(counts: Float64Array): number[] {
  const maxima: number[] = [];
  let rising = true;
  for (let b = 0; b + 1 < counts.length; b++) {
    if (rising && counts[b + 1]! < counts[b]!) {
      rising = false;
      maxima.push(b);
    } else if (!rising && counts[b + 1]! > counts[b]!) {
      rising = true;
    }
  }
  return maxima;
}
