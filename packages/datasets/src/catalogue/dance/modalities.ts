import type { Task } from '@dance-ts/core';
import type { DanceDataset } from './entry.js';

type ModalityTask = 'predict-modality' | 'match-modality' | 'joint-embedding';

/** DANCE's short names of the sets of the NeurIPS 2021 competition. */
const ALIASES: Readonly<Record<string, string>> = {
  openproblems_bmmc_cite_phase2_rna: 'gex2adt',
  openproblems_bmmc_cite_phase2_mod2: 'adt2gex',
  openproblems_bmmc_multiome_phase2_rna: 'gex2atac',
  openproblems_bmmc_multiome_phase2_mod2: 'atac2gex',
  openproblems_bmmc_cite_phase2_rna_subset: 'gex2adt_subset',
  openproblems_bmmc_cite_phase2: 'adt',
  openproblems_bmmc_multiome_phase2: 'atac',
};

const SUFFIXES: Readonly<Record<ModalityTask, readonly string[]>> = {
  'predict-modality': ['train_mod1', 'train_mod2', 'test_mod1', 'test_mod2'],
  'match-modality': ['train_mod1', 'train_mod2', 'train_sol', 'test_mod1', 'test_mod2', 'test_sol'],
  'joint-embedding': ['mod1', 'mod2', 'train_mod1', 'train_mod2', 'solution'],
};

const SPLITS: Readonly<Record<ModalityTask, string>> = {
  'predict-modality': 'by the files: train and test',
  'match-modality': 'by the files: train and test; the _sol files say which cells belong together',
  'joint-embedding': 'the cells of the train files first',
};

const COMPETITION = [
  'cite_phase2_mod2',
  'cite_phase2_rna',
  'multiome_phase2_mod2',
  'multiome_phase2_rna',
  'cite_phase2_rna_subset',
];
const GENE_TO_PEAKS = [
  'GSE127064_AdBrain_gex2atac',
  'GSE127064_p0Brain_gex2atac',
  'GSE117089_mouse_gex2atac',
  'GSE117089_sciCAR_gex2atac',
];
const SHARE_SEQ = [
  '3T3_HG19',
  '3T3_MM10',
  '12878.rep2',
  '12878.rep3',
  'K562_HG19',
  'K562_MM10',
  'LUNG',
];
const OTHERS = ['5k_pbmc_subset', '10k_pbmc', 'pbmc_cite'];

const SHARED = [
  ...COMPETITION.map((name) => `openproblems_bmmc_${name}`),
  ...OTHERS,
  ...GENE_TO_PEAKS,
  ...SHARE_SEQ.map((name) => `GSE140203_${name}_atac2gex`),
];

const NAMES: Readonly<Record<ModalityTask, readonly string[]>> = {
  'predict-modality': [
    ...SHARED,
    '5k_pbmc',
    'openproblems_2022_multi_atac2gex',
    'openproblems_2022_cite_gex2adt',
  ],
  'match-modality': [
    ...SHARED,
    'openproblems_2022_multi_atac2gex_subset',
    'openproblems_2022_cite_gex2adt_subset',
  ],
  'joint-embedding': [
    'openproblems_bmmc_cite_phase2',
    'openproblems_bmmc_multiome_phase2',
    'GSE140203_BRAIN_atac2gex',
    'GSE140203_SKIN_atac2gex',
    'openproblems_2022_cite_gex2adt',
    'openproblems_2022_multi_atac2gex',
  ],
};

/** The sets of the three tasks on two modalities. */
export const danceModalities: readonly DanceDataset[] = (
  ['predict-modality', 'match-modality', 'joint-embedding'] as const
).flatMap((task) => NAMES[task].map((name) => modalitySet(task, name)));

function modalitySet(task: ModalityTask, name: string): DanceDataset {
  const alias = ALIASES[name];
  return {
    ...{ name, task: task satisfies Task, title: titleOf(name), origin: originOf(name) },
    ...(alias === undefined ? {} : { aliases: [alias] }),
    files: filesOf(task, name).map((file) => `${name}/${file}`),
    splits: SPLITS[task],
    loader: 'loadDanceModalities',
  };
}

function filesOf(task: ModalityTask, name: string): string[] {
  const files = SUFFIXES[task].map((suffix) => `${name}.${infixOf(name)}.output_${suffix}.h5ad`);
  if (task !== 'joint-embedding' || !name.startsWith('openproblems_bmmc')) return files;
  // The sets of the competition have cells to explore under names of their own.
  const [kind, second] = name.includes('cite') ? ['cite', 'adt'] : ['multiome', 'atac'];
  files[2] = `${kind}_gex_processed_training.h5ad`;
  files[3] = `${kind}_${second}_processed_training.h5ad`;
  return files;
}

/** Part of the file names that tells where the data are from. */
function infixOf(name: string): string {
  if (name.startsWith('openproblems_2022')) return 'open_dataset';
  if (name.startsWith('GSE140203')) return 'GSE140203_dataset';
  // DANCE's folders have another number than its files, which have that of the study.
  if (name.startsWith('GSE127064')) return 'GSE126074_dataset';
  if (name.startsWith('GSE117089')) return 'GSE117089_dataset';
  if (name === '10k_pbmc') return '10kanti_dataset_subset';
  if (name.startsWith('5k_pbmc')) return '5kanti_dataset';
  return name === 'pbmc_cite' ? 'citeanti_dataset' : 'censor_dataset';
}

function originOf(name: string): string {
  if (name.startsWith('openproblems_bmmc')) {
    return 'GEO GSE194122; s3://openproblems-bio/public (NeurIPS 2021 competition)';
  }
  if (name.startsWith('openproblems_2022')) {
    return 'kaggle.com/competitions/open-problems-multimodal';
  }
  if (name.startsWith('GSE127064')) return 'GEO GSE126074 (SNARE-seq)';
  if (name.startsWith('GSE')) return `GEO ${name.slice(0, 9)}`;
  return name === 'pbmc_cite' ? 'GEO GSE100866 (CITE-seq)' : '10xgenomics.com/datasets (PBMC, v3)';
}

function titleOf(name: string): string {
  if (name.startsWith('openproblems_bmmc')) {
    const part = name.includes('subset') ? ', a subset' : '';
    return `Human bone marrow, ${name.includes('cite') ? 'CITE-seq' : 'multiome'}${part}`;
  }
  if (name.startsWith('openproblems_2022')) return 'Human blood stem cells, Kaggle 2022';
  if (name.startsWith('GSE140203')) return `SHARE-seq, ${name.split('_')[1] ?? ''}`;
  if (name.startsWith('GSE127064')) return `SNARE-seq, mouse ${name.split('_')[1] ?? ''}`;
  return name.startsWith('GSE117089') ? 'sci-CAR' : 'Human PBMC with proteins';
}
