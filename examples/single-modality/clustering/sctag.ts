/**
 * scTAG (Yu et al., 2022) on a labelled data set or on a file of your own.
 *
 * npm run example -- single-modality/clustering/sctag --help
 */
import { runExample } from '@dance-ts/cli';
import { ScTAG } from '@dance-ts/clustering';

await runExample({ model: ScTAG, dataset: 'sim-clustering', params: { nClusters: 5 } });

/*
Reproduction. 3,000 genes, 15 neighbors, 50 components, last epoch; labels of the data are used for
the scores only.

sim-clustering (embedded, 600 x 1,000):

  npm run example -- single-modality/clustering/sctag --deterministic --controls

With the weights of the losses that DANCE gives for each data set; reported ARI (DANCE, Table 6;
DANCE 1.0). Those runs keep the epoch with the highest ARI to the labels and their clustering loss
has no gradient: add --model-selection ari for the first, --w-c 0 for the second.

10X PBMC 4k (4,271 x 16,653, a file of your own): .75; .77

  npm run example -- single-modality/clustering/sctag --input 10X_PBMC.h5ad --label-key Group \
    --n-clusters 8 --k 2 --dropout 0.5 --epochs 500 --pretrain-epochs 100 --lr 1e-3 \
    --w-a 0.01 --w-x 3 --w-c 0.1 --seed 0 --num-runs 5 --deterministic --controls

mouse ES (2,717 x 24,175, a file of your own): .96; .96

  npm run example -- single-modality/clustering/sctag --input mouse_ES_cell.h5ad --label-key Group \
    --n-clusters 4 --k 2 --dropout 0.4 --epochs 500 --pretrain-epochs 100 --lr 1e-3 \
    --w-a 0.01 --w-x 0.75 --w-c 1 --seed 0 --num-runs 5 --deterministic --controls

worm_neuron (4,186 x 13,488): .53; .49

  npm run example -- single-modality/clustering/sctag --dataset worm_neuron \
    --n-clusters 10 --k 1 --dropout 0.4 --epochs 500 --pretrain-epochs 200 --lr 1e-3 \
    --w-a 0.01 --w-x 2 --w-c 0.25 --seed 0 --num-runs 5 --deterministic --controls

mouse_bladder_2100 (2,100 of 2,746 cells x 20,670); on all cells .60; .69

  npm run example -- single-modality/clustering/sctag --dataset mouse_bladder_2100 \
    --n-clusters 16 --k 2 --dropout 0.4 --epochs 500 --pretrain-epochs 100 --lr 1e-3 \
    --w-a 0.1 --w-x 2.5 --w-c 3 --seed 0 --num-runs 5 --deterministic --controls

Measured by the benchmark (docs/benchmarks/clustering.md):
default parameters, modelSelection "last", the same on every data set; mean ± deviation over seeds.

  data set                    genes  epochs     seeds  ARI            NMI            peer ARI
  human_kidney_young_top2000  2,000  200 + 300  3      0.532 ± 0.022  0.728 ± 0.015  –
  mouse_bladder_2100          2,000  200 + 300  3      0.519 ± 0.016  0.733 ± 0.007  0.499
  mouse_bladder_top2000       2,000  200 + 300  3      0.510 ± 0.005  0.737 ± 0.001  –
  mouse_es_klein_1000x900     900    200 + 300  5      0.863 ± 0.112  0.877 ± 0.093  0.764 ± 0.032
  pbmc4k_top2000              2,000  200 + 300  3      0.696 ± 0.103  0.739 ± 0.036  –
  worm_neuron                 2,000  200 + 300  3      0.604 ± 0.026  0.713 ± 0.021  –

  npm run bench:clustering -- --datasets human_kidney_young_top2000 --models sctag --seeds 3 \
    --device blas
  npm run bench:clustering -- --datasets mouse_bladder_2100 --models sctag --seeds 3 --device blas
  npm run bench:clustering -- --datasets mouse_bladder_top2000 --models sctag --seeds 3 \
    --device blas
  npm run bench:clustering -- --datasets mouse_es_klein_1000x900 --models sctag --seeds 5 \
    --device blas
  npm run bench:clustering -- --datasets pbmc4k_top2000 --models sctag --seeds 3 --device blas
  npm run bench:clustering -- --datasets worm_neuron --models sctag --seeds 3 --device blas
*/
