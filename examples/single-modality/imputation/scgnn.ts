/**
 * scGNN (Wang et al., 2021) on simulated cells with dropout, or on a file of your own.
 *
 * npm run example -- single-modality/imputation/scgnn --help
 */
import { runExample } from '@dance-ts/cli';
import { ScGNN } from '@dance-ts/imputation';

await runExample({ model: ScGNN, dataset: 'sim-imputation' });

/*
Reproduction. The authors' defaults: 500 epochs, then at most 10 iterations of 200 epochs for features,
clusters and graph, 10 neighbors, gamma 0.1, alpha 0.9. The DANCE paper's Table 4 reports a mean
squared error of 0.47 (brain) and 1.10 (embryo); its code left the iterations after the first one and
imputed by untrained weights, so these are no targets.

sim-imputation (embedded, 400 x 500), held-out entries and split molecules:

  npm run example -- single-modality/imputation/scgnn --seed 0 --num-runs 5 --controls
  npm run example -- single-modality/imputation/scgnn --protocol counts \
    --seed 0 --num-runs 5 --controls

Without regulatory states, and with the pruning rule of the authors' code:

  npm run example -- single-modality/imputation/scgnn --ltmg false --seed 0 --num-runs 5
  npm run example -- single-modality/imputation/scgnn --prune deviation --seed 0 --num-runs 5

The embryo cells in the cut at hand, and blood cells with whole UMI counts:

  npm run example -- single-modality/imputation/scgnn --dataset mouse_es_klein_1000x900 \
    --seed 0 --num-runs 5 --controls
  npm run example -- single-modality/imputation/scgnn --dataset pbmc4k_top2000 \
    --protocol counts --seed 0 --num-runs 5 --controls

A file of your own, with the imputed counts of all cells as the layer "scgnn":

  npm run example -- single-modality/imputation/scgnn --input counts.h5ad --output imputed.h5ad

Measured by the benchmark (docs/benchmarks/imputation.md):
default parameters, modelSelection "last", the same on every data set; mean ± deviation over seeds.

  data set                              seeds  RMSE           peer: RMSE
  grun_mesc_251                         3      0.366 ± 0.011  –
  human_kidney_young_top2000_300_cells  5      3.045 ± 0.021  –
  mouse_bladder_top2000_300_cells       5      3.310 ± 0.014  –
  mouse_es_klein_1000x900_300_cells     5      0.680 ± 0.018  –
  pbmc4k_top2000_300_cells              5      2.404 ± 0.048  –
  sim-imputation                        5      2.711 ± 0.022  2.714
  zeisel_saver_200                      4      0.589 ± 0.005  –

  data set                              seeds  deviance       peer: deviance
  human_kidney_young_top2000_300_cells  5      1.759 ± 0.023  –
  mouse_bladder_top2000_300_cells       5      1.833 ± 0.030  –
  mouse_es_klein_1000x900_300_cells     5      1.736 ± 0.143  –
  pbmc4k_top2000_300_cells              5      2.638 ± 0.193  –
  zeisel_saver_200                      4      2.017 ± 0.043  –
  sim-imputation                        5      4.319 ± 0.194  4.394

  npm run bench:imputation -- --datasets grun_mesc_251 --models scgnn --seeds 3 --device blas
  npm run bench:imputation -- --datasets human_kidney_young_top2000_300_cells --models scgnn \
    --seeds 5 --device blas
  npm run bench:imputation -- --datasets mouse_bladder_top2000_300_cells --models scgnn --seeds 5 \
    --device blas
  npm run bench:imputation -- --datasets mouse_es_klein_1000x900_300_cells --models scgnn \
    --seeds 5 --device blas
  npm run bench:imputation -- --datasets pbmc4k_top2000_300_cells --models scgnn --seeds 5 \
    --device blas
  npm run bench:imputation -- --datasets sim-imputation --models scgnn --seeds 5 --device blas
  npm run bench:imputation -- --datasets zeisel_saver_200 --models scgnn --seeds 4 --device blas
  npm run bench:imputation -- --datasets sim-imputation-null --models scgnn --seeds 5 \
    --device blas
*/
