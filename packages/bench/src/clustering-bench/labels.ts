const LETTERS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** Of a cell without a cluster. */
const NONE = '.';

/** Labels as a text of one letter a cell, "." for -1; null for a label that has no letter. */
export function encodeLabels(labels: Int32Array): string | null {
  if (labels.some((label) => label >= LETTERS.length)) return null;
  return Array.from(labels, (label) => LETTERS[label] ?? NONE).join('');
}

/** The labels of {@link encodeLabels}. */
export function decodeLabels(text: string): Int32Array {
  return Int32Array.from(text, (letter) => LETTERS.indexOf(letter));
}
