/**
 * scSAG2E (2025) on a labelled data set or on a file of your own.
 *
 * npm run example -- single-modality/clustering/scag2e --help
 */
import { runExample } from '@dance-ts/cli';
import { SCAG2E } from '@dance-ts/clustering';

await runExample({
  model: SCAG2E,
  dataset: 'sim-clustering',
  // Five simulated groups.
  params: { nClusters: 5 },
});

/*
Reproduction. Settings of the authors for each data set: 400 epochs and an embedding of width 32
throughout, learning rate 1e-4 and batches of 1,024 in pre-training, tolerances 1e-4 and 1e-3;
labels of the data are used for the scores only. The authors print no figures with their settings,
so there is none to compare with.

sim-clustering (embedded, 600 x 1,000), seed 0:

  npm run example -- single-modality/clustering/scag2e --deterministic --controls

mouse_es_klein_1000x900 (1,000 of 2,717 cells, 900 of 24,175 genes), settings of Klein, made for the
authors' code, whose product of codes has no gradient:

  npm run example -- single-modality/clustering/scag2e --dataset mouse_es_klein_1000x900 \
    --n-clusters 4 --rec-gamma 1 --cell-gamma 0 --gene-gamma 0 --zinb-gamma 1 --graph-gamma 1 \
    --cell-graph 1e-3 --cell-sparse 1e-3 --lr 1e-3 --compat repo \
    --seed 0 --num-runs 5 --deterministic --controls

human_kidney_young_top2000 (5,685 x 2,000, selected), settings of Young:

  npm run example -- single-modality/clustering/scag2e --dataset human_kidney_young_top2000 \
    --n-clusters 11 --alpha 10 --seed 0 --num-runs 5 --deterministic --controls

pollen_300x8686 (300 x 8,686), settings of Pollen:

  npm run example -- single-modality/clustering/scag2e --dataset pollen_300x8686 \
    --n-clusters 11 --alpha 10 --cell-graph 1e-4 --seed 0 --num-runs 5 --deterministic --controls

biase_fpkm (49 cells), settings of Biase, 3,000 genes:

  npm run example -- single-modality/clustering/scag2e --dataset biase_fpkm \
    --n-clusters 3 --alpha 10 --cell-graph 1e-4 --n-top-genes 3000 \
    --seed 0 --num-runs 5 --deterministic --controls

Measured by the benchmark (docs/benchmarks/clustering.md):
default parameters, modelSelection "last", the same on every data set; mean ± deviation over seeds.

  data set                    genes  epochs  seeds  ARI            NMI            peer ARI
  human_kidney_young_top2000  2,000  276     5      0.629 ± 0.041  0.718 ± 0.022  –
  mouse_bladder_2100          2,000  251     5      0.527 ± 0.050  0.709 ± 0.016  0.499 ± 0.016
  mouse_bladder_top2000       2,000  400     5      0.484 ± 0.020  0.702 ± 0.010  0.499
  mouse_es_klein_1000x900     900    79      5      0.680 ± 0.080  0.700 ± 0.062  0.590 ± 0.193
  pbmc4k_top2000              2,000  212     5      0.767 ± 0.010  0.767 ± 0.010  –
  worm_neuron                 2,000  333     5      0.332 ± 0.097  0.540 ± 0.067  –

  npm run bench:clustering -- --datasets human_kidney_young_top2000 --models scag2e --seeds 5 \
    --device blas
  npm run bench:clustering -- --datasets mouse_bladder_2100 --models scag2e --seeds 5 \
    --device blas
  npm run bench:clustering -- --datasets mouse_bladder_top2000 --models scag2e --seeds 5 \
    --device blas
  npm run bench:clustering -- --datasets mouse_es_klein_1000x900 --models scag2e --seeds 5 \
    --device blas
  npm run bench:clustering -- --datasets pbmc4k_top2000 --models scag2e --seeds 5 --device blas
  npm run bench:clustering -- --datasets worm_neuron --models scag2e --seeds 5 --device blas
*/
