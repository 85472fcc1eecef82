import { CELLXGENE_IDS } from './cellxgene.js';
import type { DanceDataset } from './entry.js';

/** Where the originals of the benchmark's sets are, by species and tissue. */
const ORIGINS: Readonly<Record<string, string>> = {
  mouse: 'GEO GSE108097 (Mouse Cell Atlas)',
  'human Brain': 'GEO GSE67835',
  'human CD4': 'DANCE only (github.com/OmicsML/dance)',
  'human CD8': 'DANCE only (github.com/OmicsML/dance)',
  'human Immune': 'GEO GSE123813',
  'human Spleen': 'GEO GSE182320',
  'human pancreas': 'DANCE only (github.com/OmicsML/dance)',
};

/** Ids of the benchmark's train and test files; an id is the number of cells. */
const BENCHMARK: readonly (readonly [
  species: string,
  tissue: string,
  train: string,
  test: string,
])[] = [
  ['mouse', 'Brain', '753 3285', '2695'],
  ['mouse', 'Spleen', '1970', '1759'],
  ['mouse', 'Kidney', '4682', '203'],
  ['human', 'Brain', '328', '138'],
  [
    'human',
    'CD4',
    '1013 1247 598 732 767 768 770 784 845 864',
    '315 340 376 381 390 404 437 490 551 559',
  ],
  ['human', 'CD8', '1027 1357 1641 517 706 777 850 972', '245 332 377 398 405 455 470 492'],
  ['human', 'Immune', '11407 1519 636 713 9054 9258', '1925 205 3323 6509 7572'],
  ['human', 'Spleen', '3043 3777 4029 4115 4362 4657', '1729 2125 2184 2724 2743'],
  ['human', 'pancreas', '10600', '4218'],
];

/** The sets of the annotation task. */
export const danceAnnotation: readonly DanceDataset[] = [
  ...BENCHMARK.map(([species, tissue, train, test]) => benchmarkSet(species, tissue, train, test)),
  ...Object.entries(CELLXGENE_IDS).map(([tissue, ids]) => atlasSet(tissue, ids)),
  wholeAtlas('human', 'Human Cell Landscape, 56 tissues', 562_977, 'figshare 7235471'),
  wholeAtlas('mouse', 'Mouse Cell Atlas, 32 tissues', 201_764, 'figshare 5435866'),
];

function benchmarkSet(species: string, tissue: string, train: string, test: string): DanceDataset {
  const files = (part: string, ids: string): string[] =>
    ids.split(' ').map((id) => `${part}/${species}/${species}_${tissue}${id}_data.csv`);
  return {
    name: `${species}_${tissue}`,
    task: 'cell-type-annotation',
    title: `${species} ${tissue}, train ${train}, test ${test}`,
    files: [...files('train', train), ...files('test', test), `map/${species}/map.xlsx`],
    splits: `train ids ${train}; test ids ${test}; 20 % of the train cells validate`,
    origin:
      ORIGINS[`${species} ${tissue}`] ??
      ORIGINS[species] ??
      'DANCE only (github.com/OmicsML/dance)',
    loader: 'loadDanceAnnotation',
    note: 'Beside each _data.csv lies a _celltype.csv with the labels.',
  };
}

function atlasSet(tissue: string, ids: readonly string[]): DanceDataset {
  return {
    name: `human_${tissue}_cellxgene`,
    task: 'cell-type-annotation',
    title: `human ${tissue}, ${ids.length} data sets of at most 10,000 cells`,
    files: ids.map((id) => `train/human/human_${tissue}${id}_data.h5ad`),
    splits: 'each file by itself: 60 % train, 20 % validate, 20 % test, at random',
    origin: 'CZ CELLxGENE Discover (cellxgene.cziscience.com), by the ids of the file names',
    loader: 'loadDanceAnnotation',
    note: 'Labels are in obs["cell_type"] of the files.',
  };
}

function wholeAtlas(species: string, title: string, nCells: number, origin: string): DanceDataset {
  return {
    name: `${species}_cell_atlas`,
    task: 'cell-type-annotation',
    title: `${title}, ${nCells} cells`,
    files: [`train/${species}/`, `test/${species}/`, `map/${species}/map.xlsx`],
    splits: 'one file a tissue and study; which are tested on is named when they are read',
    origin,
    loader: 'loadDanceAnnotation',
  };
}
