import tseslint from 'typescript-eslint';

/** Which packages a package may import (DANCE-TS layers point down only). */
const LAYERS = {
  core: [],
  kernels: ['core'],
  io: ['core'],
  ml: ['core', 'kernels'],
  metrics: ['core', 'kernels', 'ml'],
  nn: ['core', 'kernels', 'ml'],
  transforms: ['core', 'kernels', 'ml'],
  datasets: ['core', 'io', 'kernels', 'metrics', 'ml', 'nn', 'transforms'],
  analysis: ['core', 'kernels', 'metrics', 'ml', 'transforms'],
  plotting: ['core', 'ml'],
};
const TASKS = ['clustering', 'cell-type-annotation', 'imputation'];
const BELOW_TASKS = ['core', 'datasets', 'io', 'kernels', 'metrics', 'ml', 'nn', 'transforms'];
const ALL = [...Object.keys(LAYERS), ...TASKS, 'bench', 'cli', 'dev'];

const forbidImports = (allowed) => ({
  'no-restricted-imports': [
    'error',
    {
      patterns: [
        {
          group: ALL.filter((name) => !allowed.includes(name)).map((name) => `@dance-ts/${name}`),
          message: 'Dependencies point down only; see docs/architecture.md.',
        },
        ...(allowed.includes('nn') || allowed.includes('kernels:tfjs')
          ? []
          : [{ group: ['@tensorflow/*'], message: 'Only nn and the models use TensorFlow.js.' }]),
      ],
    },
  ],
});

const NO_HIDDEN_STATE = {
  'no-restricted-properties': [
    'error',
    { object: 'Math', property: 'random', message: 'Draw from an Rng stream.' },
    { object: 'Date', property: 'now', message: 'Results must not depend on the clock.' },
    ...['randomNormal', 'randomUniform', 'truncatedNormal', 'multinomial', 'dropout'].map(
      (property) => ({ object: 'tf', property, message: 'Draw from an Rng stream.' }),
    ),
  ],
};

export default tseslint.config(
  { ignores: ['**/dist/', '**/node_modules/', 'docs/api/', '**/assembly/', '**/generated/'] },
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { project: './tsconfig.test.json' } },
    rules: {
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      // `!` is allowed on an indexed access within checked bounds, and nowhere else.
      '@typescript-eslint/no-non-null-assertion': 'off',
      'no-restricted-syntax': [
        'error',
        {
          selector: 'TSNonNullExpression:not(:has(> MemberExpression[computed=true]))',
          message: 'Only an indexed element may be asserted with "!"; check the value instead.',
        },
      ],
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: true },
      ],
    },
  },
  { files: ['packages/**/src/**/*.ts'], ignores: ['**/*.test.ts'], rules: NO_HIDDEN_STATE },
  ...Object.entries(LAYERS).map(([name, allowed]) => ({
    files: [`packages/${name}/src/**/*.ts`],
    rules: forbidImports(name === 'nn' ? [...allowed, 'kernels:tfjs'] : allowed),
  })),
  { files: ['packages/modules/*/*/src/**/*.ts'], rules: forbidImports([...BELOW_TASKS]) },
);
