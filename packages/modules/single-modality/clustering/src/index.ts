import { registerModel } from '@dance-ts/core';
import { GraphSC } from './graphsc.js';
import { SCAG2E } from './scag2e.js';
import { ScDCC } from './scdcc.js';
import { ScDeepCluster } from './scdeepcluster.js';
import { ScDSC } from './scdsc.js';
import { ScGPCL } from './scgpcl.js';
import { ScTAG } from './sctag.js';
import { ScTPF } from './sctpf.js';

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
  SCAG2E,
  type SCAG2EFitParams,
  type SCAG2EParams,
  type SCAG2EPreprocessParams,
} from './scag2e.js';
export {
  ScDSC,
  type ScDSCFitParams,
  type ScDSCParams,
  type ScDSCPreprocessParams,
} from './scdsc.js';
export {
  ScGPCL,
  type ScGPCLFitParams,
  type ScGPCLParams,
  type ScGPCLPreprocessParams,
} from './scgpcl.js';
export {
  ScDCC,
  type ScDCCFitParams,
  type ScDCCParams,
  type ScDCCPreprocessParams,
} from './scdcc.js';
export {
  ScDeepCluster,
  type ScDeepClusterFitParams,
  type ScDeepClusterParams,
  type ScDeepClusterPreprocessParams,
} from './scdeepcluster.js';
export {
  ScTAG,
  type ScTAGFitParams,
  type ScTAGParams,
  type ScTAGPreprocessParams,
} from './sctag.js';
export {
  ScTPF,
  type ScTPFFitParams,
  type ScTPFParams,
  type ScTPFPreprocessParams,
} from './sctpf.js';

registerModel({
  spec: GraphSC.spec,
  model: GraphSC,
  datasets: ['sim-clustering', 'worm_neuron', 'mouse_bladder_2100'],
});

registerModel({
  spec: ScDSC.spec,
  model: ScDSC,
  datasets: ['sim-clustering', 'worm_neuron', 'mouse_bladder_2100'],
});

registerModel({
  spec: ScGPCL.spec,
  model: ScGPCL,
  datasets: ['sim-clustering', 'pbmc4k_top2000', 'worm_neuron'],
});

registerModel({
  spec: ScDeepCluster.spec,
  model: ScDeepCluster,
  datasets: [
    ...['sim-clustering', 'pbmc4k_top2000', 'mouse_es_klein_1000x900', 'worm_neuron'],
    'mouse_bladder_top2000',
  ],
});

registerModel({
  spec: ScTAG.spec,
  model: ScTAG,
  datasets: ['sim-clustering', 'worm_neuron', 'mouse_bladder_2100'],
});

registerModel({
  spec: ScTPF.spec,
  model: ScTPF,
  datasets: ['sim-clustering', 'worm_neuron', 'mouse_bladder_2100'],
});

registerModel({
  spec: SCAG2E.spec,
  model: SCAG2E,
  datasets: ['sim-clustering', 'human_kidney_young_top2000', 'mouse_es_klein_1000x900'],
});

registerModel({
  spec: ScDCC.spec,
  model: ScDCC,
  datasets: [
    ...['sim-clustering', 'pbmc4k_top2000', 'mouse_es_klein_1000x900', 'worm_neuron'],
    'mouse_bladder_top2000',
  ],
});
