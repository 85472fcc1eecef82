"""Writes tests/golden/scanpy_tools.json: what scanpy itself answers on a small seeded data set.

The stored file was made by scanpy 1.10.4 (its release archive, not installed: PYTHONPATH points at its
`src`, with empty stand-ins for session_info and legacy_api_wrap) under Debian 12's Python 3.11.2 with
numpy 1.24.2, scipy 1.10.1, pandas 1.5.3, anndata 0.8.0, scikit-learn 1.2.1, numba 0.56.4,
statsmodels 0.13.5, umap-learn 0.5.3 and scikit-image 0.19.3:

    PYTHONPATH=<scanpy>/src:<stand-ins> python3 make-scanpy-reference.py tests/golden/scanpy_tools.json

The inputs (counts, log expression, an embedding) stand in the file beside the answers. The log expression
is rounded to multiples of 1/256, which float32 holds exactly: scanpy reads it as float64, so that it does
not square in float32, and the library as float32.
"""

import json
import sys

import anndata as ad
import numpy as np
import pandas as pd
import scanpy as sc
import scipy
from scipy import sparse, stats
from sklearn.neighbors import NearestNeighbors
from umap.umap_ import find_ab_params

N_CELLS, N_GENES = 120, 70
GROUPS = ["B cell", "T/NK", "mono"]


def small_data():
    """Counts of three groups in two batches: five genes are the groups' own, six mitochondrial."""
    rng = np.random.default_rng(11)
    level = rng.gamma(0.7, 1.6, N_GENES)
    group = np.repeat([0, 1, 2], [60, 38, 22])
    batch = (rng.random(N_CELLS) < 0.45).astype(int)
    rate = np.tile(level, (N_CELLS, 1))
    for k in range(3):
        rate[np.ix_(group == k, range(5 * k, 5 * k + 5))] += rng.gamma(2.0, 1.2, 5)
        rate[np.ix_(group == k, range(20 + 3 * k, 23 + 3 * k))] *= 3
    rate[np.ix_(batch == 1, range(40, 52))] *= rng.gamma(3.0, 0.5, 12)
    rate *= rng.lognormal(0, 0.35, N_CELLS)[:, None]
    counts = rng.poisson(rate)
    counts[:, 69] = 0
    names = [f"MT-{g}" if 30 <= g < 36 else f"gene{g}" for g in range(N_GENES)]
    obs = pd.DataFrame(
        {
            "group": pd.Categorical.from_codes(group, GROUPS),
            "batch": pd.Categorical.from_codes(batch, ["b1", "b2"]),
        },
        index=[f"cell{i}" for i in range(N_CELLS)],
    )
    data = ad.AnnData(
        sparse.csr_matrix(counts.astype(np.float32)), obs=obs, var=pd.DataFrame(index=names),
        dtype=np.float32,
    )
    logs = data.copy()
    sc.pp.normalize_total(logs, target_sum=150)
    sc.pp.log1p(logs)
    values = np.round(logs.X.toarray().astype(np.float64) * 256) / 256
    data.layers["log"] = sparse.csr_matrix(values)
    embedding = np.round(rng.normal(size=(N_CELLS, 6)) + 2.5 * np.eye(6)[group], 4)
    data.obsm["X_emb"] = embedding
    return data


def log_data(data):
    return ad.AnnData(
        data.layers["log"].copy(), obs=data.obs.copy(), var=data.var.copy(), dtype=np.float64
    )


RANKED_CASES = {
    "wilcoxon": dict(method="wilcoxon"),
    "wilcoxon_ties": dict(method="wilcoxon", tie_correct=True, pts=True),
    "wilcoxon_reference": dict(method="wilcoxon", reference="mono"),
    "wilcoxon_reference_ties": dict(
        method="wilcoxon", tie_correct=True, reference="T/NK", groups=["mono"], pts=True
    ),
    "wilcoxon_groups_bonferroni": dict(
        method="wilcoxon", groups=["mono", "B cell"], corr_method="bonferroni", n_genes=12
    ),
    "t-test": dict(method="t-test", pts=True),
    "t-test_reference": dict(method="t-test", reference="B cell"),
    "t-test_overestim_var": dict(method="t-test_overestim_var"),
    "t-test_abs": dict(method="t-test", rankby_abs=True, n_genes=15),
}


