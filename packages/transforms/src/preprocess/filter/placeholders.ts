import { defineParams, numericColumn, type AnnData, type ParamInput } from '@dance-ts/core';
import { positiveByColumn, positiveByRow } from '../../numeric/positive-counts.js';
import { BaseTransform, type TransformSpec } from '../../transform.js';
import { channelParams } from '../channel-matrix.js';

const params = defineParams({});

/**
 * Keeps every cell and writes `obs.n_counts` and `obs.n_genes`: the choice "no filter" where a
 * search tries one filter of cells after the other.
 *
 * Source: DANCE (FilterCellsPlaceHolder). Used by: search spaces only.
 */
export class FilterCellsPlaceHolder extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'FilterCellsPlaceHolder',
    group: 'filter',
    summary: 'Keeps every cell and writes its counts.',
    source: 'DANCE',
    usedBy: [],
    params,
  };

  /** @throws ParamError for any parameter: it has none */
  constructor(input?: Record<string, unknown>) {
    super(FilterCellsPlaceHolder.spec, input);
  }

  protected override transform(data: AnnData): AnnData {
    const view = data.view();
    view.obs.set('n_counts', numericColumn(data.X.rowSums()));
    view.obs.set('n_genes', numericColumn(positiveByRow(data.X)));
    return view;
  }
}

/**
 * Keeps every gene and writes `var.n_counts` and `var.n_cells`: the choice "no filter" where a
 * search tries one filter of genes after the other.
 *
 * Source: DANCE (FilterGenesPlaceHolder). Used by: search spaces only.
 */
export class FilterGenesPlaceHolder extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'FilterGenesPlaceHolder',
    group: 'filter',
    summary: 'Keeps every gene and writes its counts.',
    source: 'DANCE',
    usedBy: [],
    params,
  };

  /** @throws ParamError for any parameter: it has none */
  constructor(input?: Record<string, unknown>) {
    super(FilterGenesPlaceHolder.spec, input);
  }

  protected override transform(data: AnnData): AnnData {
    const view = data.view();
    view.var.set('n_counts', numericColumn(data.X.columnSums()));
    view.var.set('n_cells', numericColumn(positiveByColumn(data.X)));
    return view;
  }
}

const channels = defineParams({ ...channelParams });

/**
 * Does nothing: the choice "no filter" where a search tries filters to a number of genes.
 *
 * Source: DANCE (FilterGenesNumberPlaceHolder). Used by: search spaces only.
 */
export class FilterGenesNumberPlaceHolder extends BaseTransform<typeof channels> {
  static readonly spec: TransformSpec<typeof channels> = {
    name: 'FilterGenesNumberPlaceHolder',
    group: 'filter',
    summary: 'Does nothing; stands for a filter in a search.',
    source: 'DANCE',
    usedBy: [],
    params: channels,
  };

  /** @throws ParamError for an unknown parameter; those it has are unused */
  constructor(input?: ParamInput<typeof channels>) {
    super(FilterGenesNumberPlaceHolder.spec, input);
  }

  protected override transform(data: AnnData): AnnData {
    return data.view();
  }
}
