/**
 * graph-sc (Ciortan & Defrance, 2022) on a labelled data set or on a file of your own.
 *
 * npm run example -- single-modality/clustering/graphsc --help
 */
import { runExample } from '@dance-ts/cli';
import { GraphSC } from '@dance-ts/clustering';

await runExample({
  model: GraphSC,
  dataset: 'sim-clustering',
  // The authors' experiments cut the embedding by Leiden; k-means would need the number of clusters.
  params: { clusterMethod: 'leiden' },
});

/*
Reproduction. Labels by Leiden on the embedding (300 neighbors, resolution 1), 100 epochs, 3,000
genes, last epoch; labels of the data are used for the scores only. Mean ± standard deviation over
the seeds 0-4, backend wasm-baseline, Node 20, commit ca577ce; sums have been rounded otherwise
since, which changes the loss in the seventh digit. "untrained weights" is the same network before
training; PCA + k-means is told the number of classes.

sim-clustering (embedded, 600 x 1,000), seed 0:

  npm run example -- single-modality/clustering/graphsc --deterministic --controls

worm_neuron (4,186 x 13,488); reported ARI: .57 current and .46 published (DANCE, Table 6), .53
(DANCE 1.0):

  npm run example -- single-modality/clustering/graphsc --dataset worm_neuron \
    --seed 0 --num-runs 5 --deterministic --controls

                                   ARI             NMI             ACC
  graphsc                0.477 ± 0.028   0.733 ± 0.008   0.584 ± 0.023
  untrained weights      0.500 ± 0.040   0.750 ± 0.010   0.614 ± 0.035
  PCA + Leiden           0.409 ± 0.012   0.653 ± 0.002   0.541 ± 0.014
  PCA + k-means          0.492 ± 0.065   0.676 ± 0.027   0.718 ± 0.043
  trained minus untrained, paired by seed: ARI -0.023 ± 0.036

mouse_bladder_2100 (2,100 of 2,746 cells x 20,670); reported ARI on all cells: .68 current and .63
published (DANCE, Table 6), .59 (DANCE 1.0):

  npm run example -- single-modality/clustering/graphsc --dataset mouse_bladder_2100 \
    --seed 0 --num-runs 5 --deterministic --controls

                                   ARI             NMI             ACC
  graphsc                0.617 ± 0.008   0.774 ± 0.004   0.689 ± 0.011
  untrained weights      0.593 ± 0.026   0.750 ± 0.005   0.682 ± 0.047
  PCA + Leiden           0.608 ± 0.015   0.759 ± 0.008   0.696 ± 0.026
  PCA + k-means          0.479 ± 0.032   0.722 ± 0.011   0.589 ± 0.029
  trained minus untrained, paired by seed: ARI +0.024 ± 0.032

On neither set does training change the ARI by more than its spread over seeds: the embedding stays
close to a random projection of the principal components at the published learning rate of 1e-5.

Measured by the benchmark (docs/benchmarks/clustering.md):
default parameters, modelSelection "last", the same on every data set; mean ± deviation over seeds.

  data set                                            genes  epochs  seeds  ARI            NMI            peer ARI
  human_kidney_young_top2000                          2,000  100     5      0.208 ± 0.033  0.509 ± 0.024  –
  human_kidney_young_top2000, the authors' 10 epochs  2,000  10      5      0.612 ± 0.039  0.726 ± 0.013  –
  human_kidney_young_top2000, Leiden                  2,000  100     3      0.616 ± 0.022  0.768 ± 0.005  –
  mouse_bladder_2100                                  2,000  100     5      0.606 ± 0.018  0.784 ± 0.011  –
  mouse_bladder_2100, the authors' 10 epochs          2,000  10      5      0.634 ± 0.061  0.768 ± 0.012  –
  mouse_bladder_2100, Leiden                          2,000  100     3      0.629 ± 0.009  0.783 ± 0.005  –
  mouse_bladder_top2000                               2,000  100     5      0.555 ± 0.030  0.768 ± 0.014  0.580
  mouse_bladder_top2000, the authors' 10 epochs       2,000  10      5      0.577 ± 0.017  0.744 ± 0.014  –
  mouse_bladder_top2000, Leiden                       2,000  100     3      0.590 ± 0.008  0.761 ± 0.007  –
  mouse_es_klein_1000x900                             900    100     5      0.752 ± 0.007  0.752 ± 0.006  0.740
  mouse_es_klein_1000x900, the authors' 10 epochs     900    10      5      0.744 ± 0.007  0.748 ± 0.007  –
  mouse_es_klein_1000x900, Leiden                     900    100     3      0.563 ± 0.001  0.736 ± 0.004  –
  pbmc4k_top2000                                      2,000  100     5      0.367 ± 0.092  0.539 ± 0.036  0.345
  pbmc4k_top2000, the authors' 10 epochs              2,000  10      5      0.696 ± 0.022  0.755 ± 0.006  –
  pbmc4k_top2000, Leiden                              2,000  100     3      0.561 ± 0.001  0.712 ± 0.003  –
  worm_neuron                                         2,000  100     5      0.184 ± 0.088  0.451 ± 0.088  –
  worm_neuron, the authors' 10 epochs                 2,000  10      5      0.433 ± 0.084  0.684 ± 0.037  –
  worm_neuron, Leiden                                 2,000  100     3      0.511 ± 0.047  0.732 ± 0.017  –

  npm run bench:clustering -- --datasets human_kidney_young_top2000 --models graphsc --seeds 5 \
    --device blas
  npm run bench:clustering -- --datasets human_kidney_young_top2000 --models graphsc \
    --settings graphsc-authors --seeds 5 --device blas
  npm run bench:clustering -- --datasets human_kidney_young_top2000 --models graphsc \
    --settings graphsc-leiden --seeds 3 --device blas
  npm run bench:clustering -- --datasets mouse_bladder_2100 --models graphsc --seeds 5 \
    --device blas
  npm run bench:clustering -- --datasets mouse_bladder_2100 --models graphsc \
    --settings graphsc-authors --seeds 5 --device blas
  npm run bench:clustering -- --datasets mouse_bladder_2100 --models graphsc \
    --settings graphsc-leiden --seeds 3 --device blas
  npm run bench:clustering -- --datasets mouse_bladder_top2000 --models graphsc --seeds 5 \
    --device blas
  npm run bench:clustering -- --datasets mouse_bladder_top2000 --models graphsc \
    --settings graphsc-authors --seeds 5 --device blas
  npm run bench:clustering -- --datasets mouse_bladder_top2000 --models graphsc \
    --settings graphsc-leiden --seeds 3 --device blas
  npm run bench:clustering -- --datasets mouse_es_klein_1000x900 --models graphsc --seeds 5 \
    --device blas
  npm run bench:clustering -- --datasets mouse_es_klein_1000x900 --models graphsc \
    --settings graphsc-authors --seeds 5 --device blas
  npm run bench:clustering -- --datasets mouse_es_klein_1000x900 --models graphsc \
    --settings graphsc-leiden --seeds 3 --device blas
  npm run bench:clustering -- --datasets pbmc4k_top2000 --models graphsc --seeds 5 --device blas
  npm run bench:clustering -- --datasets pbmc4k_top2000 --models graphsc \
    --settings graphsc-authors --seeds 5 --device blas
  npm run bench:clustering -- --datasets pbmc4k_top2000 --models graphsc --settings graphsc-leiden \
    --seeds 3 --device blas
  npm run bench:clustering -- --datasets worm_neuron --models graphsc --seeds 5 --device blas
  npm run bench:clustering -- --datasets worm_neuron --models graphsc --settings graphsc-authors \
    --seeds 5 --device blas
  npm run bench:clustering -- --datasets worm_neuron --models graphsc --settings graphsc-leiden \
    --seeds 3 --device blas
*/
