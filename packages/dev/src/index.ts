export { exampleFile, listExamples } from './examples.js';
export { generatedDocs, outdatedDocs, writeDocs, type GeneratedFile } from './generated-docs.js';
export { markdownTable, replaceRegion } from './markdown.js';
export { mergeModels, parseModelRows, type ModelRow } from './model-rows.js';
export { modelPage, type ModelTexts } from './model-page.js';
export { modelTables, sourcePath, type TableStyle } from './model-tables.js';
export { repositoryRoot } from './repository.js';
export {
  modelSkeleton,
  type Addition,
  type Skeleton,
  type SkeletonFile,
  type SkeletonOptions,
} from './skeleton.js';
