export { parseConfig, pipelineFromJson, pipelineFromText } from './pipeline-file.js';
export { PipelinePlanner, SKIP, type TuneMode } from './pipeline-planner.js';
export {
  gridChoices,
  gridSize,
  randomChoices,
  type Choice,
  type SearchRange,
  type SearchSpace,
} from './search-space.js';
