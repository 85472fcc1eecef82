export { LinearSVC, type LinearSVCOptions } from './linear-svc.js';
export { SVC, type SVCOptions } from './svc.js';
export type { SvcFit } from './svc-state.js';
