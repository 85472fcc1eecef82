import { DataError } from '../errors.js';
import { CsrMatrix } from '../matrix/csr-matrix.js';
import type { DenseMatrix } from '../matrix/dense-matrix.js';
import type { Matrix } from '../matrix/matrix.js';
import { asCategorical, type CategoricalColumn } from '../table/column.js';
import { Table } from '../table/table.js';
import type { ChannelConfig, Splits } from './channels.js';
import { copyUns, viewUns, type UnsDict, type UnsValue } from './uns.js';

/** Matrix or table aligned to cells or genes. */
export type Aligned = DenseMatrix | CsrMatrix | Table;

/** Unfiltered data kept aside: all genes, the same cells. */
export interface RawData {
  readonly X: Matrix;
  readonly var: Table;
  readonly varm: Map<string, Aligned>;
}

/** Parts from which an {@link AnnData} is made; X may be absent. */
export interface AnnDataParts {
  readonly X?: Matrix | undefined;
  readonly obs: Table;
  readonly var: Table;
  readonly obsm?: Iterable<readonly [string, Aligned]>;
  readonly varm?: Iterable<readonly [string, Aligned]>;
  readonly obsp?: Iterable<readonly [string, Matrix]>;
  readonly varp?: Iterable<readonly [string, Matrix]>;
  readonly layers?: Iterable<readonly [string, Matrix]>;
  readonly uns?: UnsDict;
  readonly raw?: RawData | undefined;
}

/**
 * Annotated data: a cells x genes matrix with everything known about its cells and genes.
 * Mirrors Python's anndata; cells are rows.
 */
export class AnnData {
  readonly obs: Table;
  readonly var: Table;
  readonly obsm: Map<string, Aligned>;
  readonly varm: Map<string, Aligned>;
  readonly obsp: Map<string, Matrix>;
  readonly varp: Map<string, Matrix>;
  readonly layers: Map<string, Matrix>;
  readonly uns: UnsDict;
  readonly raw: RawData | undefined;
  /** Train, validation and test cells; all cells train unless set. */
  splits: Splits;
  /** Which channels hold features and label. */
  channels: ChannelConfig = {};
  private matrix: Matrix | undefined;

  /** @throws {@link DataError} if a part does not fit the number of cells or genes */
  constructor(parts: AnnDataParts) {
    this.obs = parts.obs;
    this.var = parts.var;
    this.matrix = parts.X;
    this.obsm = new Map(parts.obsm);
    this.varm = new Map(parts.varm);
    this.obsp = new Map(parts.obsp);
    this.varp = new Map(parts.varp);
    this.layers = new Map(parts.layers);
    this.uns = parts.uns ?? new Map<string, UnsValue>();
    this.raw = parts.raw;
    this.splits = {
      train: Int32Array.from({ length: this.nObs }, (_, i) => i),
      val: new Int32Array(0),
      test: new Int32Array(0),
    };
    this.checkShapes();
  }

  /**
   * From a cells x genes matrix; names are generated where none are given.
   *
   * @throws {@link DataError} if the names do not fit the matrix
   */
  static fromMatrix(
    X: Matrix,
    names: { obsNames?: readonly string[]; varNames?: readonly string[] } = {},
  ): AnnData {
    const obs = names.obsNames
      ? new Table(names.obsNames)
      : Table.withGeneratedIndex(X.nRows, 'cell');
    const variables = names.varNames
      ? new Table(names.varNames)
      : Table.withGeneratedIndex(X.nCols, 'gene');
    return new AnnData({ X, obs, var: variables });
  }

  /** Number of cells. */
  get nObs(): number {
    return this.obs.nRows;
  }

  /** Number of genes. */
  get nVars(): number {
    return this.var.nRows;
  }

  /** Cell names. */
  get obsNames(): readonly string[] {
    return this.obs.index;
  }

  /** Gene names. */
  get varNames(): readonly string[] {
    return this.var.index;
  }

  /** True if there is a main matrix. */
  get hasX(): boolean {
    return this.matrix !== undefined;
  }

  /**
   * The main matrix, cells x genes.
   *
   * @throws {@link DataError} if there is none
   */
  get X(): Matrix {
    if (this.matrix === undefined) {
      throw new DataError('the data have no X', {
        remedy: `Set one, for example from a layer (there are: ${[...this.layers.keys()].join(', ') || 'none'}).`,
      });
    }
    return this.matrix;
  }

  /** Replaces the main matrix by one of the same shape. */
  set X(matrix: Matrix) {
    this.checkShape('X', matrix, this.nObs, this.nVars);
    this.matrix = matrix;
  }

