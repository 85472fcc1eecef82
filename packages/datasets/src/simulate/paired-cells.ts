import type { Rng } from '@dance-ts/core';
import type { PairedValues } from './paired-params.js';

/** Phases of the cell cycle, in the order of their codes. */
export const PHASES = ['G1', 'S', 'G2M'] as const;

/** Latent states of simulated cells and what goes with them. */
export interface PairedCells {
  readonly types: Int32Array;
  readonly batches: Int32Array;
  /** Latent state, cells x factors, row-major. */
  readonly states: Float64Array;
  readonly sScores: Float64Array;
  readonly g2mScores: Float64Array;
  /** Place of {@link PHASES}. */
  readonly phases: Int32Array;
  /** Place along the trajectory, 0 to 1; NaN off it. */
  readonly pseudotime: Float64Array;
}

/** The second phase lags behind the first by so many radians. */
const G2M_LAG = 2;

/** Draws types, batches (in blocks of cells) and latent states. */
export function drawPairedCells(values: PairedValues, rng: Rng): PairedCells {
  const { nCells, nTypes, nLineages, nFactors, nBatches, cellSd, trajectoryLength } = values;
  const centers = typeCenters(values, rng.fork('types'));
  const types = drawTypes(nCells, nTypes, rng.fork('weights'), rng.fork('cells'));
  const batches = Int32Array.from({ length: nCells }, (_, i) =>
    Math.floor((i * nBatches) / nCells),
  );
  const direction = unitVector(nFactors, rng.fork('direction'));
  const [time, noise, cycle] = [rng.fork('pseudotime'), rng.fork('noise'), rng.fork('cycle')];
  const states = new Float64Array(nCells * nFactors);
  const pseudotime = new Float64Array(nCells).fill(NaN);
  const sScores = new Float64Array(nCells);
  const g2mScores = new Float64Array(nCells);
  for (let i = 0; i < nCells; i++) {
    const lineage = types[i]! % nLineages;
    const place = time.uniform();
    const moves = trajectoryLength > 0 && lineage === 0;
    if (moves) pseudotime[i] = place;
    for (let f = 0; f < nFactors; f++) {
      const shift = moves ? place * trajectoryLength * direction[f]! : 0;
      states[i * nFactors + f] =
        centers[types[i]! * nFactors + f]! + shift + cellSd * noise.normal();
    }
    const angle = 2 * Math.PI * cycle.uniform();
    // The cells of the last lineage divide.
    if (lineage !== nLineages - 1) continue;
    sScores[i] = Math.max(0, Math.sin(angle));
    g2mScores[i] = Math.max(0, Math.sin(angle - G2M_LAG));
  }
  const phases = sScores.map((s, i) =>
    s === 0 && g2mScores[i] === 0 ? 0 : s >= g2mScores[i]! ? 1 : 2,
  );
  return {
    ...{ types, batches, states, sScores, g2mScores, pseudotime },
    phases: Int32Array.from(phases),
  };
}

/** Centers of the types, types x factors: each around its lineage. */
function typeCenters(values: PairedValues, rng: Rng): Float64Array {
  const { nTypes, nLineages, nFactors, lineageSd, typeSd } = values;
  const lineages = Float64Array.from(
    { length: nLineages * nFactors },
    () => lineageSd * rng.normal(),
  );
  return Float64Array.from({ length: nTypes * nFactors }, (_, e) => {
    const lineage = Math.floor(e / nFactors) % nLineages;
    return lineages[lineage * nFactors + (e % nFactors)]! + typeSd * rng.normal();
  });
}

function drawTypes(nCells: number, nTypes: number, weighing: Rng, drawing: Rng): Int32Array {
  const weights = Array.from({ length: nTypes }, () => weighing.gamma(2));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return Int32Array.from({ length: nCells }, () => {
    let rest = drawing.uniform() * total;
    const type = weights.findIndex((weight) => (rest -= weight) < 0);
    return type < 0 ? nTypes - 1 : type;
  });
}

function unitVector(n: number, rng: Rng): Float64Array {
  const vector = Float64Array.from({ length: n }, () => rng.normal());
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}
