/**
 * SVM on a labelled reference and a query of the catalogue, or on files of your own.
 *
 * npm run example -- single-modality/cell-type-annotation/svm --help
 */
import { SVM } from '@dance-ts/cell-type-annotation';
import { runExample } from '@dance-ts/cli';

await runExample({ model: SVM, dataset: 'sim-annotation' });
