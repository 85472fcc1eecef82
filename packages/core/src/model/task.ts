/** The eight tasks. */
export const TASKS = [
  'imputation',
  'cell-type-annotation',
  'clustering',
  'predict-modality',
  'match-modality',
  'joint-embedding',
  'spatial-domain',
  'cell-type-deconvo',
] as const;

/** Name of a task, which is also the name of its package and folder. */
export type Task = (typeof TASKS)[number];

/** The three modules the tasks belong to. */
export type TaskModule = 'single-modality' | 'multi-modality' | 'spatial';

/** The module of a task. */
export function moduleOf(task: Task): TaskModule {
  switch (task) {
    case 'imputation':
    case 'cell-type-annotation':
    case 'clustering':
      return 'single-modality';
    case 'predict-modality':
    case 'match-modality':
    case 'joint-embedding':
      return 'multi-modality';
    case 'spatial-domain':
    case 'cell-type-deconvo':
      return 'spatial';
  }
}
