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

Measured by the benchmark (docs/benchmarks/imputation.md):
default parameters, the same on every data set; mean ± deviation over seeds.

  data set                              seeds  RMSE           peer: RMSE
  grun_mesc_251                         5      0.339 ± 0.002  0.339 ± 0.002
  human_kidney_young_top2000            5      2.212 ± 0.004  2.217
  human_kidney_young_top2000_300_cells  5      2.339 ± 0.015  2.343 ± 0.008
  mouse_bladder_top2000                 5      2.309 ± 0.007  2.309
  mouse_bladder_top2000_300_cells       5      2.380 ± 0.023  2.380 ± 0.023
  mouse_es_klein_1000x900               5      0.651 ± 0.006  0.654
  mouse_es_klein_1000x900_300_cells     5      0.634 ± 0.006  0.631 ± 0.005
  pbmc4k_top2000                        5      1.793 ± 0.002  1.796
  pbmc4k_top2000_300_cells              5      1.869 ± 0.006  1.869 ± 0.006
  sim-imputation                        5      1.910 ± 0.023  1.910 ± 0.023
  zeisel_saver_200                      5      0.507 ± 0.002  0.507 ± 0.002

  data set                              seeds  deviance       peer: deviance
  human_kidney_young_top2000            5      0.561 ± 0.002  0.560
  human_kidney_young_top2000_300_cells  5      0.730 ± 0.008  0.730 ± 0.008
  mouse_bladder_top2000                 5      0.583 ± 0.001  0.583
  mouse_bladder_top2000_300_cells       5      0.606 ± 0.004  0.606 ± 0.004
  mouse_es_klein_1000x900               5      1.408 ± 0.001  1.409
  mouse_es_klein_1000x900_300_cells     5      1.514 ± 0.016  1.507 ± 0.001
  pbmc4k_top2000                        5      0.746 ± 0.003  0.748
  pbmc4k_top2000_300_cells              5      0.800 ± 0.007  0.800 ± 0.007
  zeisel_saver_200                      5      1.809 ± 0.005  1.809 ± 0.005
  sim-imputation                        5      1.662 ± 0.008  1.662 ± 0.008

  npm run bench:imputation -- --datasets grun_mesc_251 --models magic --seeds 5 --device blas
  npm run bench:imputation -- --datasets human_kidney_young_top2000 --models magic --seeds 5 \
    --device blas
  npm run bench:imputation -- --datasets human_kidney_young_top2000_300_cells --models magic \
    --seeds 5 --device blas
  npm run bench:imputation -- --datasets mouse_bladder_top2000 --models magic --seeds 5 \
    --device blas
  npm run bench:imputation -- --datasets mouse_bladder_top2000_300_cells --models magic --seeds 5 \
    --device blas
  npm run bench:imputation -- --datasets mouse_es_klein_1000x900 --models magic --seeds 5 \
    --device blas
  npm run bench:imputation -- --datasets mouse_es_klein_1000x900_300_cells --models magic \
    --seeds 5 --device blas
  npm run bench:imputation -- --datasets pbmc4k_top2000 --models magic --seeds 5 --device blas
  npm run bench:imputation -- --datasets pbmc4k_top2000_300_cells --models magic --seeds 5 \
    --device blas
  npm run bench:imputation -- --datasets sim-imputation --models magic --seeds 5 --device blas
  npm run bench:imputation -- --datasets zeisel_saver_200 --models magic --seeds 5 --device blas
  npm run bench:imputation -- --datasets sim-imputation-null --models magic --seeds 5 \
    --device blas
*/
