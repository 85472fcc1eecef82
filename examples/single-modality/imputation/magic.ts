/**
 * MAGIC (van Dijk et al., 2018) on simulated cells with dropout, or on a file of your own.
 *
 * npm run example -- single-modality/imputation/magic --help
 */
import { runExample } from '@dance-ts/cli';
import { MAGIC } from '@dance-ts/imputation';

await runExample({ model: MAGIC, dataset: 'sim-imputation' });

/*
Reproduction. DANCE's example: log counts without normalization, t 6, k 30, ka 10, genes in 1 % of
the cells, 20 components, no rescaling, 10 % of the positive counts masked. DANCE reports no figures
for MAGIC.

sim-imputation (embedded, 400 x 500), held-out entries and split molecules:

  npm run example -- single-modality/imputation/magic --seed 0 --num-runs 5 --controls
  npm run example -- single-modality/imputation/magic --protocol counts \
    --seed 0 --num-runs 5 --controls
  npm run example -- single-modality/imputation/magic --t 6 --normalize false \
    --transform log1p --seed 0 --num-runs 5 --controls

The same on whole UMI counts:

  npm run example -- single-modality/imputation/magic --dataset pbmc4k_top2000 \
    --protocol counts --seed 0 --num-runs 5 --controls

A file of your own, with the imputed counts of all cells as the layer "magic":

  npm run example -- single-modality/imputation/magic --input counts.h5ad --output imputed.h5ad
*/
