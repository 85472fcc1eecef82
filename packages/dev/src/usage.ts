import type { ModelSpec, Task } from '@dance-ts/core';

/** Lines after the imports; what depends on the task. */
type Usage = (spec: ModelSpec) => { readonly imports: string[]; readonly lines: string[] };

const USAGES: Partial<Record<Task, Usage>> = {
  clustering: ({ id, name }) => ({
    imports: [importOf('@dance-ts/clustering', name), IO],
    lines: [
      "const data = await readDataset('my.h5ad'); // counts in X",
      `const model = new ${name}({ seed: 0 });`,
      'await model.preprocess(data);',
      'await model.fit(data);',
      `await model.annotate(data); // obs['${id}'] and obsm['X_${id}']`,
      "await writeH5ad('clustered.h5ad', data);",
    ],
  }),
  'cell-type-annotation': (spec) =>
    spec.inference === 'inductive' ? fromReference(spec) : fromJoined(spec),
  imputation: ({ id, name }) => ({
    imports: [importOf('@dance-ts/imputation', name), IO],
    lines: [
      "const data = await readDataset('my.h5ad'); // counts in X",
      `const model = new ${name}({ seed: 0 });`,
      'await model.preprocess(data);',
      'await model.fit(data);',
      `await model.annotate(data); // layers['${id}'] and var['${id}_imputed']`,
      "await writeH5ad('imputed.h5ad', data);",
    ],
  }),
};

const IO = importOf('@dance-ts/io', 'readDataset, writeH5ad');

/** How a model is called: a program from file to file. Undefined for tasks without models. */
export function usageOf(spec: ModelSpec): string | undefined {
  const usage = USAGES[spec.task]?.(spec);
  return usage && [...usage.imports, '', ...usage.lines].join('\n');
}

function fromReference({ id, name }: ModelSpec): ReturnType<Usage> {
  return {
    imports: [importOf('@dance-ts/cell-type-annotation', name), IO],
    lines: [
      "const reference = await readDataset('reference.h5ad'); // counts; labels in obs",
      "const query = await readDataset('my.h5ad'); // counts",
      `const model = new ${name}({ seed: 0 });`,
      'await model.preprocess(reference);',
      "await model.fit(reference, { labelKey: 'cell_type' });",
      `await model.annotate(query); // obs['${id}'] and obs['${id}_confidence']`,
      "await writeH5ad('labelled.h5ad', query);",
    ],
  };
}

function fromJoined({ id, name }: ModelSpec): ReturnType<Usage> {
  return {
    imports: [importOf('@dance-ts/cell-type-annotation', `joinQuery, ${name}`), IO],
    lines: [
      "const reference = await readDataset('reference.h5ad'); // counts; labels in obs",
      "const query = await readDataset('my.h5ad'); // counts",
      "const { data, queryRows } = joinQuery(reference, query, 'cell_type');",
      `const model = new ${name}({ seed: 0 });`,
      'await model.preprocess(data);',
      "await model.fit(data, { labelKey: 'cell_type' });",
      'const labelled = data.subset({ obs: queryRows });',
      `await model.annotate(labelled); // obs['${id}'] and obs['${id}_confidence']`,
      "await writeH5ad('labelled.h5ad', labelled);",
    ],
  };
}

function importOf(path: string, names: string): string {
  return `import { ${names} } from '${path}';`;
}
