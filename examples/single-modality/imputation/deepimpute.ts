/**
 * DeepImpute (Arisdakessian et al., 2019) on simulated cells with dropout, or on a file of your own.
 *
 * npm run example -- single-modality/imputation/deepimpute --help
 */
import { runExample } from '@dance-ts/cli';
import { DeepImpute } from '@dance-ts/imputation';

await runExample({ model: DeepImpute, dataset: 'sim-imputation' });

/*
Reproduction. DANCE's example: dropout 0.1, learning rate 1e-5, 500 epochs, batches of 64, blocks of
512, hidden width 256, patience 20, genes in 5 % of the cells, 5 genes each, 10 % of the positive
counts masked.

sim-imputation (embedded, 400 x 500), held-out entries and split molecules:

  npm run example -- single-modality/imputation/deepimpute --seed 0 --num-runs 5 --controls
  npm run example -- single-modality/imputation/deepimpute --protocol counts \
    --seed 0 --num-runs 5 --controls

On whole UMI counts, the authors' settings (defaults), then DANCE's:

  npm run example -- single-modality/imputation/deepimpute --dataset pbmc4k_top2000 \
    --protocol counts --seed 0 --num-runs 5 --controls
  npm run example -- single-modality/imputation/deepimpute --dataset pbmc4k_top2000 \
    --dropout 0.1 --lr 1e-5 --epochs 500 --patience 20 --seed 0 --num-runs 5 --controls

Reported by DANCE (mean relative error of the test entries; its code takes predictors at random and
confuses the columns): brain .229 (tuned) and .244, embryo .252 and .255, PBMC .220 and .230.

A file of your own, with the imputed counts of all cells as the layer "deepimpute":

  npm run example -- single-modality/imputation/deepimpute --input counts.h5ad \
    --output imputed.h5ad
*/
