import type { CsrMatrix, Pacer, Rng } from '@dance-ts/core';
import { CsrBuilder } from './csr-builder.js';
import { randomFields } from './random-field.js';
import type { SpatialValues } from './spatial-params.js';
import type { Tissue } from './spatial-tissue.js';

// Looked up once: in a sandbox such as a test runner's, each look-up of a global is slow.
const { exp } = Math;

/** Median RNA content of a cell type. */
const RNA_CONTENT = 3000;
/** Smooth fields that expression varies with. */
const N_FIELDS = 5;

/** What the cells of each type express. */
export interface CellModel {
  /** Shares of the genes, types x genes, row-major; each row sums to 1. */
  readonly profiles: Float64Array;
  /** RNA content of each type. */
  readonly contents: Float64Array;
}

/** Draws the profiles of the types: shared base means, small effects, and markers. */
export function drawCellModel(values: SpatialValues, rng: Rng): CellModel {
  const { nTypes, nGenes, nMark, lfc } = values;
  const base = rng.fork('base');
  const means = Float64Array.from({ length: nGenes }, () => exp(base.normal()));
  const effects = rng.fork('effects');
  const profiles = new Float64Array(nTypes * nGenes);
  for (let t = 0; t < nTypes; t++) {
    const row = profiles.subarray(t * nGenes, (t + 1) * nGenes);
    for (let g = 0; g < nGenes; g++) row[g] = means[g]! * exp(0.1 * effects.normal());
    const markers = rng.fork(`markers-${t}`);
    for (const gene of markers.permutation(nGenes).subarray(0, nMark)) {
      row[gene]! *= exp(Math.abs(lfc + 0.4 * markers.normal()));
    }
    const total = row.reduce((sum, value) => sum + value, 0);
    for (let g = 0; g < nGenes; g++) row[g]! /= total;
  }
  const content = rng.fork('content');
  const contents = Float64Array.from(
    { length: nTypes },
    () => RNA_CONTENT * exp(0.35 * content.normal()),
  );
  return { profiles, contents };
}

/** Counts of reference cells, `refPerType` of each type in turn. */
export async function countReference(
  values: SpatialValues,
  model: CellModel,
  rng: Rng,
  pacer: Pacer,
): Promise<CsrMatrix> {
  const { nTypes, nGenes, refPerType } = values;
  const counts = new CsrBuilder(nTypes * refPerType, nGenes);
  const rates = new Float64Array(nGenes);
  for (let cell = 0; cell < nTypes * refPerType; cell++) {
    await pacer.tick();
    rates.fill(0);
    addCell(rates, values, model, Math.floor(cell / refPerType), rng);
    for (let g = 0; g < nGenes; g++) counts.push(g, rng.poisson(rates[g]!));
    counts.endRow();
  }
  return counts.build();
}

/** Adds the rates of a new cell: overdispersed around its type's profile times its RNA content. */
function addCell(
  rates: Float64Array,
  { nGenes, dispersion }: SpatialValues,
  { profiles, contents }: CellModel,
  type: number,
  rng: Rng,
): void {
  const content = contents[type]! * exp(0.25 * rng.normal());
  for (let g = 0; g < nGenes; g++) {
    rates[g]! += rng.gamma(1 / dispersion, dispersion) * content * profiles[type * nGenes + g]!;
  }
}

/** What the spots are made of. */
export interface SpotCounts {
  readonly X: CsrMatrix;
  /** Cells of each type, spots x types, row-major. */
  readonly cells: Int32Array;
}

/**
 * Counts of spots: new cells of the types drawn for each, their rates changed by layer and place,
 * added up and captured in part. Thinned Poisson counts are Poisson counts of the thinned rate, so
 * one draw for a spot and gene does for all its cells and the capture.
 */
