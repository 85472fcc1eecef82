import { describe, expect, test } from '@jest/globals';
import { ParamError, TASKS } from '@dance-ts/core';
import { describeDataset } from '../catalogue.js';
import { describeDanceDataset, howToGet, listDanceDatasets } from './catalogue.js';

describe('data sets of DANCE', () => {
  test('a name stands for one set of a task, and every task has sets', () => {
    for (const task of TASKS) {
      const names = listDanceDatasets({ task }).flatMap(({ name, aliases = [] }) => [
        ...[name, ...aliases],
      ]);
      expect(names.length).toBeGreaterThan(0);
      expect(new Set(names).size).toBe(names.length);
    }
    for (const { files, origin } of listDanceDatasets()) {
      expect(files.length).toBeGreaterThan(0);
      expect(origin).not.toBe('');
    }
  });

  test.each([
    ['imputation', 8],
    ['clustering', 12],
    ['predict-modality', 22],
    ['match-modality', 21],
    ['joint-embedding', 6],
    ['spatial-domain', 16],
    ['cell-type-deconvo', 20],
  ] as const)('%s: all %d', (task, n) => {
    expect(listDanceDatasets({ task }).map(({ name }) => name)).toHaveLength(n);
  });

  test('annotation: the 206 files of the metadata', () => {
    const files = listDanceDatasets({ task: 'cell-type-annotation' }).flatMap(({ files }) => files);
    const data = files.filter((file) => /_data\.(csv|h5ad)$/.test(file));
    expect(new Set(data).size).toBe(206);
    expect(data).toContain('test/mouse/mouse_Brain2695_data.csv');
  });

  test('the same name has other files in another task', () => {
    const files = (task: 'predict-modality' | 'match-modality' | 'joint-embedding', name: string) =>
      describeDanceDataset(name, task).files;
    const S = 'openproblems_bmmc_cite_phase2_rna';
    expect(files('predict-modality', 'gex2adt')).toEqual([
      `${S}/${S}.censor_dataset.output_train_mod1.h5ad`,
      `${S}/${S}.censor_dataset.output_train_mod2.h5ad`,
      `${S}/${S}.censor_dataset.output_test_mod1.h5ad`,
      `${S}/${S}.censor_dataset.output_test_mod2.h5ad`,
    ]);
    expect(files('match-modality', 'gex2adt')[5]).toBe(
      `${S}/${S}.censor_dataset.output_test_sol.h5ad`,
    );
    expect(files('joint-embedding', 'atac')[3]).toBe(
      'openproblems_bmmc_multiome_phase2/multiome_atac_processed_training.h5ad',
    );
    expect(files('predict-modality', 'GSE127064_AdBrain_gex2atac')[0]).toBe(
      'GSE127064_AdBrain_gex2atac/GSE127064_AdBrain_gex2atac.GSE126074_dataset.output_train_mod1.h5ad',
    );
  });

  test('an error says where to get the files and where to put them', () => {
    expect(() => describeDataset('mouse_brain_data')).toThrow(ParamError);
    expect(() => describeDataset('mouse_brain_data')).toThrow(
      /10xgenomics\.com.*folder as train\/mouse_brain_data\/neuron_10k.*loadDanceCells/,
    );
    expect(howToGet(describeDanceDataset('human_Blood_cellxgene'))).toMatch(/21 more/);
    expect(() => describeDanceDataset('151673', 'clustering')).toThrow(/one of 10X_PBMC/);
    expect(describeDataset('worm_neuron_cell').name).toBe('worm_neuron');
  });
});
