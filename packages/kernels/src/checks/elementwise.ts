import type { PowerArgs, UnaryArgs } from '../contract/elementwise.js';
import { checkLength } from './basic.js';

/** Throws unless there is room for the results. */
export function checkElementwise({ x, out }: Pick<UnaryArgs | PowerArgs, 'x' | 'out'>): void {
  checkLength('out', out, x.length);
}
