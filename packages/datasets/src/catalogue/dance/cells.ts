import type { DanceDataset } from './entry.js';

const IMPUTATION_SPLIT =
  'the first cells train (share train_size), the others test; models mask entries instead';

/** The sets of the imputation task. */
export const danceImputation: readonly DanceDataset[] = [
  imputation('pbmc_data', 'Human PBMC, 10x v3', {
    aliases: ['pbmc_raw_data'],
    files: ['5k_pbmc_protein_v3_filtered_feature_bc_matrix.h5'],
    origin: '10xgenomics.com/datasets, 5k Peripheral Blood Mononuclear Cells (v3, with proteins)',
    size: [5247, 33570],
  }),
  imputation('mouse_brain_data', 'Mouse brain, 10x v3', {
    files: ['neuron_10k_v3_filtered_feature_bc_matrix.h5'],
    origin: '10xgenomics.com/datasets, 10k Brain Cells from an E18 Mouse (v3)',
    size: [11843, 31053],
  }),
  imputation('mouse_embryo_data', 'Mouse ES cells after LIF withdrawal, days 0, 2, 4 and 7', {
    files: [
      'GSE65525/GSM1599494_ES_d0_main.csv',
      'GSE65525/GSM1599497_ES_d2_LIFminus.csv',
      'GSE65525/GSM1599498_ES_d4_LIFminus.csv',
      'GSE65525/GSM1599499_ES_d7_LIFminus.csv',
    ],
    origin: 'GEO GSE65525',
    size: [2717, 24175],
  }),
  imputation('human_stemcell_data', 'Human ES cells, time course', {
    aliases: ['human_stemcell'],
    files: ['GSE75748/GSE75748_sc_time_course_ec.csv.gz'],
    origin: 'GEO GSE75748',
    size: [758, 17826],
  }),
  imputation('human_breast_TGFb_data', 'Human mammary cells under TGF-beta', {
    files: ['GSE114397_HMLE_TGFb.csv'],
    origin: 'GEO GSE114397',
  }),
  imputation('human_breast_Dox_data', 'Human mammary cells with inducible Zeb1', {
    files: ['GSM3141014_Zeb1_Dox.csv'],
    origin: 'GEO GSM3141014 (series GSE114397)',
  }),
  imputation('human_melanoma_data', 'Human melanoma', {
    files: ['human_melanoma_data.csv'],
    origin: 'DANCE only (github.com/OmicsML/dance)',
  }),
  imputation('mouse_visual_data', 'Mouse visual cortex after light, 0 and 1 hours', {
    files: ['GSM2746905_B4_11_0h_counts.csv', 'GSM2746913_B6_18_1h_counts.csv'],
    origin: 'GEO GSM2746905 and GSM2746913 (series GSE102827)',
  }),
];

function imputation(
  name: string,
  title: string,
  { files, ...rest }: Pick<DanceDataset, 'aliases' | 'files' | 'origin' | 'size'>,
): DanceDataset {
  return {
    ...{ name, task: 'imputation', title, ...rest },
    files: files.map((file) => `train/${name}/${file}`),
    splits: IMPUTATION_SPLIT,
    loader: 'loadDanceCells',
  };
}

/** The sets of the clustering task: `.h5` files with X and labels Y. */
export const danceClustering: readonly DanceDataset[] = [
  clustering('10X_PBMC', 'Human PBMC 4k', '10xgenomics.com/datasets, 4k PBMCs', [4271, 16653]),
  clustering('mouse_bladder_cell', 'Mouse bladder', 'GEO GSE108097', [2746, 20670]),
  clustering('worm_neuron_cell', 'C. elegans neurons', 'GEO GSE98561', [4186, 13488]),
  clustering('mouse_ES_cell', 'Mouse ES cells', 'GEO GSE65525', [2717, 24175]),
  clustering('mouse_lung_cell', 'Mouse lung', 'DANCE only (github.com/OmicsML/dance)'),
  clustering('human_pbmc2_cell', 'Human PBMC', 'DANCE only (github.com/OmicsML/dance)'),
  clustering('human_ILCS_cell', 'Human ILCs', 'DANCE only (github.com/OmicsML/dance)'),
  clustering('human_skin_cell', 'Human skin', 'DANCE only (github.com/OmicsML/dance)'),
  clustering('mouse_kidney_10x', 'Mouse kidney, 10x', 'DANCE only (github.com/OmicsML/dance)'),
  clustering('mouse_kidney_cell', 'Mouse kidney, 10x', 'DANCE only (github.com/OmicsML/dance)'),
  clustering('mouse_kidney_cl2', 'Mouse kidney, Drop-seq', 'DANCE only (github.com/OmicsML/dance)'),
  clustering(
    'mouse_kidney_drop',
    'Mouse kidney, Drop-seq',
    'DANCE only (github.com/OmicsML/dance)',
  ),
];

function clustering(
  name: string,
  title: string,
  origin: string,
  size?: readonly [number, number],
): DanceDataset {
  return {
    ...{ name, task: 'clustering', title, files: [`${name}.h5`], origin },
    splits: 'all cells train',
    loader: 'loadDanceCells',
    ...(size && { size }),
  };
}
