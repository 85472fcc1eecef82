/** Cases of layers and training steps; inputs come from inputs.mjs, with the seeds of steps.py. */
import { OWN_STEPS } from './own-steps.mjs';

const GRAPH = { nodes: 4000, draws: 6 };

/** @type {import('./harness.mjs').BenchCase[]} */
const CASES = [
  {
    name: 'ZINB autoencoder step',
    aim: 0.85,
    blasAim: 1.4,
    sizes: { batch: 256, genes: 2000, hidden: [256, 64], latent: 32, density: 0.15 },
    peerCase: 'zinb_ae_step',
  },
  {
    name: 'small step',
    aim: 0.5,
    sizes: { batch: 64, widths: [300, 64, 32, 64, 300] },
    peerCase: 'small_step',
  },
  {
    name: 'GCN layer',
    aim: 0.38,
    blasAim: 1,
    sizes: { ...GRAPH, nIn: 512, nOut: 128 },
    peerCase: 'gcn',
  },
  {
    name: 'GAT layer',
    aim: 0.9,
    sizes: { ...GRAPH, nIn: 512, heads: 4, width: 32, slope: 0.2 },
    peerCase: 'gat',
  },
  {
    name: 'inner product decoder',
    aim: 1,
    sizes: { ...GRAPH, latent: 32 },
    peerCase: 'inner_product_bce',
  },
];

/** With our side of each. */
export const STEP_CASES = CASES.map((benchCase) => ({
  ...benchCase,
  prepare: OWN_STEPS[benchCase.peerCase],
}));