def ranked_cases(data):
    cases = []
    for name, options in RANKED_CASES.items():
        logs = log_data(data)
        sc.tl.rank_genes_groups(logs, "group", **options)
        found = logs.uns["rank_genes_groups"]
        groups = {}
        for group in found["names"].dtype.names:
            groups[group] = {
                key: found[key][group].tolist()
                for key in ["names", "scores", "logfoldchanges", "pvals", "pvals_adj"]
            }
        case = {"name": name, "options": options, "groups": groups}
        for key in ["pts", "pts_rest"]:
            if key in found:
                case[key] = {group: found[key][group].tolist() for group in found[key].columns}
        if name == "wilcoxon_ties":
            sc.tl.filter_rank_genes_groups(
                logs, min_in_group_fraction=0.5, max_out_group_fraction=0.7, min_fold_change=0.5
            )
            kept = logs.uns["rank_genes_groups_filtered"]["names"]
            case["filtered"] = {
                group: [n for n in kept[group] if isinstance(n, str)] for group in kept.dtype.names
            }
        cases.append(case)
    return cases


def gene_scores(data):
    from scanpy.tools import _score_genes

    drawn = []
    original = _score_genes._score_genes_bins

    def recorded(*args, **options):
        for genes in original(*args, **options):
            drawn.append(list(genes))
            yield genes

    _score_genes._score_genes_bins = recorded
    cases = []
    names = list(data.var_names)
    for as_reference in [True, False]:
        drawn.clear()
        logs = log_data(data)
        gene_list = names[0:4] + ["absent"] + names[41:44]
        sc.tl.score_genes(
            logs, gene_list, ctrl_as_ref=as_reference, ctrl_size=6, n_bins=8, score_name="s"
        )
        control = sorted(set(sum(drawn, [])))
        cases.append(
            {
                "gene_list": gene_list,
                "ctrl_as_ref": as_reference,
                "ctrl_size": 6,
                "n_bins": 8,
                "control": control,
                "drawn_per_bin": [len(genes) for genes in drawn],
                "score": logs.obs["s"].tolist(),
            }
        )
    # Bins of ten of the seventy genes: enough controls asked for that all of a bin are taken.
    logs = log_data(data)
    s_genes, g2m_genes = names[0:5] + names[52:60], names[5:10] + names[60:68]
    sc.tl.score_genes_cell_cycle(logs, s_genes=s_genes, g2m_genes=g2m_genes, n_bins=8)
    cycle = {
        "s_genes": s_genes,
        "g2m_genes": g2m_genes,
        "n_bins": 8,
        "S_score": logs.obs["S_score"].tolist(),
        "G2M_score": logs.obs["G2M_score"].tolist(),
        "phase": logs.obs["phase"].tolist(),
    }
    _score_genes._score_genes_bins = original
    return {"cases": cases, "cell_cycle": cycle}


def qc(data):
    data = data.copy()
    data.var["mt"] = data.var_names.str.startswith("MT-")
    cells, genes = sc.pp.calculate_qc_metrics(data, qc_vars=["mt"], percent_top=[5, 20])
    columns = lambda table: {name: table[name].astype(float).tolist() for name in table.columns}
    return {"percent_top": [5, 20], "cells": columns(cells), "genes": columns(genes)}


def doublets(data):
    """scanpy's own scores, and those with the cell itself left out of its neighbors."""
    from scanpy.preprocessing._scrublet import core

    def run(data):
        found = data.copy()
        sc.pp.scrublet(found, n_prin_comps=8, expected_doublet_rate=0.1, random_state=16)
        uns = found.uns["scrublet"]
        return {
            "score": found.obs["doublet_score"].tolist(),
            "simulated": np.asarray(uns["doublet_scores_sim"]).tolist(),
            "threshold": float(uns["threshold"]) if "threshold" in uns else None,
            "predicted": np.asarray(found.obs["predicted_doublet"]).astype(int).tolist(),
        }, np.asarray(uns["doublet_parents"])

    own, parents = run(data)
    # Points at the same place hide the cell itself from scanpy, which takes the first for it.
    assert (parents[:, 0] != parents[:, 1]).all()
    assert len(np.unique(np.sort(parents, axis=1), axis=0)) == len(parents)
    find, compute = core._get_indices_distances_from_sparse_matrix, core.Neighbors.compute_neighbors
    found = []

    def neighbors_of_others(self, n_neighbors, **options):
        compute(self, n_neighbors, **options)
        knn = NearestNeighbors(n_neighbors=n_neighbors).fit(self._adata.X)
        found.append(knn.kneighbors())

    core.Neighbors.compute_neighbors = neighbors_of_others
    core._get_indices_distances_from_sparse_matrix = lambda *_: found[-1][::-1]
    others, same = run(data)
    core._get_indices_distances_from_sparse_matrix = find
    core.Neighbors.compute_neighbors = compute
    assert (same == parents).all()
    return {
        "n_components": 8,
        "expected_rate": 0.1,
        "parents": parents.tolist(),
        "scanpy": own,
        "without_self": others,
    }


