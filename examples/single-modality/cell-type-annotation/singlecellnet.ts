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

Measured with this code (accuracy, macro F1; default settings, 100 trees;
docs/benchmarks/annotation.md): sim-annotation .674, .566; pbmc_facs .829, .744; baron_mouse .929,
.871; actinn_train_1000 1.000, 1.000; pancreas_xin_wang .677, .369.

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
*/
