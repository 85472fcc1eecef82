/**
 * GraphSCI (Rao et al., 2021) on simulated cells with dropout, or on a file of your own.
 *
 * npm run example -- single-modality/imputation/graphsci --help
 */
import { runExample } from '@dance-ts/cli';
import { GraphSCI } from '@dance-ts/imputation';

await runExample({ model: GraphSCI, dataset: 'sim-imputation' });

/*
Reproduction. DANCE's example: dropout 0.1, lr 1e-3, 300 epochs, genes in 5 % of the cells, threshold
0.3, 10 % of the positive counts masked, weights le 1, la 1e-9, ke 100, ka 1, weight decay 1e-6. Its
README reports a mean relative error of masked log counts of 0.654 (brain), 0.497 (embryo) and 0.704
(PBMC), and after tuning the preprocessing 0.453, 0.459 and 0.458, on data of 10x Genomics and of
GSE65525 that cannot be had in pinned form.

sim-imputation (embedded, 400 x 500), held-out entries and split molecules:

  npm run example -- single-modality/imputation/graphsci --seed 0 --num-runs 5 --controls
  npm run example -- single-modality/imputation/graphsci --protocol counts \
    --seed 0 --num-runs 5 --controls
  npm run example -- single-modality/imputation/graphsci --compat dance --la 0 --ke 100 --ka 1 \
    --seed 0 --num-runs 5 --controls

The embryo cells in the cut at hand, and blood cells with whole UMI counts:

  npm run example -- single-modality/imputation/graphsci --dataset mouse_es_klein_1000x900 \
    --seed 0 --num-runs 5 --controls
  npm run example -- single-modality/imputation/graphsci --dataset pbmc4k_top2000 \
    --protocol counts --seed 0 --num-runs 5 --controls

A file of your own, with the imputed counts of all cells as the layer "graphsci":

  npm run example -- single-modality/imputation/graphsci --input counts.h5ad --output imputed.h5ad

Measured by the benchmark (docs/benchmarks/imputation.md):
default parameters, the same on every data set; mean ± deviation over seeds.

  data set                              seeds  RMSE           peer: RMSE
  grun_mesc_251                         3      0.330 ± 0.003  –
  human_kidney_young_top2000            5      1.332 ± 0.003  –
  human_kidney_young_top2000_300_cells  5      1.090 ± 0.009  –
  mouse_bladder_top2000                 5      0.856 ± 0.026  0.873
  mouse_bladder_top2000_300_cells       5      1.040 ± 0.153  –
  mouse_es_klein_1000x900               3      0.520 ± 0.005  –
  mouse_es_klein_1000x900_300_cells     5      0.535 ± 0.005  –
  pbmc4k_top2000                        5      0.881 ± 0.088  –
  pbmc4k_top2000_300_cells              5      0.909 ± 0.131  –
  sim-imputation                        5      0.854 ± 0.012  0.854 ± 0.010
  zeisel_saver_200                      3      0.477 ± 0.005  0.482

  data set                              seeds  deviance       peer: deviance
  human_kidney_young_top2000            5      0.951 ± 0.167  –
  human_kidney_young_top2000_300_cells  5      0.796 ± 0.170  –
  mouse_bladder_top2000                 5      0.809 ± 0.038  0.818
  mouse_bladder_top2000_300_cells       5      0.844 ± 0.070  –
  mouse_es_klein_1000x900               3      1.403 ± 0.022  –
  mouse_es_klein_1000x900_300_cells     5      1.480 ± 0.006  –
  pbmc4k_top2000                        5      0.588 ± 0.006  –
  pbmc4k_top2000_300_cells              5      0.741 ± 0.164  –
  zeisel_saver_200                      3      2.071 ± 0.203  –
  sim-imputation                        5      1.400 ± 0.016  1.384 ± 0.023

  npm run bench:imputation -- --datasets grun_mesc_251 --models graphsci --seeds 3 --device blas
  npm run bench:imputation -- --datasets human_kidney_young_top2000 --models graphsci --seeds 5 \
    --device blas
  npm run bench:imputation -- --datasets human_kidney_young_top2000_300_cells --models graphsci \
    --seeds 5 --device blas
  npm run bench:imputation -- --datasets mouse_bladder_top2000 --models graphsci --seeds 5 \
    --device blas
  npm run bench:imputation -- --datasets mouse_bladder_top2000_300_cells --models graphsci \
    --seeds 5 --device blas
  npm run bench:imputation -- --datasets mouse_es_klein_1000x900 --models graphsci --seeds 3 \
    --device blas
  npm run bench:imputation -- --datasets mouse_es_klein_1000x900_300_cells --models graphsci \
    --seeds 5 --device blas
  npm run bench:imputation -- --datasets pbmc4k_top2000 --models graphsci --seeds 5 --device blas
  npm run bench:imputation -- --datasets pbmc4k_top2000_300_cells --models graphsci --seeds 5 \
    --device blas
  npm run bench:imputation -- --datasets sim-imputation --models graphsci --seeds 5 --device blas
  npm run bench:imputation -- --datasets zeisel_saver_200 --models graphsci --seeds 3 \
    --device blas
  npm run bench:imputation -- --datasets sim-imputation-null --models graphsci --seeds 5 \
    --device blas
*/
