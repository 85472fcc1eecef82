import { textWidth } from '../render/text-width.js';

/** A text centered at a place, in pixels. */
export interface PlacedLabel {
  readonly text: string;
  x: number;
  y: number;
}

const LINE = 1.25;
const ROUNDS = 200;

/**
 * Moves labels apart, as little as needed, until none covers another, and into the picture.
 *
 * @param labels - wanted places; changed in place
 * @param fontSize - in pixels, bold
 */
export function placeLabels(
  labels: readonly PlacedLabel[],
  fontSize: number,
  width: number,
  height: number,
): void {
  const widths = labels.map((label) => textWidth(label.text, fontSize, 600) + 4);
  const line = fontSize * LINE;
  for (let round = 0; round < ROUNDS; round++) {
    let moved = false;
    for (let a = 0; a < labels.length; a++) {
      for (let b = a + 1; b < labels.length; b++) {
        if (separate(labels[a]!, labels[b]!, (widths[a]! + widths[b]!) / 2, line)) moved = true;
      }
    }
    labels.forEach((label, i) => {
      label.x = clamp(label.x, widths[i]! / 2, width - widths[i]! / 2);
      label.y = clamp(label.y, line / 2, height - line / 2);
    });
    if (!moved) return;
  }
}

/** Pushes two labels apart along the shorter way; false if they do not meet. */
function separate(a: PlacedLabel, b: PlacedLabel, width: number, line: number): boolean {
  const overX = width - Math.abs(a.x - b.x);
  const overY = line - Math.abs(a.y - b.y);
  if (overX <= 0.01 || overY <= 0.01) return false;
  if (overY <= overX) {
    const shift = (a.y <= b.y ? overY : -overY) / 2;
    a.y -= shift;
    b.y += shift;
  } else {
    const shift = (a.x <= b.x ? overX : -overX) / 2;
    a.x -= shift;
    b.x += shift;
  }
  return true;
}

function clamp(value: number, low: number, high: number): number {
  return low > high ? (low + high) / 2 : Math.min(high, Math.max(low, value));
}