export async function countSpots(
  values: SpatialValues,
  tissue: Tissue,
  model: CellModel,
  rng: Rng,
  pacer: Pacer,
): Promise<SpotCounts> {
  const { nGenes, nTypes, targetUmi } = values;
  const nSpots = tissue.layers.length;
  const cells = drawCells(values, tissue, rng.fork('cells'));
  const change = drawPlaceEffects(values, tissue, rng);
  const platform = rng.fork('platform');
  const geneCapture = Float64Array.from({ length: nGenes }, () =>
    exp(values.platformSd * platform.normal()),
  );
  const capture = rng.fork('capture');
  const spotCapture = Float64Array.from({ length: nSpots }, () =>
    exp(values.spotSd * capture.normal()),
  );
  const rates = new Float32Array(nSpots * nGenes);
  const expression = rng.fork('expression');
  const spot = new Float64Array(nGenes);
  let sum = 0;
  for (let s = 0; s < nSpots; s++) {
    await pacer.tick();
    spot.fill(0);
    for (let t = 0; t < nTypes; t++) {
      for (let c = 0; c < cells[s * nTypes + t]!; c++) addCell(spot, values, model, t, expression);
    }
    for (let g = 0; g < nGenes; g++) {
      const rate = spot[g]! * change(s, g);
      rates[s * nGenes + g] = rate;
      sum += rate;
    }
  }
  const share = (targetUmi * nSpots) / sum;
  const counting = rng.fork('counts');
  const counts = new CsrBuilder(nSpots, nGenes);
  for (let s = 0; s < nSpots; s++) {
    await pacer.tick();
    for (let g = 0; g < nGenes; g++) {
      const kept = Math.min(1, spotCapture[s]! * geneCapture[g]! * share);
      counts.push(g, counting.poisson(rates[s * nGenes + g]! * kept));
    }
    counts.endRow();
  }
  return { X: counts.build(), cells };
}

/** How many cells of each type a spot has: at least one in all, multinomial by its proportions. */
function drawCells(
  { cellsMean, nTypes }: SpatialValues,
  { layers, proportions }: Tissue,
  rng: Rng,
): Int32Array {
  const cells = new Int32Array(layers.length * nTypes);
  for (let s = 0; s < layers.length; s++) {
    const n = 1 + rng.poisson(cellsMean - 1);
    for (let c = 0; c < n; c++) {
      let rest = rng.uniform();
      let type = 0;
      while (type < nTypes - 1 && (rest -= proportions[s * nTypes + type]!) >= 0) type += 1;
      cells[s * nTypes + type]! += 1;
    }
  }
  return cells;
}

/** Factor on the rate of a gene at a spot: of its layer for some genes, and of its place for all. */
function drawPlaceEffects(
  { nGenes, nLayers, domGenes, betaSd, smoothSd, ell }: SpatialValues,
  { x, y, layers }: Tissue,
  rng: Rng,
): (spot: number, gene: number) => number {
  const layerStream = rng.fork('layer-genes');
  const affected = layerStream.permutation(nGenes).subarray(0, Math.round(domGenes * nGenes));
  const layerOf = new Int32Array(nGenes).fill(-1);
  const effects = new Float64Array(nGenes);
  for (const gene of affected) {
    layerOf[gene] = layerStream.int(nLayers);
    effects[gene] = betaSd * layerStream.normal();
  }
  const fields = randomFields(x, y, ell, N_FIELDS, rng.fork('fields'));
  const mixing = rng.fork('mixing');
  const weights = Float64Array.from(
    { length: nGenes * N_FIELDS },
    () => mixing.normal() / Math.sqrt(N_FIELDS),
  );
  return (spot, gene) => {
    let smooth = 0;
    for (let f = 0; f < N_FIELDS; f++) {
      smooth += fields[spot * N_FIELDS + f]! * weights[gene * N_FIELDS + f]!;
    }
    const ofLayer = layerOf[gene] === layers[spot] ? effects[gene]! : 0;
    return exp(ofLayer + smoothSd * smooth);
  };
}
