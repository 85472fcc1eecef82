/**
 * scGNN 2.0 (Gu et al., 2022) on simulated cells with dropout, or on a file of your own.
 *
 * npm run example -- single-modality/imputation/scgnn2 --help
 */
import { runExample } from '@dance-ts/cli';
import { ScGNN2 } from '@dance-ts/imputation';

await runExample({ model: ScGNN2, dataset: 'sim-imputation' });

/*
Reproduction. DANCE's commands: 20 epochs for features, 10 in each of 2 iterations, 20 for clusters,
10 % of the positive counts masked. Its README reports a mean relative error of masked log counts of
0.629 (brain), 0.620 (embryo) and 0.684 (PBMC), and after tuning the preprocessing 0.323, 0.299 and
0.441, on data of 10x Genomics and of GSE65525 that cannot be had in pinned form.

sim-imputation (embedded, 400 x 500), held-out entries and split molecules, then DANCE's schedule:

  npm run example -- single-modality/imputation/scgnn2 --seed 0 --num-runs 5 --controls
  npm run example -- single-modality/imputation/scgnn2 --protocol counts \
    --seed 0 --num-runs 5 --controls
  npm run example -- single-modality/imputation/scgnn2 --epochs 20 --em-epochs 10 \
    --cluster-epochs 20 --iterations 2 --early-stop false --seed 0 --num-runs 5 --controls

With attention in the graph autoencoder:

  npm run example -- single-modality/imputation/scgnn2 --graph-layers gat --seed 0 --num-runs 5

The embryo cells in the cut at hand, and blood cells with whole UMI counts:

  npm run example -- single-modality/imputation/scgnn2 --dataset mouse_es_klein_1000x900 \
    --seed 0 --num-runs 5 --controls
  npm run example -- single-modality/imputation/scgnn2 --dataset pbmc4k_top2000 \
    --protocol counts --seed 0 --num-runs 5 --controls

A file of your own, with the imputed counts of all cells as the layer "scgnn2":

  npm run example -- single-modality/imputation/scgnn2 --input counts.h5ad --output imputed.h5ad

Measured by the benchmark (docs/benchmarks/imputation.md):
default parameters, modelSelection "last", the same on every data set; mean ± deviation over seeds.

  data set                              seeds  RMSE           peer: RMSE
  grun_mesc_251                         3      0.602 ± 0.029  –
  human_kidney_young_top2000_300_cells  3      2.380 ± 0.034  –
  mouse_bladder_top2000_300_cells       5      2.613 ± 0.042  –
  mouse_es_klein_1000x900_300_cells     5      0.906 ± 0.071  –
  pbmc4k_top2000_300_cells              5      2.172 ± 0.042  –
  sim-imputation                        5      2.198 ± 0.109  2.189 ± 0.084
  zeisel_saver_200                      3      0.681 ± 0.030  –

  data set                              seeds  deviance       peer: deviance
  human_kidney_young_top2000_300_cells  3      1.364 ± 0.158  –
  mouse_bladder_top2000_300_cells       5      1.451 ± 0.110  –
  mouse_es_klein_1000x900_300_cells     5      5.927 ± 1.380  –
  pbmc4k_top2000_300_cells              5      1.945 ± 0.090  –
  zeisel_saver_200                      3      4.789 ± 0.232  –
  sim-imputation                        5      3.924 ± 0.517  3.536 ± 0.189

  npm run bench:imputation -- --datasets grun_mesc_251 --models scgnn2 --seeds 3 --device blas
  npm run bench:imputation -- --datasets human_kidney_young_top2000_300_cells --models scgnn2 \
    --seeds 3 --device blas
  npm run bench:imputation -- --datasets mouse_bladder_top2000_300_cells --models scgnn2 --seeds 5 \
    --device blas
  npm run bench:imputation -- --datasets mouse_es_klein_1000x900_300_cells --models scgnn2 \
    --seeds 5 --device blas
  npm run bench:imputation -- --datasets pbmc4k_top2000_300_cells --models scgnn2 --seeds 5 \
    --device blas
  npm run bench:imputation -- --datasets sim-imputation --models scgnn2 --seeds 5 --device blas
  npm run bench:imputation -- --datasets zeisel_saver_200 --models scgnn2 --seeds 3 --device blas
  npm run bench:imputation -- --datasets sim-imputation-null --models scgnn2 --seeds 3 \
    --device blas
*/
