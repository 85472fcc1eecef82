import { expect, test } from '@jest/globals';
import '@dance-ts/cell-type-annotation';
import { parseRunFlags } from '@dance-ts/cli';
import '@dance-ts/clustering';
import { listModels } from '@dance-ts/core';

test.each(listModels().map(({ spec }) => [spec.id, spec] as const))(
  'every parameter of %s has a flag',
  (_, spec) => {
    const { params } = parseRunFlags(spec, ['--seed', '1'], { dataset: 'sim' });
    expect(params.fit).toEqual({});
  },
);
