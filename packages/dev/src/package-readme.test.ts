import { describe, expect, test } from '@jest/globals';
import { packageReadme } from './package-readme.js';
import { toyModel } from './testing/toy-model.js';

const manifest = {
  ...{ name: '@toys/clustering', version: '1.0.0', description: 'Toys', license: 'MIT' },
  engines: { node: '>=20' },
};

describe('packageReadme', () => {
  test('has the description, the comment of the index and the models of the task', () => {
    const folder = 'packages/modules/single-modality/clustering';
    const readme = packageReadme({ folder, manifest }, '/**\n * For children.\n */\nexport {};\n', [
      toyModel,
    ]);
    expect(readme).toContain('# @toys/clustering\n\nToys.\n\nFor children.\n\n## Models\n\n');
    expect(readme).toContain('- `Toy`: Doe & Roe, "A toy", Toys 1, 2001\n');
    expect(readme).toContain('Node.js >=20, ES modules. License: MIT.');
  });

  test('has no models for another package', () => {
    const readme = packageReadme({ folder: 'packages/io', manifest }, 'export {};\n', [toyModel]);
    expect(readme).toContain('Toys.\n\nA package of DANCE-TS');
  });
});
