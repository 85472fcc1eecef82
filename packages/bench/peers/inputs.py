"""Inputs of the timed cases, the same numbers as packages/bench/kernels/inputs.mjs makes.

Every number is a hash of its position and a seed, so both sides of a comparison work on the same
data without exchanging any, and their results can be compared.
"""

import numpy as np


def unit(seed, size):
    """`size` float32 numbers, uniform in [0, 1) with 24 random bits."""
    h = np.arange(size, dtype=np.uint32) * np.uint32(0x9E3779B9)
    h += np.uint32((seed * 0x85EBCA6B) & 0xFFFFFFFF)
    h ^= h >> np.uint32(16)
    h *= np.uint32(0x85EBCA6B)
    h ^= h >> np.uint32(13)
    h *= np.uint32(0xC2B2AE35)
    h ^= h >> np.uint32(16)
    return (h >> np.uint32(8)).astype(np.float32) * np.float32(2**-24)


def centered(seed, shape, scale=1.0):
    """float32 array, uniform in [-scale, scale)."""
    values = unit(seed, int(np.prod(shape))).astype(np.float64)
    return ((2 * values - 1) * scale).astype(np.float32).reshape(shape)


def counts(seed, shape, density=0.15):
    """Counts from 1 to 12 at a share `density` of the places, zero elsewhere."""
    size = int(np.prod(shape))
    chosen, a, b = (unit(seed + i, size).astype(np.float64) for i in range(3))
    return np.where(chosen < density, np.floor(1 + 12 * a * b), 0).astype(np.float32).reshape(shape)


def regular_csr(seed, n, per_row):
    """indptr, indices (sorted), values of an n x n matrix with `per_row` entries in every row."""
    slot = np.tile(np.arange(per_row), n) + unit(seed, n * per_row).astype(np.float64)
    indices = np.floor(slot * (n / per_row)).astype(np.int64)
    return np.arange(0, n * per_row + 1, per_row), indices, unit(seed + 1, n * per_row)


def symmetric_graph(seed, n, draws):
    """indptr, indices of an undirected graph with self loops; every node draws `draws` others."""
    source = np.repeat(np.arange(n), draws)
    target = np.floor(unit(seed, n * draws).astype(np.float64) * n).astype(np.int64)
    loops = np.arange(n)
    keys = np.unique(
        np.concatenate([source * n + target, target * n + source, loops * n + loops])
    )
    indptr = np.concatenate([[0], np.cumsum(np.bincount(keys // n, minlength=n))])
    return indptr, keys % n


def normalized_weights(indptr, indices):
    """float32 value of every edge, 1 / sqrt(degree of both ends)."""
    degree = np.diff(indptr).astype(np.float64)
    rows = np.repeat(np.arange(len(degree)), np.diff(indptr))
    return (1 / np.sqrt(degree[rows] * degree[indices])).astype(np.float32)


def community_edges(seed, n, edges, communities, inside=0.8):
    """(source < target) pairs without repeats; a share `inside` falls within one community.

    Node i belongs to community i % communities. About `edges` pairs: repeats and loops drop out.
    """
    a, b, kind = (unit(seed + i, edges).astype(np.float64) for i in range(3))
    source = np.floor(a * n).astype(np.int64)
    anywhere = np.floor(b * n).astype(np.int64)
    same = np.floor(b * (n // communities)).astype(np.int64) * communities + source % communities
    target = np.where(kind < inside, same, anywhere)
    keys = np.unique(np.minimum(source, target) * n + np.maximum(source, target))
    source, target = keys // n, keys % n
    return np.stack([source, target], axis=1)[source < target]
