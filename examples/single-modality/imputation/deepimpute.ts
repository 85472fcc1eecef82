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

Measured by the benchmark (docs/benchmarks/imputation.md):
default parameters, the same on every data set; mean ± deviation over seeds.

  data set                              seeds  RMSE           peer: RMSE
  grun_mesc_251                         5      0.426 ± 0.025  0.422 ± 0.009
  human_kidney_young_top2000            5      0.505 ± 0.004  0.494
  human_kidney_young_top2000_300_cells  5      0.626 ± 0.052  0.607 ± 0.039
  mouse_bladder_top2000                 5      0.465 ± 0.003  0.464
  mouse_bladder_top2000_300_cells       5      0.507 ± 0.011  0.501 ± 0.012
  mouse_es_klein_1000x900               5      0.551 ± 0.013  0.533
  mouse_es_klein_1000x900_300_cells     5      0.569 ± 0.009  0.563 ± 0.009
  pbmc4k_top2000                        5      0.442 ± 0.002  0.438
  pbmc4k_top2000_300_cells              5      0.509 ± 0.041  0.513 ± 0.044
  sim-imputation                        5      0.766 ± 0.011  0.776 ± 0.008
  zeisel_saver_200                      5      0.560 ± 0.009  0.553 ± 0.013

  data set                              seeds  deviance       peer: deviance
  human_kidney_young_top2000            5      0.723 ± 0.005  0.725
  human_kidney_young_top2000_300_cells  5      0.828 ± 0.039  0.791 ± 0.023
  mouse_bladder_top2000                 5      0.814 ± 0.006  0.816
  mouse_bladder_top2000_300_cells       5      0.869 ± 0.005  0.871 ± 0.015
  mouse_es_klein_1000x900               5      1.674 ± 0.024  1.760
  mouse_es_klein_1000x900_300_cells     5      1.835 ± 0.053  1.897 ± 0.069
  pbmc4k_top2000                        5      1.261 ± 0.005  1.261
  pbmc4k_top2000_300_cells              5      1.333 ± 0.013  1.350 ± 0.009
  zeisel_saver_200                      5      1.994 ± 0.047  1.930 ± 0.069
  sim-imputation                        5      2.353 ± 0.037  2.367 ± 0.046

  npm run bench:imputation -- --datasets grun_mesc_251 --models deepimpute --seeds 5 --device blas
  npm run bench:imputation -- --datasets human_kidney_young_top2000 --models deepimpute --seeds 5 \
    --device blas
  npm run bench:imputation -- --datasets human_kidney_young_top2000_300_cells --models deepimpute \
    --seeds 5 --device blas
  npm run bench:imputation -- --datasets mouse_bladder_top2000 --models deepimpute --seeds 5 \
    --device blas
  npm run bench:imputation -- --datasets mouse_bladder_top2000_300_cells --models deepimpute \
    --seeds 5 --device blas
  npm run bench:imputation -- --datasets mouse_es_klein_1000x900 --models deepimpute --seeds 5 \
    --device blas
  npm run bench:imputation -- --datasets mouse_es_klein_1000x900_300_cells --models deepimpute \
    --seeds 5 --device blas
  npm run bench:imputation -- --datasets pbmc4k_top2000 --models deepimpute --seeds 5 \
    --device blas
  npm run bench:imputation -- --datasets pbmc4k_top2000_300_cells --models deepimpute --seeds 5 \
    --device blas
  npm run bench:imputation -- --datasets sim-imputation --models deepimpute --seeds 5 \
    --device blas
  npm run bench:imputation -- --datasets zeisel_saver_200 --models deepimpute --seeds 5 \
    --device blas
  npm run bench:imputation -- --datasets sim-imputation-null --models deepimpute --seeds 5 \
    --device blas
*/
