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

Measured by the benchmark (docs/benchmarks/annotation.md):
default parameters, the same on every data set; mean ± deviation over seeds [95 % interval].

  data set           seeds  accuracy                      macro F1                      peer accuracy
  actinn_train_1000  3      1.000 [1.000, 1.000]          1.000 [1.000, 1.000]          1.000 [1.000, 1.000]
  baron_mouse        3      0.926 ± 0.004 [0.911, 0.940]  0.710 ± 0.013 [0.669, 0.756]  0.918 ± 0.020 [0.903, 0.933]
  pbmc_facs          3      0.901 ± 0.002 [0.892, 0.909]  0.847 ± 0.004 [0.834, 0.859]  0.895 [0.886, 0.904]
  sim-annotation     3      0.725 ± 0.014 [0.697, 0.751]  0.577 ± 0.016 [0.550, 0.601]  0.705 ± 0.007 [0.677, 0.733]
  pancreas_xin_wang  3      0.699 ± 0.001 [0.657, 0.737]  0.419 ± 0.025 [0.384, 0.452]  0.701 ± 0.002 [0.657, 0.737]

  npm run bench:annotation -- --datasets actinn_train_1000 --models scdeepsort --seeds 3
  npm run bench:annotation -- --datasets baron_mouse --models scdeepsort --seeds 3
  npm run bench:annotation -- --datasets pancreas_xin_wang --models scdeepsort --seeds 3
  npm run bench:annotation -- --datasets pbmc_facs --models scdeepsort --seeds 3 --device blas
  npm run bench:annotation -- --datasets sim-annotation --models scdeepsort --seeds 3
*/
