/**
 * ACTINN on a labelled reference and a query of the catalogue, or on files of your own.
 *
 * npm run example -- single-modality/cell-type-annotation/actinn --help
 */
import { ACTINN } from '@dance-ts/cell-type-annotation';
import { runExample } from '@dance-ts/cli';

await runExample({ model: ACTINN, dataset: 'sim-annotation' });

/*
Reproduction. Default settings on all data sets. Reported accuracy: mouse brain .860, spleen .516,
kidney .829 (DANCE, Table 5); none of these sets is here.

sim-annotation (embedded, 700 x 1,000, two folds):

  npm run example -- single-modality/cell-type-annotation/actinn --deterministic --controls

actinn_train_1000 (1,000 x 14,063, 80/20), baron_mouse (822 -> 1,064 cells, donor to donor),
pancreas_xin_wang (674 -> 501 cells, three types unseen), pbmc_facs (3,774 x 16,791, five folds):

  npm run example -- single-modality/cell-type-annotation/actinn --deterministic --controls \
    --dataset actinn_train_1000 --seed 0 --num-runs 3
  npm run example -- single-modality/cell-type-annotation/actinn --deterministic --controls \
    --dataset baron_mouse --seed 0 --num-runs 3
  npm run example -- single-modality/cell-type-annotation/actinn --deterministic --controls \
    --dataset pancreas_xin_wang --seed 0 --num-runs 3
  npm run example -- single-modality/cell-type-annotation/actinn --deterministic --controls \
    --dataset pbmc_facs --seed 0 --num-runs 3

Measured by the benchmark (docs/benchmarks/annotation.md):
default parameters, the same on every data set; mean ± deviation over seeds [95 % interval].

  data set           seeds  accuracy                      macro F1                      peer accuracy
  actinn_train_1000  3      1.000 [1.000, 1.000]          1.000 [1.000, 1.000]          0.998 ± 0.003 [0.995, 1.000]
  baron_mouse        3      0.758 ± 0.007 [0.733, 0.783]  0.482 ± 0.027 [0.455, 0.527]  0.751 ± 0.022 [0.726, 0.776]
  pbmc_facs          3      0.848 ± 0.003 [0.837, 0.858]  0.762 ± 0.007 [0.750, 0.774]  0.845 ± 0.005 [0.835, 0.854]
  sim-annotation     3      0.409 ± 0.030 [0.385, 0.432]  0.281 ± 0.032 [0.263, 0.298]  0.381 ± 0.037 [0.357, 0.408]
  pancreas_xin_wang  10     0.703 ± 0.006 [0.661, 0.739]  0.391 ± 0.018 [0.365, 0.417]  0.701 ± 0.005 [0.659, 0.738]

  npm run bench:annotation -- --datasets actinn_train_1000 --models actinn --seeds 3
  npm run bench:annotation -- --datasets baron_mouse --models actinn --seeds 3
  npm run bench:annotation -- --datasets pancreas_xin_wang --models actinn --seeds 10
  npm run bench:annotation -- --datasets pbmc_facs --models actinn --seeds 3
  npm run bench:annotation -- --datasets sim-annotation --models actinn --seeds 3
*/
