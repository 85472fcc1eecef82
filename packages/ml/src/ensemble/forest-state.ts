import { FormatError, type Bundle, type BundleArray, type SavedTensor } from '@dance-ts/core';
import { stateArray } from '../supervised/state.js';
import type { ClassificationTree } from './classification-tree.js';

/** All trees in five arrays, one tree after another. */
export function treesToTensors(
  trees: readonly ClassificationTree[],
  nClasses: number,
): [string, SavedTensor][] {
  const sizes = Int32Array.from(trees, (tree) => tree.feature.length);
  const nNodes = sizes.reduce((sum, size) => sum + size, 0);
  const joined = <T extends BundleArray>(
    Type: new (length: number) => T,
    part: (tree: ClassificationTree) => T,
    width: number,
  ): T => {
    const out = new Type(nNodes * width);
    let end = 0;
    for (const tree of trees) {
      out.set(part(tree), end);
      end += part(tree).length;
    }
    return out;
  };
  return [
    ['treeSizes', { shape: [trees.length], data: sizes }],
    ['feature', { shape: [nNodes], data: joined(Int32Array, (tree) => tree.feature, 1) }],
    ['threshold', { shape: [nNodes], data: joined(Float64Array, (tree) => tree.threshold, 1) }],
    ['left', { shape: [nNodes], data: joined(Int32Array, (tree) => tree.left, 1) }],
    ['right', { shape: [nNodes], data: joined(Int32Array, (tree) => tree.right, 1) }],
    [
      'shares',
      { shape: [nNodes, nClasses], data: joined(Float32Array, (t) => t.shares, nClasses) },
    ],
  ];
}

/**
 * The trees of a saved state.
 *
 * @throws FormatError if arrays are missing or do not describe trees
 */
export function treesFromState(
  state: Bundle,
  nClasses: number,
  nFeatures: number,
): ClassificationTree[] {
  const sizes = stateArray(state, 'treeSizes', Int32Array);
  const nNodes = sizes.reduce((sum, size) => sum + size, 0);
  const feature = stateArray(state, 'feature', Int32Array, nNodes);
  const threshold = stateArray(state, 'threshold', Float64Array, nNodes);
  const left = stateArray(state, 'left', Int32Array, nNodes);
  const right = stateArray(state, 'right', Int32Array, nNodes);
  const shares = stateArray(state, 'shares', Float32Array, nNodes * nClasses);
  let start = 0;
  return Array.from(sizes, (size) => {
    const end = start + size;
    const tree = {
      feature: feature.slice(start, end),
      threshold: threshold.slice(start, end),
      left: left.slice(start, end),
      right: right.slice(start, end),
      shares: shares.slice(start * nClasses, end * nClasses),
    };
    start = end;
    checkTree(tree, nFeatures);
    return tree;
  });
}

/** Children must come after their parent, or a prediction might never end. */
function checkTree({ feature, left, right }: ClassificationTree, nFeatures: number): void {
  const size = feature.length;
  const isChild = (child: number, node: number): boolean => child > node && child < size;
  const sound = feature.every(
    (f, node) =>
      f < 0 || (f < nFeatures && isChild(left[node]!, node) && isChild(right[node]!, node)),
  );
  if (sound && size > 0) return;
  throw new FormatError('a tree of a saved state is damaged', {
    remedy: 'Save the model again.',
  });
}
