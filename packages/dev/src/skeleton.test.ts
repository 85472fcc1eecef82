import { describe, expect, test } from '@jest/globals';
import { ParamError } from '@dance-ts/core';
import { modelSkeleton, type SkeletonOptions } from './skeleton.js';

const options: SkeletonOptions = {
  task: 'clustering',
  name: 'MyModel',
  paper: 'It\'s "deep" clustering',
  year: 2024,
  authors: "O'Neil et al.",
  venue: 'Journal 1:1',
};

describe('modelSkeleton', () => {
  const { files, registration, contract } = modelSkeleton(options);
  const [model, unitTest, example] = files.map(({ content }) => content);

  test('has a model, a test and an example, named by the lower-case id', () => {
    expect(files.map(({ path }) => path)).toEqual([
      'packages/modules/single-modality/clustering/src/mymodel.ts',
      'packages/modules/single-modality/clustering/src/mymodel.test.ts',
      'examples/single-modality/clustering/mymodel.ts',
    ]);
  });

  test('says what to add where', () => {
    expect(registration.path).toBe('packages/modules/single-modality/clustering/src/index.ts');
    expect(registration.lines.join('\n')).toContain('export {\n  MyModel,\n');
    expect(contract.path).toBe('tests/contract/small-settings.ts');
    expect(contract.lines[0]).toBe('mymodel: {');
    expect(contract.lines.at(-1)).toBe('},');
  });

  test('fills in every placeholder', () => {
    for (const content of [model, unitTest, example]) expect(content).not.toMatch(/__\w+__/);
    expect(model).toContain("id: 'mymodel',");
    expect(model).toContain('year: 2024,');
    expect(example).toContain('single-modality/clustering/mymodel --help');
  });

  test('quotes what it is given', () => {
    expect(model).toContain('authors: "O\'Neil et al.",');
    expect(model).toContain("title: 'It\\'s \"deep\" clustering',");
  });

  test.each([
    ['an unknown task', { task: 'sorting' }, /no task "sorting".*clustering/],
    ['a task without template', { task: 'imputation' }, /no template for imputation/],
    ['a name in lower case', { name: 'myModel' }, /--name.*"myModel"/],
    ['a name with a path', { name: '../Model' }, /--name/],
    ['a name the skeleton uses', { name: 'Adam' }, /"Adam" is a name/],
    ['a year that is none', { year: NaN }, /--year.*NaN/],
    ['a title that ends a comment', { paper: 'x */ process.exit() /*' }, /--paper/],
    ['a title of two lines', { paper: 'x\ny' }, /--paper/],
    ['empty authors', { authors: ' ' }, /--authors/],
  ])('refuses %s', (_, change, message) => {
    const act = (): unknown => modelSkeleton({ ...options, ...change });
    expect(act).toThrow(ParamError);
    expect(act).toThrow(message);
  });
});
