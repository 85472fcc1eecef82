import type { DanceDataset } from './entry.js';

const SLICES =
  '151507 151508 151509 151510 151669 151670 151671 151672 151673 151674 151675 151676';

/** The sets of the spatial domain task. */
export const danceSpatial: readonly DanceDataset[] = [
  ...SLICES.split(' ').map((id) =>
    section(id, `Human cortex slice ${id} (Visium)`, 'research.libd.org/spatialLIBD'),
  ),
  section('mpb', 'Mouse posterior brain (Visium)', '10xgenomics.com/datasets'),
  section('pancreatic_cancer', 'Human pancreatic cancer', '10xgenomics.com/datasets'),
  section('human_breast_cancer', 'Human breast cancer (Visium)', '10xgenomics.com/datasets'),
  section('sub_mba', 'Mouse brain, anterior, a part (Visium)', '10xgenomics.com/datasets'),
];

function section(id: string, title: string, origin: string): DanceDataset {
  return {
    ...{ name: id, task: 'spatial-domain', title, origin },
    files: [
      `${id}/${id}_raw_feature_bc_matrix.h5`,
      `${id}/tissue_positions_list.txt`,
      `${id}/cluster_labels.csv`,
    ],
    splits: 'all spots train',
    loader: 'loadDanceSpots',
    note: `The image, if a model wants it, is ${id}/${id}_full_image.tif.`,
  };
}

const KIDNEYS = ['1139', '10838', '3323', '642', '8693', '2566', '213', '4061', '1098', '8471'];
const NANOSTRING = 'nanostring.com, CosMx NSCLC FFPE data';
const DANCE_ONLY = 'DANCE only (github.com/OmicsML/dance)';

/** The sets of the deconvolution task. */
export const danceDeconvolution: readonly DanceDataset[] = [
  mixture('CARD_synthetic', 'Synthetic mouse olfactory bulb of CARD', 'github.com/YMa-lab/CARD'),
  mixture('GSE174746', 'Two cell lines in known ratios (GeoMx)', 'GEO GSE174746'),
  mixture('SPOTLight_synthetic', 'Synthetic spots of SPOTlight', 'github.com/MarcElosua/SPOTlight'),
  mixture('human PDAC', 'Human pancreatic cancer', 'GEO GSE111672'),
  mixture('mouse brain 1', 'Mouse brain', DANCE_ONLY),
  mixture('lung6', 'Human lung cancer 6 (CosMx)', NANOSTRING),
  mixture('lung9_1', 'Human lung cancer 9, replicate 1 (CosMx)', NANOSTRING),
  mixture('lung9_2', 'Human lung cancer 9, replicate 2 (CosMx)', NANOSTRING),
  mixture('hcc_liver', 'Human liver cancer (CosMx)', 'nanostring.com, CosMx human liver data'),
  mixture('normal_liver', 'Human liver (CosMx)', 'nanostring.com, CosMx human liver data'),
  ...KIDNEYS.map((id) => mixture(`kidney_${id}`, `Kidney ${id}`, DANCE_ONLY)),
];

function mixture(id: string, title: string, origin: string): DanceDataset {
  return {
    ...{ name: id, task: 'cell-type-deconvo', title, origin },
    files: ['ref_sc_count', 'ref_sc_annot', 'mix_count', 'true_p'].map((f) => `${id}/${f}.csv`),
    splits: 'spots test, single cells are the reference',
    loader: 'loadDanceMixtures',
    note: 'Counts may be .h5ad instead; spatial_location.csv is optional.',
  };
}
