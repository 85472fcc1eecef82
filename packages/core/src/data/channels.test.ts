import { expect, test } from '@jest/globals';
import { channelName } from './channels.js';

test('channelName says slot and key', () => {
  expect(channelName({ slot: 'X' })).toBe('X');
  expect(channelName({ slot: 'obsm', key: 'X_pca' })).toBe('obsm["X_pca"]');
});
