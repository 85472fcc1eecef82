/**
 * scHeteroNet (Liu et al., 2025) on a labelled reference and a query, or on files of your own. The
 * cells of both make one graph.
 *
 * npm run example -- single-modality/cell-type-annotation/scheteronet --help
 */
import { ScHeteroNet } from '@dance-ts/cell-type-annotation';
import { runExample } from '@dance-ts/cli';

await runExample({ model: ScHeteroNet, dataset: 'sim-annotation' });

/*
Reproduction. 4,000 genes, five nearest cells, one layer of width 32, likelihood of the counts with
weight 1e-4, no contrast, 200 epochs, the epoch chosen by the loss on a fifth of the labelled cells.
Reference cells of types with at most ten cells are dropped, so these types cannot be found.

Measured with this code (accuracy, macro F1; default settings; docs/benchmarks/annotation.md):
sim-annotation .800, .647; pbmc_facs .910, .859; baron_mouse .779, .450; actinn_train_1000 1.000,
1.000; pancreas_xin_wang .703, .382.

sim-annotation (embedded, two folds of 350 x 1,000):

  npm run example -- single-modality/cell-type-annotation/scheteronet --controls

pbmc_facs (five folds), baron_mouse (donor to donor), actinn_train_1000 (80/20), pancreas_xin_wang
(study to study; the query has types that the reference lacks, which oodScore is made for):

  npm run example -- single-modality/cell-type-annotation/scheteronet --dataset pbmc_facs \
    --seed 0 --num-runs 5 --controls
  npm run example -- single-modality/cell-type-annotation/scheteronet --dataset baron_mouse \
    --seed 0 --num-runs 5 --controls
  npm run example -- single-modality/cell-type-annotation/scheteronet --dataset actinn_train_1000 \
    --seed 0 --num-runs 5 --controls
  npm run example -- single-modality/cell-type-annotation/scheteronet --dataset pancreas_xin_wang \
    --seed 0 --num-runs 5 --controls

Reported by DANCE in its example (per cent): accuracy 81.88 on known types; telling unknown types
AUROC 64.61, AUPR 99.53, false positives at 95 % recall 100. In its README (accuracy, tuned and
original pipeline): .87/.83 human Brain, .80/.78 CD8, .82/.81 Immune, .91/.89 CD4, .47/.45 Spleen.
*/
