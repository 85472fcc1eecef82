"""Independent NumPy implementation of MAGIC (van Dijk et al., Cell 174(3), 2018).

Written from the description of the algorithm; shares nothing with the TypeScript code but the data.
Everything is dense, M^t included. See peer_io.py for how it is called.
"""

import numpy as np
from peer_io import run_peer
from sklearn.decomposition import PCA
from sklearn.neighbors import NearestNeighbors

OPTIONS = {
    "seed": 0,
    "t": "auto",
    "tMax": 20,
    "k": 30,
    "ka": 10,
    "decay": 2.0,
    "epsilon": 1.0,
    "minCells": 0.01,
    "normalize": True,
    "transform": "sqrt",
    "nComponents": 20,
    "threads": 1,
}

FORTH = {"sqrt": np.sqrt, "log1p": np.log1p, "none": np.asarray}
BACK = {"sqrt": np.square, "log1p": np.expm1, "none": np.asarray}


def markov_matrix(points, options):
    n = len(points)
    k = min(options["k"], n)
    distances, neighbors = NearestNeighbors(n_neighbors=k).fit(points).kneighbors(points)
    sigma = distances[:, min(options["ka"], k - 1)][:, None]
    affinities = np.exp(-((distances / (options["epsilon"] * sigma)) ** options["decay"]))
    a = np.zeros((n, n))
    np.put_along_axis(a, neighbors, affinities, axis=1)
    a = a + a.T
    return a / a.sum(axis=1, keepdims=True)


def diffused(markov, x, options):
    """M^t X; "auto" stops at the first step that leaves 95 % of the variance as it was."""
    if options["t"] != "auto":
        return np.linalg.matrix_power(markov, options["t"]) @ x
    for _ in range(options["tMax"]):
        after = markov @ x
        change = ((after - x) ** 2).sum() / ((x - x.mean(axis=0)) ** 2).sum()
        x = after
        if change < 0.05:
            break
    return x


def impute(counts, _validation, options):
    in_cells = np.asarray((counts > 0).sum(axis=0)).ravel()
    limit = options["minCells"]
    genes = np.flatnonzero(in_cells >= (np.floor(limit * counts.shape[0]) if limit < 1 else limit))
    kept = counts[:, genes].toarray()
    cells = np.flatnonzero(kept.sum(axis=1) > 0)
    kept = kept[cells]
    scale = 1e4 / kept.sum(axis=1, keepdims=True) if options["normalize"] else 1
    x = FORTH[options["transform"]](kept * scale)
    n_components = min(options["nComponents"], *x.shape)
    points = PCA(n_components, svd_solver="full").fit_transform(x)
    smooth = diffused(markov_matrix(points, options), x, options)
    imputed = np.full(counts.shape, np.nan)
    imputed[np.ix_(cells, genes)] = np.maximum(0, BACK[options["transform"]](smooth) / scale)
    return imputed


if __name__ == "__main__":
    run_peer(impute, OPTIONS)
