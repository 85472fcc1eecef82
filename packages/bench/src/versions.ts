import { createRequire } from 'node:module';
import { TFJS_VERSION } from '@dance-ts/nn';

/** Versions that can change a result. */
export function versions(): Record<string, string> {
  const require = createRequire(import.meta.url);
  const { version } = require('@dance-ts/core/package.json') as { version: string };
  return { 'dance-ts': version, tfjs: TFJS_VERSION, node: process.versions.node };
}
