/**
 * All of DANCE-TS under one name, one namespace a package:
 *
 * ```ts
 * import { clustering, io } from 'dance-ts';
 *
 * const data = await io.readH5ad('my.h5ad');
 * const model = new clustering.GraphSC({ clusterMethod: 'leiden' });
 * await model.preprocess(data);
 * await model.fit(data);
 * ```
 *
 * Programs that care about size import the packages themselves.
 */
export * as analysis from '@dance-ts/analysis';
export * as clustering from '@dance-ts/clustering';
export * as cellTypeAnnotation from '@dance-ts/cell-type-annotation';
export * as core from '@dance-ts/core';
export * as datasets from '@dance-ts/datasets';
export * as imputation from '@dance-ts/imputation';
export * as io from '@dance-ts/io';
export * as metrics from '@dance-ts/metrics';
export * as ml from '@dance-ts/ml';
export * as nn from '@dance-ts/nn';
export * as plotting from '@dance-ts/plotting';
export * as transforms from '@dance-ts/transforms';
