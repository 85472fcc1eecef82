import { ParamError, type AnnData, type Matrix } from '@dance-ts/core';
import { z } from 'zod';
import { matrixOf } from './matrix-of.js';

/** Parameters by which a transform finds the matrix to read. */
export const channelParams = {
  channel: z.string().min(1).optional().describe('Key of the layer to read'),
  channelType: z
    .enum(['X', 'layers'])
    .optional()
    .describe('Read X or a layer; if left out, the layer where a channel is named, else X'),
} as const;

/** Values of {@link channelParams}. */
export interface ChannelOptions {
  readonly channel?: string | undefined;
  readonly channelType?: 'X' | 'layers' | undefined;
}

/** The layer that the parameters name; undefined for X. */
export function layerOf(
  { channel, channelType }: ChannelOptions,
  owner: string,
): string | undefined {
  if (channelType === 'X') return undefined;
  if (channelType === 'layers' && channel === undefined) {
    throw new ParamError(`${owner}: parameter "channel"`, {
      got: 'nothing',
      expected: 'the key of a layer, with { channelType: "layers" }',
    });
  }
  return channel;
}

/**
 * The matrix that the parameters name.
 *
 * @param owner - name of the transform, for messages
 * @throws DataError if there is no such layer; ParamError for layers without a channel
 */
export function channelMatrix(data: AnnData, options: ChannelOptions, owner: string): Matrix {
  return matrixOf(data, layerOf(options, owner), owner);
}
