/**
 * SVM on a labelled reference and a query of the catalogue, or on files of your own.
 *
 * npm run example -- single-modality/cell-type-annotation/svm --help
 */
import { SVM } from '@dance-ts/cell-type-annotation';
import { runExample } from '@dance-ts/cli';

await runExample({ model: SVM, dataset: 'sim-annotation' });

/*
Reproduction. Default settings on all data sets. Reported accuracy: mouse brain .683, spleen .056,
kidney .704 (DANCE, Table 5); none of these sets is here.

sim-annotation (embedded, 700 x 1,000, two folds):

  npm run example -- single-modality/cell-type-annotation/svm --deterministic --controls

actinn_train_1000 (1,000 x 14,063, 80/20), baron_mouse (822 -> 1,064 cells, donor to donor),
pancreas_xin_wang (674 -> 501 cells, three types unseen), pbmc_facs (3,774 x 16,791, five folds):

  npm run example -- single-modality/cell-type-annotation/svm --deterministic --controls \
    --dataset actinn_train_1000 --seed 0 --num-runs 3
  npm run example -- single-modality/cell-type-annotation/svm --deterministic --controls \
    --dataset baron_mouse --seed 0 --num-runs 3
  npm run example -- single-modality/cell-type-annotation/svm --deterministic --controls \
    --dataset pancreas_xin_wang --seed 0 --num-runs 3
  npm run example -- single-modality/cell-type-annotation/svm --deterministic --controls \
    --dataset pbmc_facs --seed 0 --num-runs 3

Measured by the benchmark (docs/benchmarks/annotation.md):
default parameters, the same on every data set; mean ± deviation over seeds [95 % interval].

  data set           seeds  accuracy              macro F1              peer accuracy
  actinn_train_1000  3      0.825 [0.775, 0.875]  0.529 [0.491, 0.558]  0.825 [0.775, 0.875]
  baron_mouse        3      0.691 [0.662, 0.717]  0.224 [0.212, 0.248]  0.691 [0.662, 0.717]
  pbmc_facs          3      0.636 [0.620, 0.651]  0.407 [0.397, 0.417]  0.636 [0.620, 0.651]
  sim-annotation     3      0.310 [0.276, 0.343]  0.079 [0.072, 0.085]  0.310 [0.276, 0.343]
  pancreas_xin_wang  3      0.709 [0.667, 0.745]  0.425 [0.405, 0.443]  0.709 [0.667, 0.745]

  npm run bench:annotation -- --datasets actinn_train_1000 --models svm --seeds 3
  npm run bench:annotation -- --datasets baron_mouse --models svm --seeds 3
  npm run bench:annotation -- --datasets pancreas_xin_wang --models svm --seeds 3
  npm run bench:annotation -- --datasets pbmc_facs --models svm --seeds 3
  npm run bench:annotation -- --datasets sim-annotation --models svm --seeds 3
*/
