/**
 * scDeepSort (Shao et al., 2021) on a labelled reference and a query, or on files of your own.
 *
 * npm run example -- single-modality/cell-type-annotation/scdeepsort --help
 */
import { ScDeepSort } from '@dance-ts/cell-type-annotation';
import { runExample } from '@dance-ts/cli';

await runExample({ model: ScDeepSort, dataset: 'sim-annotation' });

/*
Reproduction. Normalized to 10,000 counts and logged, 400 components, one layer of width 200, 300
epochs, the epoch chosen by the accuracy on a fifth of the labelled cells. Unsure cells count by
their likeliest type. DANCE's network, which does not use what its layers gather: --compat dance.

Measured with this code (accuracy, macro F1; default settings; docs/benchmarks/annotation.md):
sim-annotation .725, .577; pbmc_facs .901, .847; baron_mouse .926, .710; actinn_train_1000 1.000,
1.000; pancreas_xin_wang .699, .419.

sim-annotation (embedded, two folds of 350 x 1,000):

  npm run example -- single-modality/cell-type-annotation/scdeepsort --controls
  npm run example -- single-modality/cell-type-annotation/scdeepsort --compat dance

pbmc_facs (five folds), baron_mouse (donor to donor), actinn_train_1000 (80/20), pancreas_xin_wang
(study to study):

  npm run example -- single-modality/cell-type-annotation/scdeepsort --dataset pbmc_facs \
    --seed 0 --num-runs 5 --controls
  npm run example -- single-modality/cell-type-annotation/scdeepsort --dataset baron_mouse \
    --seed 0 --num-runs 5 --controls
  npm run example -- single-modality/cell-type-annotation/scdeepsort --dataset actinn_train_1000 \
    --seed 0 --num-runs 5 --controls
  npm run example -- single-modality/cell-type-annotation/scdeepsort --dataset pancreas_xin_wang \
    --seed 0 --num-runs 5 --controls

Reported on data sets of its own (accuracy): DANCE .363 mouse Brain 2695, .965 Spleen 1759, .901
Kidney 203 (its release 1.0: .542, .969, .847); in the papers it compares with .363, .965 and .911.
DANCE's figures come from the network that does not use what its layers gather.
*/
