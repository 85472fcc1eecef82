import { registerModel } from '@dance-ts/core';
import { GraphSC } from './graphsc.js';

export { ClusteringModel, type Clustering } from './clustering-model.js';
export {
  GraphSC,
  type GraphSCFitParams,
  type GraphSCParams,
  type GraphSCPreprocessParams,
} from './graphsc.js';

registerModel({
  spec: GraphSC.spec,
  model: GraphSC,
  datasets: ['sim-clustering', 'worm_neuron', 'mouse_bladder_2100'],
});
