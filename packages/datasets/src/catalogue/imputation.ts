import type { DatasetEntry } from './entry.js';

/**
 * Data sets of the imputation task. Sets of other tasks with whole UMI counts serve it too: see
 * `alsoFor`.
 */
export const imputationDatasets: readonly DatasetEntry[] = [
  {
    name: 'sim-imputation',
    task: 'imputation',
    title: 'Simulated cells in five groups, with the counts before dropout (embedded)',
    file: null,
    nObs: 400,
    nVars: 500,
    labelKey: 'cell_type',
    nClasses: 5,
    values: 'simulated counts after dropout',
    paper: 'Zappia, Phipson & Oshlack, Genome Biology 18:174, 2017 (method)',
    source: null,
    note:
      'Made by simulateSingleCell with fixed parameters and seed; layers TrueCounts (before ' +
      'dropout) and BaseCellMeans (expected counts).',
  },
  {
    name: 'sim-imputation-null',
    task: 'imputation',
    title: 'Simulated cells of one group, genes independent: nothing to learn (embedded)',
    file: null,
    nObs: 400,
    nVars: 500,
    labelKey: 'cell_type',
    nClasses: 1,
    values: 'simulated counts after dropout',
    paper:
      'Zappia, Phipson & Oshlack, Genome Biology 18:174, 2017 (method); ' +
      'Andrews & Hemberg, F1000Research 7:1740, 2018 (use)',
    source: null,
    note:
      'One group and one library size: structure among its cells or genes after imputation was ' +
      'put there by the model. Layers as in sim-imputation.',
  },
  {
    name: 'grun_mesc_251',
    task: 'imputation',
    alsoFor: ['clustering'],
    title: 'Mouse ES cells in 2i and serum, single cells and pool-and-split controls',
    file: {
      path: 'imputation/grun_mesc_251.h5ad',
      sha256: 'bd8a5d157fcca7e999b955b04184860f09efa45e0cd30d6016fb5d7fd1507268',
      bytes: 5267000,
    },
    nObs: 251,
    nVars: 12184,
    labelKey: 'cell_type',
    nClasses: 4,
    values: 'UMI counts corrected for collisions, not whole numbers',
    paper: 'Gruen, Kester & van Oudenaarden, Nature Methods 11:637, 2014 (CEL-seq)',
    origin: 'GEO GSE54695; github.com/ChenMengjie/VIPER @0170c27b8970: data/grun.rda',
    source: null,
    note: 'Not whole numbers: count splitting refuses them. Labels are the conditions in the cell names.',
  },
  {
    name: 'zeisel_saver_200',
    task: 'imputation',
    title: 'Mouse cortex and hippocampus, 200 cells x 3,529 well covered genes',
    file: {
      path: 'imputation/zeisel_saver_200.h5ad',
      sha256: 'ca3d11585d4c2fcbf0ad79ce5c04fc5cadbb847370c9dbe2cf0fd070ee658971',
      bytes: 1283266,
    },
    nObs: 200,
    nVars: 3529,
    nClasses: 0,
    values: 'raw counts',
    paper: 'Zeisel 2015 (STRT-seq UMI), the cut SAVER uses as truth (Huang 2018)',
    origin: 'GEO GSE60361; github.com/mohuangx/SAVER @f28d719c1b77: data/linnarsson.rda',
    source: null,
    note: 'Few zeros (21 %): mask or thin it. No labels.',
  },
];
