"""The steps from a file to clusters in Python, each timed; prints JSON.

With scanpy if it is there; else the same steps by anndata, SciPy, scikit-learn (exact neighbors) and
igraph, the libraries scanpy stands on.

usage: peer.py FILE.h5ad
"""

import json
import resource
import sys
import time

import anndata
import numpy as np

try:
    import scanpy as sc
except ImportError:
    sc = None

steps = []
N_GENES, N_COMPONENTS, N_NEIGHBORS = 2000, 50, 15


def timed(name, run):
    wall, cpu = time.perf_counter(), time.process_time()
    result = run()
    seconds = {"seconds": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
    steps.append({"name": name, **seconds})
    return result


def with_scanpy(path):
    def filtered(data):
        sc.pp.filter_cells(data, min_genes=200)
        sc.pp.filter_genes(data, min_cells=3)

    def variable(data):
        sc.pp.highly_variable_genes(data, n_top_genes=N_GENES, flavor="seurat")
        return data[:, data.var["highly_variable"]].copy()

    data = timed("read", lambda: sc.read_h5ad(path))
    timed("filter", lambda: filtered(data))
    timed("normalize", lambda: sc.pp.normalize_total(data, target_sum=1e4))
    timed("log1p", lambda: sc.pp.log1p(data))
    cells = timed("variable genes", lambda: variable(data))
    timed("PCA", lambda: sc.pp.pca(cells, n_comps=N_COMPONENTS))
    timed("neighbors", lambda: sc.pp.neighbors(cells, n_neighbors=N_NEIGHBORS))
    timed("Louvain", lambda: sc.tl.louvain(cells, flavor="igraph"))
    return cells.obs["louvain"].astype(int).tolist(), f"scanpy {sc.__version__}"


def without_scanpy(path):
    import igraph
    import pandas as pd
    import scipy
    import scipy.sparse as sp
    import sklearn
    from scipy.sparse.linalg import LinearOperator, svds
    from sklearn.neighbors import NearestNeighbors

    def filtered(x):
        x = x[np.diff(x.indptr) >= 200]
        return x[:, np.bincount(x.indices, minlength=x.shape[1]) >= 3]

    def normalize(x):
        totals = np.asarray(x.sum(axis=1)).ravel()
        x.data *= np.repeat((1e4 / totals).astype(np.float32), np.diff(x.indptr))

    def variable(x):
        """Seurat flavor: dispersion within 20 bins of the mean."""
        values = x.copy()
        np.expm1(values.data, out=values.data)
        mean = np.asarray(values.mean(axis=0)).ravel()
        values.data **= 2
        square = np.asarray(values.mean(axis=0)).ravel()
        variance = (square - mean**2) * len(x.indptr[1:]) / (len(x.indptr) - 2)
        table = pd.DataFrame({"mean": np.log1p(mean), "dispersion": np.log(variance / mean)})
        groups = table.groupby(pd.cut(table["mean"], 20), observed=True)["dispersion"]
        score = (table["dispersion"] - groups.transform("mean")) / groups.transform("std")
        top = np.sort(np.argsort(-score.fillna(-np.inf).to_numpy(), kind="stable")[:N_GENES])
        return x[:, top]

    def components(x):
        """Principal components by ARPACK, centered without a dense copy."""
        mean = np.asarray(x.mean(axis=0)).ravel()
        transposed = x.T.tocsr()
        centered = LinearOperator(
            x.shape,
            dtype=np.float32,
            matvec=lambda v: x @ v.ravel() - mean @ v.ravel(),
            rmatvec=lambda v: transposed @ v.ravel() - mean * v.sum(),
        )
        start = np.random.default_rng(0).normal(size=min(x.shape))
        u, s, _ = svds(centered, k=N_COMPONENTS, v0=start)
        return (u * s).astype(np.float32)

    def connected(pcs):
        """Exact neighbors and their UMAP weights."""
        search = NearestNeighbors(n_neighbors=N_NEIGHBORS).fit(pcs)
        distances, indices = search.kneighbors(pcs)
        rho = distances[:, 1]
        low, high = np.zeros(len(pcs)), np.full(len(pcs), np.inf)
        sigma = np.ones(len(pcs))
        target = np.log2(N_NEIGHBORS)
        gaps = np.maximum(distances[:, 1:] - rho[:, None], 0)
        for _ in range(64):
            above = np.exp(-gaps / sigma[:, None]).sum(axis=1) > target
            high, low = np.where(above, sigma, high), np.where(above, low, sigma)
            sigma = np.where(np.isinf(high), sigma * 2, (low + high) / 2)
        weights = np.exp(-gaps / sigma[:, None]).ravel()
        rows = np.repeat(np.arange(len(pcs)), N_NEIGHBORS - 1)
        graph = sp.csr_matrix((weights, (rows, indices[:, 1:].ravel())), shape=(len(pcs),) * 2)
        return graph + graph.T - graph.multiply(graph.T)

    def communities(graph):
        upper = sp.triu(graph, 1).tocoo()
        edges = np.stack([upper.row, upper.col], 1)
        whole = igraph.Graph(n=graph.shape[0], edges=edges, edge_attrs={"weight": upper.data})
        return whole.community_multilevel(weights="weight").membership

    x = timed("read", lambda: anndata.read_h5ad(path).X)
    x = timed("filter", lambda: filtered(x))
    timed("normalize", lambda: normalize(x))
    timed("log1p", lambda: np.log1p(x.data, out=x.data))
    x = timed("variable genes", lambda: variable(x))
    pcs = timed("PCA", lambda: components(x))
    graph = timed("neighbors", lambda: connected(pcs))
    labels = timed("Louvain", lambda: communities(graph))
    libraries = [("SciPy", scipy), ("scikit-learn", sklearn), ("igraph", igraph)]
    named = ", ".join(f"{name} {module.__version__}" for name, module in libraries)
    return labels, f"anndata {anndata.__version__}, {named}"


def main(path):
    labels, version = (with_scanpy if sc else without_scanpy)(path)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"steps": steps, "version": version, "peakBytes": peak, "labels": labels}))


main(sys.argv[1])
