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

Measured with this code (accuracy, macro F1; default settings, L-BFGS;
docs/benchmarks/annotation.md): sim-annotation .679, .544; pbmc_facs .867, .797; baron_mouse .776,
.664; actinn_train_1000 1.000, 1.000; pancreas_xin_wang .709, .393.

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
*/
