/**
 * scDSC (Gan et al., 2022) on a labelled data set or on a file of your own.
 *
 * npm run example -- single-modality/clustering/scdsc --help
 */
import { runExample } from '@dance-ts/cli';
import { ScDSC } from '@dance-ts/clustering';

await runExample({
  model: ScDSC,
  dataset: 'sim-clustering',
  // Five simulated groups; weights of the loss as in DANCE's reproduction.
  params: { nClusters: 5, bcl: 1, cl: 0.01, rl: 0.1, zl: 0.1 },
});

/*
Reproduction. 2,000 variable genes, loss weights 1, .01, .1 and .1, last epoch; labels of the data
are used for the scores only. DANCE's figures keep the epoch with the highest ARI to the labels, of
1,000 epochs at a learning rate of 1e-2 with a frozen autoencoder (--compat dance
--model-selection ari --epochs 1000 --lr 1e-2 does the same). With the autoencoder trained, 300
epochs at 1e-3 are used here.

sim-clustering (embedded, 600 x 1,000), seed 0:

  npm run example -- single-modality/clustering/scdsc --deterministic --controls

pbmc4k_top2000 (4,271 x 2,000, selected by the authors); reported ARI on all genes: .72 current and
.78 published (DANCE, Table 6), .72 (DANCE 1.0):

  npm run example -- single-modality/clustering/scdsc --dataset pbmc4k_top2000 \
    --n-clusters 8 --sigma 0.5 --v 3 --n-enc1 1024 --n-enc3 64 --n-dec1 64 --n-z1 64 \
    --n-neighbors 10 --pretrain-epochs 100 --seed 0 --num-runs 5 --deterministic --controls

mouse_es_klein_1000x900 (1,000 of 2,717 cells, 900 of 24,175 genes); reported ARI on all: .84 (DANCE,
Table 6), .98 or .84 (DANCE 1.0, whose table has both):

  npm run example -- single-modality/clustering/scdsc --dataset mouse_es_klein_1000x900 \
    --n-clusters 4 --sigma 0.1 --v 2 --n-neighbors 10 --pretrain-epochs 50 \
    --seed 0 --num-runs 5 --deterministic --controls

worm_neuron (4,186 x 13,488); reported ARI: .46 current and .65 published (DANCE, Table 6), .46
(DANCE 1.0):

  npm run example -- single-modality/clustering/scdsc --dataset worm_neuron \
    --n-clusters 10 --sigma 0.5 --v 3 --n-enc3 64 --n-dec1 64 --n-z1 64 --n-z2 64 \
    --n-neighbors 10 --pretrain-epochs 100 --seed 0 --num-runs 5 --deterministic --controls

mouse_bladder_2100 (2,100 of 2,746 cells x 20,670); reported ARI on all cells: .65 current and .72
published (DANCE, Table 6), .65 (DANCE 1.0):

  npm run example -- single-modality/clustering/scdsc --dataset mouse_bladder_2100 \
    --n-clusters 16 --sigma 0.5 --v 7 --n-neighbors 50 --pretrain-epochs 100 \
    --seed 0 --num-runs 5 --deterministic --controls

Measured by the benchmark (docs/benchmarks/clustering.md):
default parameters, modelSelection "last", the same on every data set; mean ± deviation over seeds.

  data set                                       genes  epochs     seeds  ARI            NMI            peer ARI
  human_kidney_young_top2000                     2,000  200 + 300  3      0.542 ± 0.050  0.664 ± 0.015  –
  human_kidney_young_top2000, authors' training  2,000  200 + 300  1      0.507          0.685          –
  mouse_bladder_2100                             2,000  200 + 300  3      0.363 ± 0.031  0.603 ± 0.024  0.398 ± 0.058
  mouse_bladder_2100, authors' training          2,000  200 + 300  1      0.473          0.716          –
  mouse_bladder_top2000                          2,000  200 + 300  3      0.416 ± 0.017  0.589 ± 0.025  –
  mouse_bladder_top2000, authors' training       2,000  200 + 300  1      0.510          0.674          –
  mouse_es_klein_1000x900                        900    200 + 300  5      0.752 ± 0.026  0.755 ± 0.018  0.774 ± 0.018
  mouse_es_klein_1000x900, authors' training     900    200 + 300  1      0.745          0.759          –
  pbmc4k_top2000                                 2,000  200 + 300  3      0.583 ± 0.010  0.621 ± 0.006  –
  pbmc4k_top2000, authors' training              2,000  200 + 300  1      0.673          0.722          –
  worm_neuron                                    2,000  200 + 300  3      0.411 ± 0.036  0.531 ± 0.019  –
  worm_neuron, authors' training                 2,000  200 + 300  1      0.341          0.486          –

  npm run bench:clustering -- --datasets human_kidney_young_top2000 --models scdsc --seeds 3 \
    --device blas
  npm run bench:clustering -- --datasets human_kidney_young_top2000 --models scdsc \
    --settings scdsc-authors --seeds 1 --device blas
  npm run bench:clustering -- --datasets mouse_bladder_2100 --models scdsc --seeds 3 --device blas
  npm run bench:clustering -- --datasets mouse_bladder_2100 --models scdsc \
    --settings scdsc-authors --seeds 1 --device blas
  npm run bench:clustering -- --datasets mouse_bladder_top2000 --models scdsc --seeds 3 \
    --device blas
  npm run bench:clustering -- --datasets mouse_bladder_top2000 --models scdsc \
    --settings scdsc-authors --seeds 1 --device blas
  npm run bench:clustering -- --datasets mouse_es_klein_1000x900 --models scdsc --seeds 5 \
    --device blas
  npm run bench:clustering -- --datasets mouse_es_klein_1000x900 --models scdsc \
    --settings scdsc-authors --seeds 1 --device blas
  npm run bench:clustering -- --datasets pbmc4k_top2000 --models scdsc --seeds 3 --device blas
  npm run bench:clustering -- --datasets pbmc4k_top2000 --models scdsc --settings scdsc-authors \
    --seeds 1 --device blas
  npm run bench:clustering -- --datasets worm_neuron --models scdsc --seeds 3 --device blas
  npm run bench:clustering -- --datasets worm_neuron --models scdsc --settings scdsc-authors \
    --seeds 1 --device blas
*/