def variable_genes(data):
    cases = []
    # Genes of bins with few others tie, and scanpy chooses among them by the last digits of float64: these
    # numbers of genes are where no tie is in a batch.
    for flavor, n_top in [("seurat", 14), ("cell_ranger", 11)]:
        for options in [dict(n_top_genes=n_top), dict(min_mean=0.02, max_mean=3, min_disp=0.4)]:
            for batch_key in [None, "batch"]:
                logs = log_data(data)
                sc.pp.highly_variable_genes(logs, flavor=flavor, batch_key=batch_key, **options)
                case = {"flavor": flavor, "options": options, "batch_key": batch_key}
                for name in logs.var.columns:
                    values = logs.var[name].to_numpy(dtype=float)
                    case[name] = [None if np.isnan(v) else v for v in values]
                cases.append(case)
    return cases


def connectivities(data):
    cases = []
    for k in [6, 15]:
        found = data.copy()
        sc.pp.neighbors(found, n_neighbors=k, use_rep="X_emb", method="umap", transformer="sklearn")
        cases.append(
            {
                "n_neighbors": k,
                "connectivities": as_csr(found.obsp["connectivities"]),
                "distances": as_csr(found.obsp["distances"]),
            }
        )
    return cases


def as_csr(matrix, digits=None):
    matrix = sparse.csr_matrix(matrix)
    matrix.sort_indices()
    values = matrix.data.astype(np.float64)
    if digits is None:
        values = [float(f"{v:.9g}") for v in values]
    else:
        values = np.round(values, digits)
        values = [int(v) if v == int(v) else float(v) for v in values]
    return {
        "shape": list(matrix.shape),
        "indptr": matrix.indptr.tolist(),
        "indices": matrix.indices.tolist(),
        "data": list(values),
    }


def tails():
    z = [0, 0.3, 1, 1.96, 3, 5, 8, 12, 20, 30, 37, 37.6, 38.4, 40]
    t = [0.1, 0.7, 1, 2.5, 6, 15, 40, 200]
    df = [1, 1.37, 3, 9.5, 44.2, 300, 5000, 123456.7]
    return {
        "z": z,
        "normal": [2 * stats.norm.sf(v) for v in z],
        "t": t,
        "df": df,
        "student": [[2 * stats.t.sf(v, d) for d in df] for v in t],
    }


def main(target):
    data = small_data()
    reference = {
        "topic": "scanpy_tools",
        "seed": 11,
        "source": f"scanpy {sc.__version__}, numpy {np.__version__}, scipy {scipy.__version__}, "
        f"pandas {pd.__version__}, anndata {ad.__version__}; "
        "packages/analysis/scripts/make-scanpy-reference.py",
        "conventions": "scores and logfoldchanges are float32 as scanpy stores them; "
        "log is log1p of counts scaled to 150, in multiples of 1/256, at the places of counts",
        "tolerance": "1e-6 relative; names identical where scores differ",
        "obs_names": list(data.obs_names),
        "var_names": list(data.var_names),
        "group": data.obs["group"].tolist(),
        "batch": data.obs["batch"].tolist(),
        "counts": as_csr(data.X, 0),
        "log": as_csr(data.layers["log"])["data"],
        "embedding": data.obsm["X_emb"].tolist(),
        "ranked": ranked_cases(data),
        "scores": gene_scores(data),
        "qc": qc(data),
        "doublets": doublets(data),
        "variable_genes": variable_genes(data),
        "neighbors": connectivities(data),
        "umap_curve": [[d, *find_ab_params(1.0, d)] for d in [0.1, 0.3, 0.5]],
        "tails": tails(),
    }
    with open(target, "w") as file:
        json.dump(clean(reference), file, separators=(",", ":"))
        file.write("\n")


def clean(value):
    """JSON has no NaN and no infinity; see tests/golden/README.md."""
    if isinstance(value, dict):
        return {key: clean(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [clean(part) for part in value]
    if isinstance(value, (float, np.floating)):
        if np.isnan(value):
            return None
        return "Infinity" if value == np.inf else "-Infinity" if value == -np.inf else float(value)
    return int(value) if isinstance(value, np.integer) else value


if __name__ == "__main__":
    main(sys.argv[1])
