import { registerModel } from '@dance-ts/core';
import { GraphSC } from './graphsc.js';
import { ScGPCL } from './scgpcl.js';
import { ScTAG } from './sctag.js';

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
export {
  ScGPCL,
  type ScGPCLFitParams,
  type ScGPCLParams,
  type ScGPCLPreprocessParams,
} from './scgpcl.js';
export {
  ScTAG,
  type ScTAGFitParams,
  type ScTAGParams,
  type ScTAGPreprocessParams,
} from './sctag.js';

registerModel({
  spec: GraphSC.spec,
  model: GraphSC,
  datasets: ['sim-clustering', 'worm_neuron', 'mouse_bladder_2100'],
});

registerModel({
  spec: ScGPCL.spec,
  model: ScGPCL,
  datasets: ['sim-clustering', 'pbmc4k_top2000', 'worm_neuron'],
});

registerModel({
  spec: ScTAG.spec,
  model: ScTAG,
  datasets: ['sim-clustering', 'worm_neuron', 'mouse_bladder_2100'],
});
