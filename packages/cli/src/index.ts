export { runExample, type Example } from './run-example.js';
export { parseRunFlags, type CommonFlags, type RunFlags } from './run-flags.js';
export { formatSummary } from './summary.js';
