/**
 * scTPF (Mrabah et al., 2023) on a labelled data set or on a file of your own.
 *
 * npm run example -- single-modality/clustering/sctpf --help
 */
import { runExample } from '@dance-ts/cli';
import { ScTPF } from '@dance-ts/clustering';

await runExample({ model: ScTPF, dataset: 'sim-clustering', params: { nClusters: 5 } });

/*
Reproduction. 15 neighbors, 50 components, last epoch; labels of the data are used for the scores
only. The authors print the highest value of each metric over all epochs, which looks at the labels:
--model-selection ari picks the epoch that way.

sim-clustering (embedded, 600 x 1,000):

  npm run example -- single-modality/clustering/sctpf --deterministic --controls

worm_neuron (4,186 x 13,488); no figures have been reported:

  npm run example -- single-modality/clustering/sctpf --dataset worm_neuron --n-clusters 10 \
    --n-top-genes 2000 --seed 0 --num-runs 5 --deterministic --controls

mouse_bladder_2100 (2,100 of 2,746 cells x 20,670); no figures have been reported:

  npm run example -- single-modality/clustering/sctpf --dataset mouse_bladder_2100 \
    --n-clusters 16 --n-top-genes 2000 --seed 0 --num-runs 5 --deterministic --controls

The authors' settings for each of their data sets (files of your own, --input FILE --label-key KEY,
with --min-cell-fraction 0 --stop-fraction 1 --n-clusters K):

  Muraro (2,122 cells, 9 classes)
    --n-top-genes 1500 --pretrain-epochs 300 --epochs 500 --epsilon 0.7 --k-cc 2
  Plasschaert (6,977, 8)
    --n-top-genes 1500 --pretrain-epochs 300 --epochs 200 --epsilon 0.7 --k-cc 2
  Quake 10x limb muscle (3,909, 6)
    --n-top-genes 2000 --pretrain-epochs 200 --epochs 160 --epsilon 0.92 --k-cc 2
  Quake Smart-seq2 diaphragm (870, 5)
    --n-top-genes 2000 --pretrain-epochs 300 --epochs 160 --epsilon 0.86 --k-cc 4 \
    --zeta 0.8 --k-outlier 120
  Quake Smart-seq2 heart (4,365, 8)
    --n-top-genes 2000 --pretrain-epochs 300 --epochs 128 --epsilon 0.93 --k-cc 6
  Quake Smart-seq2 limb muscle (1,090, 6)
    --n-top-genes 1000 --pretrain-epochs 200 --epochs 500 --epsilon 0.92 --k-cc 4
  Wang lung (9,519, 2)
    --n-top-genes 500 --pretrain-epochs 400 --epochs 300 --epsilon 0.95 --k-cc 2
  Young (5,685, 11)
    --n-top-genes 500 --pretrain-epochs 500 --epochs 250 --epsilon 0.8 --k-cc 6 \
    --update-interval 2 --zeta 0.8

Measured by the benchmark (docs/benchmarks/clustering.md):
default parameters, modelSelection "last", the same on every data set; mean ± deviation over seeds.

  data set                    genes  epochs     seeds  ARI            NMI            peer ARI
  human_kidney_young_top2000  2,000  300 + 500  3      0.541 ± 0.020  0.717 ± 0.014  –
  mouse_bladder_2100          2,000  300 + 500  3      0.526 ± 0.017  0.747 ± 0.006  –
  mouse_bladder_top2000       2,000  300 + 500  3      0.544 ± 0.025  0.751 ± 0.004  –
  mouse_es_klein_1000x900     900    300 + 10   5      0.965 ± 0.003  0.943 ± 0.003  0.967 ± 0.005
  pbmc4k_top2000              2,000  300 + 24   3      0.665 ± 0.002  0.758 ± 0.002  –
  worm_neuron                 2,000  300 + 500  3      0.368 ± 0.022  0.635 ± 0.013  –

  npm run bench:clustering -- --datasets human_kidney_young_top2000 --models sctpf --seeds 3 \
    --device blas
  npm run bench:clustering -- --datasets mouse_bladder_2100 --models sctpf --seeds 3 --device blas
  npm run bench:clustering -- --datasets mouse_bladder_top2000 --models sctpf --seeds 3 \
    --device blas
  npm run bench:clustering -- --datasets mouse_es_klein_1000x900 --models sctpf --seeds 5 \
    --device blas
  npm run bench:clustering -- --datasets pbmc4k_top2000 --models sctpf --seeds 3 --device blas
  npm run bench:clustering -- --datasets worm_neuron --models sctpf --seeds 3 --device blas
*/
