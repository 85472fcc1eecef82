/**
 * ACTINN on a labelled reference and a query of the catalogue, or on files of your own.
 *
 * npm run example -- single-modality/cell-type-annotation/actinn --help
 */
import { ACTINN } from '@dance-ts/cell-type-annotation';
import { runExample } from '@dance-ts/cli';

await runExample({ model: ACTINN, dataset: 'sim-annotation' });
