import {
  CellRoster,
  CsrMatrix,
  DenseMatrix,
  FormatError,
  type AnnData,
  type Bundle,
  type SavedTensor,
} from '@dance-ts/core';
import { energiesOf, propagateEnergies, type PropagationOptions } from './energy.js';
import { argmaxOfRows, type Classified } from './query-blocks.js';

/** What the names of saved weights begin with. */
export const NETWORK_PREFIX = 'network/';

/** Cells after training. */
export interface TrainedGraph {
  /** [nCells, nClasses] */
  readonly logits: DenseMatrix;
  /** The graph that joins them, [nCells, nCells]; its values are not used. */
  readonly graph: CsrMatrix;
  /** By class, the genes that speak most for it, the strongest first. */
  readonly genes: readonly (readonly GeneWeight[])[];
  /** Weights of the network up to its logits, by name. */
  readonly weights: readonly [string, SavedTensor][];
}

/** A gene and how much it speaks for a class. */
export interface GeneWeight {
  readonly gene: string;
  /** To first order, by how much the margin of the class falls if no cell expressed the gene. */
  readonly weight: number;
}

/**
 * What a transductive graph network knows of the cells it was trained on: the logits of their
 * classes, and the graph that joins them.
 */
export class GraphCells {
  /**
   * @param roster - the cells
   * @param trained - those that preprocessing kept
   * @param owner - model name, for messages
   */
  constructor(
    private readonly roster: CellRoster,
    readonly trained: TrainedGraph,
    private readonly owner: string,
  ) {}

  /**
   * Class and probabilities of some of the cells; a cell that preprocessing dropped has no class
   * and may be of any.
   *
   * @throws DataError for other cells
   */
  classify(data: AnnData): Classified {
    const rows = this.rowsOf(data);
    const probabilities = softmaxOfRows(this.trained.logits, rows);
    const codes = argmaxOfRows(probabilities).map((code, i) => (rows[i]! < 0 ? -1 : code));
    return { codes, probabilities };
  }

  /**
   * Energies of some of the cells, mixed along the graph; NaN for a cell that preprocessing
   * dropped.
   *
   * @throws DataError for other cells
   */
  energies(data: AnnData, temperature: number, mixing: PropagationOptions): Float32Array {
    const rows = this.rowsOf(data);
    const { logits, graph } = this.trained;
    const energies = propagateEnergies(energiesOf(logits, temperature), graph, mixing);
    return Float32Array.from(rows, (row) => (row < 0 ? NaN : energies[row]!));
  }

  /**
   * Rows of some of the cells, -1 for one that preprocessing dropped.
   *
   * @throws DataError for other cells
   */
  rowsOf(data: AnnData): Int32Array {
    return this.roster.rowsOf(data, this.owner);
  }

  /** Genes that speak for the class of this code. */
  genesOf(code: number): readonly GeneWeight[] {
    return this.trained.genes[code] ?? [];
  }

  /** Parts for a saved model. */
  save(): Bundle {
    const { facts, tensors } = this.roster.save();
    const { logits, graph, genes, weights } = this.trained;
    return {
      facts: { ...facts, genes: genes.map((list) => list.map(({ gene }) => gene)) },
      tensors: new Map<string, SavedTensor>([
        ...tensors,
        ['logits', { shape: logits.shape, data: logits.data }],
        ...genes.map((list, code): [string, SavedTensor] => [
          `genes/${code}`,
          { shape: [list.length], data: Float32Array.from(list, ({ weight }) => weight) },
        ]),
        ['graph/indptr', { shape: [graph.indptr.length], data: graph.indptr }],
        ['graph/indices', { shape: [graph.nnz], data: graph.indices }],
        ...weights,
      ]),
    };
  }

  /**
   * From the parts of a saved model.
   *
   * @throws FormatError if they are missing
   */
  static load(state: Bundle, owner: string): GraphCells {
    const [logits, indptr, indices] = ['logits', 'graph/indptr', 'graph/indices'].map((name) =>
      state.tensors.get(name),
    );
    if (
      !(logits?.data instanceof Float32Array) ||
      !(indptr?.data instanceof Int32Array) ||
      !(indices?.data instanceof Int32Array)
    ) {
      throw new FormatError(`the saved ${owner} has no logits or no graph`, {
        remedy: 'Save the model again.',
      });
    }
    const [n = 0, nClasses = 0] = logits.shape;
    const ones = new Float32Array(indices.data.length).fill(1);
    const graph = new CsrMatrix(n, n, indptr.data, indices.data, ones);
    const genes = savedGenes(state, nClasses, owner);
    const weights = [...state.tensors].filter(([name]) => name.startsWith(NETWORK_PREFIX));
    const trained = { logits: new DenseMatrix(n, nClasses, logits.data), graph, genes, weights };
    return new GraphCells(CellRoster.load(state), trained, owner);
  }
}

function savedGenes(state: Bundle, nClasses: number, owner: string): GeneWeight[][] {
  const { genes: names } = state.facts;
  return Array.from({ length: nClasses }, (_, code) => {
    const own: unknown = Array.isArray(names) ? names[code] : undefined;
    const weights = state.tensors.get(`genes/${code}`)?.data;
    if (Array.isArray(own) && weights !== undefined && weights.length === own.length) {
      return own.map((gene, g) => ({ gene: String(gene), weight: weights[g]! }));
    }
    throw new FormatError(`the saved ${owner} lacks the genes of its classes`, {
      remedy: 'Save the model again.',
    });
  });
}

function softmaxOfRows(logits: DenseMatrix, rows: Int32Array): DenseMatrix {
  const { nCols } = logits;
  const probabilities = DenseMatrix.zeros(rows.length, nCols);
  rows.forEach((row, i) => {
    const target = probabilities.row(i);
    if (row < 0) {
      target.fill(1 / nCols);
      return;
    }
    const own = logits.row(row);
    const largest = own.reduce((a, b) => Math.max(a, b), -Infinity);
    const sum = own.reduce((total, logit) => total + Math.exp(logit - largest), 0);
    own.forEach((logit, c) => {
      target[c] = Math.exp(logit - largest) / sum;
    });
  });
  return probabilities;
}
