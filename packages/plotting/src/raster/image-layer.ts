import { pngDataUri } from './png-data-uri.js';
import type { Raster } from './raster-points.js';

/** A layer of a plot: an image that fills it, whatever its own number of pixels. */
export function imageLayer(raster: Raster, { width, height }: { width: number; height: number }) {
  return {
    data: { values: [{}] },
    mark: {
      type: 'image',
      url: pngDataUri(raster),
      ...{ x: 0, y: 0, width, height },
      ...{ align: 'left', baseline: 'top', aspect: false },
    },
  };
}
