import { describe, expect, test } from '@jest/globals';
import { measuredSection, withMeasured, withoutMeasured } from './measured.js';
import { toyModel } from './testing/toy-model.js';

const REPORT = `# Benchmark

## mice

| method                 | genes | seeds | ARI           | peer ARI             | peak |
| ---------------------- | ----- | ----- | ------------- | -------------------- | ---- |
| **graphsc**            | 900   | 2     | 0.500 ± 0.100 | 0.510, **as good**   | 7    |
| **graphsc, Leiden**    | 900   | 1     | 0.600         | –                    | 7    |
| graphsc, untrained     | 900   | 2     | 0.100         |                      | 7    |
| **graphscan**          | 900   | 2     | 0.900         |                      | 7    |

    npm run bench:clustering -- --datasets mice --models graphsc --seeds 2 --device blas
    npm run bench:clustering -- --datasets mice --models graphscan --seeds 2 --device blas

## some_very_long_name_of_a_data_set

| method      | genes | seeds | ARI   | stability | peer ARI        |
| ----------- | ----- | ----- | ----- | --------- | --------------- |
| **graphsc** | 20    | 1     | 0.300 | –         | 0.2, ours 1.50× |

    npm run bench:clustering -- --datasets some_very_long_name_of_a_data_set --models graphsc --seeds 1 --device blas

## Null

| method      | seeds | inflation |
| ----------- | ----- | --------- |
| **graphsc** | 2     | 0.01      |
`;

const SECTION = `Measured by the benchmark (docs/benchmarks/clustering.md):
default parameters, the same on every data set; mean ± deviation over seeds.

  data set                           genes  seeds  ARI            peer ARI
  mice                               900    2      0.500 ± 0.100  0.510
  mice, Leiden                       900    1      0.600          –
  some_very_long_name_of_a_data_set  20     1      0.300          0.2

  npm run bench:clustering -- --datasets mice --models graphsc --seeds 2 --device blas
  npm run bench:clustering -- --datasets some_very_long_name_of_a_data_set --models graphsc \\
    --seeds 1 --device blas`;

const EXAMPLE = 'await runExample({});\n\n/*\nReproduction.\n\n  npm run x\n*/\n';

describe('what was measured', () => {
  const section = measuredSection(REPORT, 'docs/benchmarks/clustering.md', toyModel.spec);

  test('are the scores of the model and the commands, with broken lines', () => {
    expect(section).toBe(SECTION);
  });

  test('say what brackets are where there are any', () => {
    const text = measuredSection(REPORT.replace('0.600', '0.6 [0.5, 0.7]'), 'x.md', toyModel.spec);
    expect(text).toContain('over seeds [95 % interval].\n');
    expect(text).toMatch(/mice, Leiden .* 0\.6 \[0\.5, 0\.7\] /);
  });

  test('is nothing where the model is not in the report', () => {
    expect(measuredSection('# Benchmark\n', 'x.md', toyModel.spec)).toBeUndefined();
  });

  test('ends the closing comment of an example, once', () => {
    const once = withMeasured(EXAMPLE, section);
    expect(once).toBe(EXAMPLE.replace('\n*/', `\n\n${SECTION}\n*/`));
    expect(withMeasured(once, 'Measured by the benchmark: anew')).toBe(
      EXAMPLE.replace('\n*/', '\n\nMeasured by the benchmark: anew\n*/'),
    );
    expect(withoutMeasured(once)).toBe(EXAMPLE);
    expect(withMeasured(once, undefined)).toBe(EXAMPLE);
  });

  test('is not added to an example that has no such comment', () => {
    expect(withMeasured('await runExample({});\n', section)).toBe('await runExample({});\n');
  });
});
