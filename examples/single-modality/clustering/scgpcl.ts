/**
 * scGPCL (Lee et al., 2023) on a labelled data set or on a file of your own.
 *
 * npm run example -- single-modality/clustering/scgpcl --help
 */
import { runExample } from '@dance-ts/cli';
import { ScGPCL } from '@dance-ts/clustering';

await runExample({
  model: ScGPCL,
  dataset: 'sim-clustering',
  // Simulated sets keep all genes; the number of clusters is that of the embedded set.
  params: { nClusters: 5, hvg: 1 },
});

/*
Reproduction. The number of clusters is given, as in the paper; pre-training of at most 200 epochs
(100 before the prototypical loss), clustering phase until less than 0.1 % of the cells change,
labels of the last epoch; labels of the data are used for the scores only.

sim-clustering (embedded, 600 x 1,000), seed 0; a short run:

  npm run example -- single-modality/clustering/scgpcl --pretrain-epochs 30 --warmup 20 \
    --epochs 20 --deterministic --controls

10X PBMC, 4,271 cells with the 2,000 genes the source selected, so that all of them are kept;
reported on 4,340 cells x 19,773 genes of which 20 % are kept: NMI .7758, ACC .8228, ARI .7846
(authors' weights), NMI .7468, ACC .7341, ARI .6805 (mean of 3 independent runs at a learning rate
of 1e-4):

  npm run example -- single-modality/clustering/scgpcl --dataset pbmc4k_top2000 \
    --n-clusters 8 --hvg 1 --pretrain-lr 1e-3 \
    --seed 0 --num-runs 3 --deterministic --controls

worm_neuron (4,186 x 13,488); reported: NMI .7563, ACC .7040, ARI .5400 (authors' weights),
NMI .7550, ACC .7258, ARI .5848 (mean of 3 independent runs):

  npm run example -- single-modality/clustering/scgpcl --dataset worm_neuron \
    --n-clusters 10 --hvg 0.2 --pretrain-lr 1e-4 \
    --seed 0 --num-runs 3 --deterministic --controls

mouse_bladder_2100 (2,100 of 2,746 cells x 20,670); reported on all cells: NMI .7501, ACC .6806,
ARI .5869 (authors' weights), NMI .7296, ACC .6022, ARI .4562 (mean of 3 independent runs at a
learning rate of 1e-4):

  npm run example -- single-modality/clustering/scgpcl --dataset mouse_bladder_2100 \
    --n-clusters 16 --hvg 0.2 --pretrain-lr 1e-5 \
    --seed 0 --num-runs 3 --deterministic --controls

Measured by the benchmark (docs/benchmarks/clustering.md):
default parameters, modelSelection "last", the same on every data set; mean ± deviation over seeds.

  data set                    genes  epochs     seeds  ARI            NMI            peer ARI
  human_kidney_young_top2000  2,000  189 + 138  3      0.527 ± 0.015  0.727 ± 0.024  –
  mouse_bladder_2100          2,000  200 + 200  3      0.548 ± 0.068  0.746 ± 0.013  –
  mouse_bladder_top2000       2,000  200 + 101  3      0.623 ± 0.101  0.783 ± 0.015  –
  mouse_es_klein_1000x900     900    103 + 35   5      0.775 ± 0.041  0.794 ± 0.037  0.780 ± 0.058
  pbmc4k_top2000              2,000  173 + 110  3      0.729 ± 0.018  0.752 ± 0.013  –
  worm_neuron                 2,000  185 + 83   3      0.557 ± 0.023  0.727 ± 0.005  –

  npm run bench:clustering -- --datasets human_kidney_young_top2000 --models scgpcl --seeds 3 \
    --device blas
  npm run bench:clustering -- --datasets mouse_bladder_2100 --models scgpcl --seeds 3 \
    --device blas
  npm run bench:clustering -- --datasets mouse_bladder_top2000 --models scgpcl --seeds 3 \
    --device blas
  npm run bench:clustering -- --datasets mouse_es_klein_1000x900 --models scgpcl --seeds 5 \
    --device blas
  npm run bench:clustering -- --datasets pbmc4k_top2000 --models scgpcl --seeds 3 --device blas
  npm run bench:clustering -- --datasets worm_neuron --models scgpcl --seeds 3 --device blas
*/
