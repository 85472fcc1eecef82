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

Measured with this code (accuracy, macro F1; default settings; docs/benchmarks/annotation.md):
sim-annotation .409, .281; pbmc_facs .848, .762; baron_mouse .758, .482; actinn_train_1000 1.000,
1.000; pancreas_xin_wang .703, .391.

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
*/
