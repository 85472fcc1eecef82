/**
 * Celltypist (Domínguez Conde et al., 2022) on a labelled reference and a query, or on files of
 * your own.
 *
 * npm run example -- single-modality/cell-type-annotation/celltypist --help
 */
import { Celltypist } from '@dance-ts/cell-type-annotation';
import { runExample } from '@dance-ts/cli';

await runExample({ model: Celltypist, dataset: 'sim-annotation' });

/*
Reproduction. Normalized to 10,000 counts and logged, logistic regression by L-BFGS; DANCE's example
uses SGD with at most 200 epochs, without majority voting.

sim-annotation (embedded, two folds of 350 x 1,000):

  npm run example -- single-modality/cell-type-annotation/celltypist --controls
  npm run example -- single-modality/cell-type-annotation/celltypist --use-sgd true --max-iter 200

pbmc_facs (five folds), baron_mouse (donor to donor), actinn_train_1000 (80/20), pancreas_xin_wang
(study to study):

  npm run example -- single-modality/cell-type-annotation/celltypist --dataset pbmc_facs \
    --use-sgd true --max-iter 200 --seed 0 --num-runs 5 --controls
  npm run example -- single-modality/cell-type-annotation/celltypist --dataset baron_mouse \
    --use-sgd true --max-iter 200 --seed 0 --num-runs 5 --controls
  npm run example -- single-modality/cell-type-annotation/celltypist --dataset actinn_train_1000 \
    --use-sgd true --max-iter 200 --seed 0 --num-runs 5 --controls
  npm run example -- single-modality/cell-type-annotation/celltypist --dataset pancreas_xin_wang \
    --use-sgd true --max-iter 200 --seed 0 --num-runs 5 --controls

Reported on data sets of its own (accuracy): DANCE .680 mouse Brain 2695, .966 Spleen 1759, .879
Kidney 203; in the papers it compares with .666, .848 and .832.

Measured by the benchmark (docs/benchmarks/annotation.md):
default parameters, the same on every data set; mean ± deviation over seeds [95 % interval].

  data set           seeds  accuracy              macro F1              peer accuracy
  actinn_train_1000  3      1.000 [1.000, 1.000]  1.000 [1.000, 1.000]  1.000 [1.000, 1.000]
  baron_mouse        3      0.776 [0.752, 0.800]  0.664 [0.588, 0.717]  0.790 [0.768, 0.813]
  pbmc_facs          3      0.867 [0.856, 0.878]  0.797 [0.782, 0.811]  0.869 [0.857, 0.879]
  sim-annotation     3      0.679 [0.646, 0.711]  0.544 [0.501, 0.592]  0.681 [0.647, 0.716]
  pancreas_xin_wang  3      0.709 [0.667, 0.745]  0.393 [0.363, 0.421]  0.709 [0.667, 0.745]

  npm run bench:annotation -- --datasets actinn_train_1000 --models celltypist --seeds 3
  npm run bench:annotation -- --datasets baron_mouse --models celltypist --seeds 3
  npm run bench:annotation -- --datasets pancreas_xin_wang --models celltypist --seeds 3
  npm run bench:annotation -- --datasets pbmc_facs --models celltypist --seeds 3
  npm run bench:annotation -- --datasets sim-annotation --models celltypist --seeds 3
*/
