import type { Encoding } from './element.js';
import {
  readCategorical,
  readNullableBoolean,
  readNullableInteger,
  readNullableStrings,
  readPlainColumn,
  readReferencedCategorical,
} from './read-column.js';
import { readCsc, readCsr, readDense } from './read-matrix.js';
import { readFrame, readRecords } from './read-table.js';
import { readDict, readNull, readUnsArray, readUnsTexts } from './read-uns.js';

/**
 * Every encoding of anndata's file format that can be read, by storage kind, type and version, with
 * its reader in each role. A new encoding is one more row.
 */
export const ENCODINGS: readonly Encoding[] = [
  {
    storage: 'dataset',
    type: 'array',
    version: '0.2.0',
    matrix: readDense,
    column: readPlainColumn,
    uns: readUnsArray,
  },
  { storage: 'group', type: 'csr_matrix', version: '0.1.0', matrix: readCsr, uns: readCsr },
  { storage: 'group', type: 'csc_matrix', version: '0.1.0', matrix: readCsc, uns: readCsc },
  { storage: 'group', type: 'dataframe', version: '0.1.0', table: readFrame, uns: readFrame },
  { storage: 'group', type: 'dataframe', version: '0.2.0', table: readFrame, uns: readFrame },
  { storage: 'dataset', type: 'rec-array', version: '0.2.0', table: readRecords, uns: readRecords },
  {
    storage: 'dataset',
    type: 'string-array',
    version: '0.2.0',
    column: readPlainColumn,
    uns: readUnsTexts,
  },
  {
    storage: 'group',
    type: 'categorical',
    version: '0.2.0',
    column: readCategorical,
    uns: readCategorical,
  },
  {
    storage: 'dataset',
    type: 'categorical',
    version: '0.1.0',
    column: readReferencedCategorical,
    uns: readReferencedCategorical,
  },
  {
    storage: 'group',
    type: 'nullable-integer',
    version: '0.1.0',
    column: readNullableInteger,
    uns: readNullableInteger,
  },
  {
    storage: 'group',
    type: 'nullable-boolean',
    version: '0.1.0',
    column: readNullableBoolean,
    uns: readNullableBoolean,
  },
  {
    storage: 'group',
    type: 'nullable-string-array',
    version: '0.1.0',
    column: readNullableStrings,
    uns: readNullableStrings,
  },
  { storage: 'dataset', type: 'string', version: '0.2.0', uns: readUnsTexts },
  { storage: 'dataset', type: 'bytes', version: '0.2.0', uns: readUnsTexts },
  { storage: 'dataset', type: 'numeric-scalar', version: '0.2.0', uns: readUnsArray },
  { storage: 'dataset', type: 'null', version: '0.1.0', uns: readNull },
  { storage: 'group', type: 'dict', version: '0.1.0', uns: readDict },
];
