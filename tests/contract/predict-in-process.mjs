/** Loads a saved model in a process of its own and prints its labels for the contract's data. */
import '@dance-ts/cell-type-annotation';
import '@dance-ts/clustering';
import { getModel } from '@dance-ts/core';
import { FolderStore } from '@dance-ts/io';
import { simulateSingleCell } from '@dance-ts/datasets';

const [id, folder] = process.argv.slice(2);
const data = await simulateSingleCell({
  nCells: 72,
  nGenes: 90,
  groupProbabilities: [0.4, 0.35, 0.25],
  deProbability: 0.4,
  deFacLoc: 1.2,
  libLoc: 7,
  seed: 11,
});
const model = await getModel(id).model.load(new FolderStore(folder));
console.log(JSON.stringify([...(await model.predict(data))]));
