import { ParamError } from '@dance-ts/core';
import type { ZinbArgs } from '../contract/likelihood.js';
import { checkLength, checkSize } from './basic.js';

/** Throws unless all arrays fit the sizes. */
export function checkZinb(args: ZinbArgs): void {
  const { rows, columns, dropout, dropoutGradient, sizeFactors } = args;
  checkSize('rows', rows);
  checkSize('columns', columns);
  const matrices = ['counts', 'mean', 'dispersion', 'meanGradient', 'dispersionGradient'] as const;
  for (const name of matrices) checkLength(name, args[name], rows * columns);
  checkLength('rowLoss', args.rowLoss, rows);
  if (sizeFactors !== undefined) checkLength('sizeFactors', sizeFactors, rows);
  if (dropout === undefined) return;
  checkLength('dropout', dropout, rows * columns);
  if (dropoutGradient === undefined) {
    throw new ParamError('The kernel array dropoutGradient is missing', {
      expected: 'an array as long as dropout',
    });
  }
  checkLength('dropoutGradient', dropoutGradient, rows * columns);
}
