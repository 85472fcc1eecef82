import { describe, expect, test } from '@jest/globals';
import { benchmarkRows, scoreOverview } from './benchmark-report.js';

const REPORT = `# Benchmark

## mice

| method         | seeds | ARI           |
| -------------- | ----- | ------------- |
| **toy**        | 5     | 0.500 ± 0.010 |
| toy, untrained | 5     | 0.400 ± 0.020 |
| **toyota**     | 5     | 0.100         |
| PCA + k-means  | 5     | 0.700 ± 0.100 |

| method | fit s |
| ------ | ----- |
| toy    | 1.0   |

## men

| method        | seeds | ARI                  |
| ------------- | ----- | -------------------- |
| **toy**       | 1     | 0.900 [0.800, 0.950] |
| PCA + k-means | 1     | 0.950                |

| method        | seeds | ARI   | told − not |
| ------------- | ----- | ----- | ---------- |
| **toy, told** | 1     | 0.990 | +0.090     |
`;

const cells = (table: string | undefined): string[][] | undefined =>
  table
    ?.split('\n')
    .filter((line) => line.startsWith('|') && !line.startsWith('| -'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );

describe('benchmarkRows', () => {
  test('has the scores of one model on all data sets, and those of its untrained network', () => {
    expect(cells(benchmarkRows(REPORT, 'toy'))).toEqual([
      ['data set', 'method', 'seeds', 'ARI'],
      ['mice', '**toy**', '5', '0.500 ± 0.010'],
      ['mice', 'toy, untrained', '5', '0.400 ± 0.020'],
      ['men', '**toy**', '1', '0.900 [0.800, 0.950]'],
      ['data set', 'method', 'seeds', 'ARI', 'told − not'],
      ['men', '**toy, told**', '1', '0.990', '+0.090'],
    ]);
  });

  test('has nothing of a model that was not measured', () => {
    expect(benchmarkRows(REPORT, 'to')).toBeUndefined();
  });
});

describe('scoreOverview', () => {
  test('shows the mean of one score of each method told the same, models first', () => {
    const overview = scoreOverview(REPORT, 'ARI', (id) => `${id}.md`);
    expect(cells(overview)).toEqual([
      ['ARI', 'mice', 'men'],
      ['[toy](toy.md)', '0.500', '0.900'],
      ['[toyota](toyota.md)', '0.100', ''],
      ['toy, untrained', '0.400', ''],
      ['PCA + k-means', '0.700', '0.950'],
    ]);
  });

  test('has nothing of a score that is not in the report', () => {
    expect(scoreOverview(REPORT, 'NMI', String)).toBeUndefined();
  });
});
