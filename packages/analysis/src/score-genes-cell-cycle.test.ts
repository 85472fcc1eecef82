import { describe, expect, test } from '@jest/globals';
import { AnnData, CsrMatrix, DenseMatrix, Rng, silentReporter } from '@dance-ts/core';
import { FORMER_SYMBOLS, G2M_GENES, S_GENES } from './score-genes-cell-cycle-sets.js';
import { scoreGenesCellCycle } from './score-genes-cell-cycle.js';
import { referenceData, scanpyReference } from './testing/scanpy-reference.js';

const quiet = { reporter: silentReporter };

/*
 * scanpy 1.10.4, see the header of scripts/make-scanpy-reference.py. There are fewer genes in a bin than
 * would be drawn, so that nothing is left to chance.
 */
test('scores and phases are those of scanpy', async () => {
  const reference = scanpyReference();
  const data = referenceData(reference);
  const expected = reference.scores.cell_cycle;
  const { sScore, g2mScore, phase } = await scoreGenesCellCycle(data, {
    sGenes: [...expected.s_genes],
    g2mGenes: [...expected.g2m_genes],
    nBins: expected.n_bins,
    ...quiet,
  });
  expect(phase).toEqual(expected.phase);
  expect(new Set(phase)).toEqual(new Set(['G1', 'G2M', 'S']));
  expected.S_score.forEach((score, cell) => {
    expect(sScore[cell]).toBeCloseTo(score, 12);
    expect(g2mScore[cell]).toBeCloseTo(expected.G2M_score[cell]!, 12);
  });
  expect(data.obs.get('S_score')).toMatchObject({ values: sScore });
  expect(data.obs.get('G2M_score')).toMatchObject({ values: g2mScore });
  expect(data.obs.get('phase')).toMatchObject({
    kind: 'categorical',
    categories: ['G1', 'G2M', 'S'],
  });
});

describe('the sets of Tirosh et al.', () => {
  test('43 and 54 genes, none in both', () => {
    expect(S_GENES).toHaveLength(43);
    expect(G2M_GENES).toHaveLength(54);
    expect(new Set([...S_GENES, ...G2M_GENES]).size).toBe(97);
  });

  /** A cell in S, one in G2/M, one in neither; forty other genes of equal means. */
  function threeCells(rename: (symbol: string) => string): AnnData {
    const rng = Rng.fromSeed(5);
    const others = Array.from({ length: 400 }, (_, i) => `other${i}`);
    const varNames = [...S_GENES, ...G2M_GENES].map(rename).concat(others);
    const rows = [0, 1, 2].map((cell) =>
      varNames.map((_, gene) => {
        const set = gene < 43 ? 0 : gene < 97 ? 1 : 2;
        return set < 2 ? (set === cell ? 3 : 0) : 0.5 + rng.uniform();
      }),
    );
    const X = CsrMatrix.fromDense(DenseMatrix.fromRows(rows));
    return AnnData.fromMatrix(X, { varNames });
  }

  test.each([
    ['as they are', (symbol: string) => symbol],
    ['in the capitals of mouse', (symbol: string) => symbol[0]! + symbol.slice(1).toLowerCase()],
    ['by the symbols of the paper', (symbol: string) => FORMER_SYMBOLS[symbol] ?? symbol],
  ])('are found %s', async (_, rename) => {
    const messages: string[] = [];
    const reporter = {
      ...silentReporter,
      message: (__: string, text: string) => messages.push(text),
    };
    const { phase } = await scoreGenesCellCycle(threeCells(rename), { nBins: 10, reporter });
    expect(phase).toEqual(['S', 'G2M', 'G1']);
    expect(messages).toEqual([]);
  });
});
