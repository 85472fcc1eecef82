import { metricNamed, SHARE, type MetricInfo } from '../metric.js';
import { foscttmOfScores } from './foscttm.js';
import { matchingProbability, pairingRanking, topKMatch, type PairWeights } from './pairing.js';

/** A score of matched modalities. */
export interface MatchingMetric extends MetricInfo {
  /** The score of the weights; `truth` is the column of the right target of each source cell. */
  readonly compute: (truth: ArrayLike<number>, weights: PairWeights) => number;
}

/**
 * The metrics of modality matching by their short names; the first is the task's default. Those
 * that need more than the weights stand apart: `labelTransferAccuracy`, `foscttm` of embeddings,
 * and `assignmentAccuracy`, which is cubic in the number of cells.
 */
export const matchingMetrics: readonly MatchingMetric[] = [
  {
    ...SHARE,
    name: 'match_prob',
    longName: 'mean matching probability',
    compute: matchingProbability,
  },
  {
    ...SHARE,
    name: 'acc',
    longName: 'share of cells with the right target first',
    compute: (truth, weights) => topKMatch(truth, weights, 1),
  },
  {
    ...SHARE,
    name: 'top5',
    longName: 'share of cells with the right target among the best five',
    compute: (truth, weights) => topKMatch(truth, weights, 5),
  },
  {
    range: [0, 1],
    higherIsBetter: false,
    name: 'foscttm',
    longName: 'fraction of targets ahead of the right one',
    compute: (truth, weights) => foscttmOfScores(weights, truth),
  },
  {
    ...SHARE,
    name: 'pairing_auroc',
    longName: 'area under the ROC curve of all pairs',
    compute: (truth, weights) => pairingRanking(truth, weights).auroc,
  },
  {
    ...SHARE,
    name: 'pairing_aupr',
    longName: 'average precision of all pairs',
    compute: (truth, weights) => pairingRanking(truth, weights).auprc,
  },
];

/**
 * The matching metric of that name.
 *
 * @throws ParamError naming those there are
 */
export function matchingMetric(name: string): MatchingMetric {
  return metricNamed(matchingMetrics, name, 'matching');
}
