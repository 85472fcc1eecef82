import { registerModel } from '@dance-ts/core';
import { GraphSC } from './graphsc.js';

export {
  ClusteringModel,
  SoftClusteringModel,
  type Clustering,
  type SoftClustering,
} from './clustering-model.js';
export {
  GraphSC,
  type GraphSCFitParams,
  type GraphSCParams,
  type GraphSCPreprocessParams,
} from './graphsc.js';
export { PretrainedClusteringModel } from './pretraining.js';

registerModel({
  spec: GraphSC.spec,
  model: GraphSC,
  datasets: ['sim-clustering', 'worm_neuron', 'mouse_bladder_2100'],
});
