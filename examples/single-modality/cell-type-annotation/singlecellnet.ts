/**
 * SingleCellNet (Tan & Cahan, 2019) on a labelled reference and a query, or on files of your own.
 *
 * npm run example -- single-modality/cell-type-annotation/singlecellnet --help
 */
import { SingleCellNet } from '@dance-ts/cell-type-annotation';
import { runExample } from '@dance-ts/cli';

await runExample({ model: SingleCellNet, dataset: 'sim-annotation' });

/*
Reproduction. Normalized to 10,000 counts and logged, 10 genes from either end and 25 pairs a type,
100 shuffled profiles; DANCE's example grows 1,000 trees. Cells of the shuffled class count by their
likeliest type.

sim-annotation (embedded, two folds of 350 x 1,000):

  npm run example -- single-modality/cell-type-annotation/singlecellnet --num-trees 1000 --controls

pbmc_facs (five folds), baron_mouse (donor to donor), actinn_train_1000 (80/20):

  npm run example -- single-modality/cell-type-annotation/singlecellnet --dataset pbmc_facs \
    --num-trees 1000 --seed 0 --num-runs 5 --controls
  npm run example -- single-modality/cell-type-annotation/singlecellnet --dataset baron_mouse \
    --num-trees 1000 --seed 0 --num-runs 5 --controls
  npm run example -- single-modality/cell-type-annotation/singlecellnet \
    --dataset actinn_train_1000 --num-trees 1000 --seed 0 --num-runs 5 --controls

Reported on data sets of its own (accuracy): DANCE .693 mouse Brain 2695, .975 Spleen 1759, .795
Kidney 203 (100 genes, 250 pairs); in the papers it compares with .803, .975 and .842.

Measured by the benchmark (docs/benchmarks/annotation.md):
default parameters, the same on every data set; mean ± deviation over seeds [95 % interval].

  data set           seeds  accuracy                      macro F1                      peer accuracy
  actinn_train_1000  3      1.000 [1.000, 1.000]          1.000 [1.000, 1.000]          1.000 [1.000, 1.000]
  baron_mouse        3      0.929 ± 0.013 [0.915, 0.942]  0.871 ± 0.021 [0.803, 0.909]  0.937 ± 0.009 [0.924, 0.949]
  pbmc_facs          3      0.829 ± 0.001 [0.818, 0.840]  0.744 ± 0.002 [0.729, 0.757]  0.831 ± 0.003 [0.819, 0.841]
  sim-annotation     3      0.674 ± 0.009 [0.646, 0.703]  0.566 ± 0.008 [0.530, 0.603]  0.674 ± 0.013 [0.643, 0.705]
  pancreas_xin_wang  3      0.677 ± 0.006 [0.634, 0.715]  0.369 ± 0.003 [0.339, 0.399]  0.677 ± 0.003 [0.633, 0.716]

  npm run bench:annotation -- --datasets actinn_train_1000 --models singlecellnet --seeds 3
  npm run bench:annotation -- --datasets baron_mouse --models singlecellnet --seeds 3
  npm run bench:annotation -- --datasets pancreas_xin_wang --models singlecellnet --seeds 3
  npm run bench:annotation -- --datasets pbmc_facs --models singlecellnet --seeds 3
  npm run bench:annotation -- --datasets sim-annotation --models singlecellnet --seeds 3
*/