  /**
   * A column of `obs` as labels.
   *
   * @throws {@link DataError} if there is no such column, naming those there are
   */
  labels(key: string): CategoricalColumn {
    if (!this.obs.has(key)) {
      throw new DataError(`obs has no label column "${key}"`, {
        got: `columns ${this.obs.columnNames.join(', ') || '(none)'}`,
        remedy: 'Name the column that holds the labels (labelKey, --label-key).',
      });
    }
    return asCategorical(this.obs.get(key));
  }

  /**
   * The given cells and genes, in the given order, as new data (splits are reset to all-train).
   * `raw` keeps its genes.
   */
  subset(selection: { obs?: ArrayLike<number>; var?: ArrayLike<number> }): AnnData {
    const cells = (matrix: Matrix): Matrix =>
      selection.obs === undefined ? matrix : matrix.selectRows(selection.obs);
    const genes = (matrix: Matrix): Matrix =>
      selection.var === undefined ? matrix : matrix.selectColumns(selection.var);
    const rowsOf =
      (rows: ArrayLike<number> | undefined) =>
      (entry: readonly [string, Aligned]): readonly [string, Aligned] =>
        rows === undefined ? withOwnTable(entry) : [entry[0], entry[1].selectRows(rows)];
    const square =
      (rows: ArrayLike<number> | undefined) =>
      ([key, matrix]: readonly [string, Matrix]): readonly [string, Matrix] =>
        rows === undefined ? [key, matrix] : [key, matrix.selectRows(rows).selectColumns(rows)];
    const subset = new AnnData({
      X: this.matrix && genes(cells(this.matrix)),
      obs: selection.obs === undefined ? this.obs.copy() : this.obs.selectRows(selection.obs),
      var: selection.var === undefined ? this.var.copy() : this.var.selectRows(selection.var),
      obsm: [...this.obsm].map(rowsOf(selection.obs)),
      varm: [...this.varm].map(rowsOf(selection.var)),
      obsp: [...this.obsp].map(square(selection.obs)),
      varp: [...this.varp].map(square(selection.var)),
      layers: [...this.layers].map(([key, matrix]) => [key, genes(cells(matrix))] as const),
      uns: copyUns(this.uns),
      raw: this.raw && { ...viewRaw(this.raw), X: cells(this.raw.X) },
    });
    subset.channels = this.channels;
    return subset;
  }

  /**
   * A new AnnData over the same matrices: replacing X, adding columns, layers, embeddings or entries
   * of `uns` to it leaves this one as it was. Arrays are shared and must not be written to.
   */
  view(): AnnData {
    const view = new AnnData({
      X: this.matrix,
      obs: this.obs.view(),
      var: this.var.view(),
      obsm: [...this.obsm].map(withOwnTable),
      varm: [...this.varm].map(withOwnTable),
      obsp: this.obsp,
      varp: this.varp,
      layers: this.layers,
      uns: viewUns(this.uns),
      raw: this.raw && viewRaw(this.raw),
    });
    view.splits = this.splits;
    view.channels = this.channels;
    return view;
  }

  private checkShapes(): void {
    if (this.matrix) this.checkShape('X', this.matrix, this.nObs, this.nVars);
    for (const [key, layer] of this.layers) {
      this.checkShape(`layers["${key}"]`, layer, this.nObs, this.nVars);
    }
    for (const [key, value] of this.obsm) checkRows(`obsm["${key}"]`, value, this.nObs);
    for (const [key, value] of this.varm) checkRows(`varm["${key}"]`, value, this.nVars);
    for (const [key, value] of this.obsp) {
      this.checkShape(`obsp["${key}"]`, value, this.nObs, this.nObs);
    }
    for (const [key, value] of this.varp) {
      this.checkShape(`varp["${key}"]`, value, this.nVars, this.nVars);
    }
    if (this.raw) {
      const nRawVars = this.raw.var.nRows;
      this.checkShape('raw.X', this.raw.X, this.nObs, nRawVars);
      for (const [key, value] of this.raw.varm) checkRows(`raw.varm["${key}"]`, value, nRawVars);
    }
  }

  private checkShape(name: string, matrix: Matrix, nRows: number, nCols: number): void {
    if (matrix.nRows === nRows && matrix.nCols === nCols) return;
    throw new DataError(`${name} does not fit its data`, {
      got: `${matrix.nRows} x ${matrix.nCols}`,
      expected: `${nRows} x ${nCols}`,
    });
  }
}

function withOwnTable([key, value]: readonly [string, Aligned]): readonly [string, Aligned] {
  return [key, value instanceof Table ? value.view() : value];
}

function viewRaw(raw: RawData): RawData {
  return { X: raw.X, var: raw.var.view(), varm: new Map([...raw.varm].map(withOwnTable)) };
}

function checkRows(name: string, value: Aligned, nRows: number): void {
  if (value.nRows === nRows) return;
  throw new DataError(`${name} does not fit its data`, {
    got: `${value.nRows} rows`,
    expected: `${nRows}`,
  });
}
