/** Logistic function. */
export function sigmoid(score: number): number {
  return 1 / (1 + Math.exp(-score));
}

/** Softmax of each row of k scores. */
export function softmaxRows(scores: Float32Array, k: number): Float32Array {
  const out = new Float32Array(scores.length);
  for (let at = 0; at < scores.length; at += k) {
    const row = scores.subarray(at, at + k);
    const most = row.reduce((largest, score) => Math.max(largest, score), -Infinity);
    const sum = row.reduce((total, score) => total + Math.exp(score - most), 0);
    for (let c = 0; c < k; c++) out[at + c] = Math.exp(row[c]! - most) / sum;
  }
  return out;
}

/**
 * Logistic function of each score over their sum in the row, the way one-vs-rest scores become
 * probabilities; equal ones where all of them underflow.
 */
export function sigmoidRows(scores: Float32Array, k: number): Float32Array {
  const out = new Float32Array(scores.length);
  for (let at = 0; at < scores.length; at += k) {
    let sum = 0;
    for (let c = 0; c < k; c++) sum += sigmoid(scores[at + c]!);
    for (let c = 0; c < k; c++) out[at + c] = sum > 0 ? sigmoid(scores[at + c]!) / sum : 1 / k;
  }
  return out;
}

/** Scores of both of two classes, [-s, s] for each score s. */
export function bothClasses(scores: Float32Array): Float32Array {
  return Float32Array.from({ length: 2 * scores.length }, (_, e) =>
    e % 2 === 0 ? -scores[e >> 1]! : scores[e >> 1]!,
  );
}
