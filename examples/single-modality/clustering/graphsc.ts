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
