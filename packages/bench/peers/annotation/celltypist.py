"""Independent scikit-learn implementation of Celltypist (Dominguez Conde et al., Science 376, 2022).

Written from the description of the algorithm; shares nothing with the TypeScript code but the data.
Genes are standardized as a dense matrix; majority voting is left out.

usage: celltypist.py INPUT.npz OUTPUT.json [OPTIONS as JSON]
"""

import json
import sys
from pathlib import Path

import numpy as np
import scipy.sparse as sp
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.multiclass import OneVsRestClassifier
from sklearn.preprocessing import StandardScaler

OPTIONS = {
    "seed": 0,
    "normalize": True,
    "C": 1.0,
    "maxIter": 1000,
    "useSgd": False,
    "alpha": 1e-4,
    "miniBatch": False,
    "batchNumber": 100,
    "batchSize": 1000,
    "epochs": 10,
    "balanceCellType": False,
    "featureSelection": False,
    "topGenes": 300,
    "threads": 1,
}


def read_matrix(archive, name):
    parts = (archive[f"{name}_{part}"] for part in ("data", "indices", "indptr"))
    return sp.csr_matrix(tuple(parts), shape=tuple(archive[f"{name}_shape"])).astype(np.float64)


def normalized(counts):
    sums = np.asarray(counts.sum(axis=1)).ravel()
    return (sp.diags(1e4 / np.where(sums > 0, sums, 1)) @ counts).log1p().tocsr()


def scaled(scaler, x):
    return np.minimum(scaler.transform(x.toarray()), 10)


def by_sgd(z, codes, options, seed):
    model = SGDClassifier(
        loss="log_loss", alpha=options["alpha"], max_iter=options["maxIter"], random_state=seed
    )
    if not options["miniBatch"]:
        return model.fit(z, codes)
    n, size = len(codes), options["batchSize"]
    if n <= size:
        raise ValueError(f"{n} cells are too few for batches of {size}")
    rng = np.random.default_rng(seed)
    share = None
    if options["balanceCellType"]:
        share = 1 / np.bincount(codes)[codes]
        share = share / share.sum()
    for _ in range(options["epochs"]):
        drawn = rng.choice(n, min(n, options["batchNumber"] * size), replace=False, p=share)
        for at in range(0, len(drawn), size):
            rows = drawn[at : at + size]
            model.partial_fit(z[rows], codes[rows], classes=np.unique(codes))
    return model


def functions(z, codes, options, use_sgd, seed):
    """Coefficients [functions, genes] and intercepts [functions]; one function for two classes."""
    if use_sgd:
        model = by_sgd(z, codes, options, seed)
        return model.coef_, model.intercept_
    # Types are separable: where the descent stops depends on the coordinates, so these are the genes.
    base = LogisticRegression(C=options["C"], max_iter=options["maxIter"])
    model = OneVsRestClassifier(base, n_jobs=options["threads"]).fit(z, codes)
    coef = np.vstack([m.coef_ for m in model.estimators_])
    return coef, np.concatenate([m.intercept_ for m in model.estimators_])


def main(source, target, given):
    options = {**OPTIONS, **given}
    seed = options["seed"]
    with np.load(source, allow_pickle=False) as archive:
        train, test = read_matrix(archive, "Xtrain"), read_matrix(archive, "Xtest")
        codes = archive["ytrain"].astype(np.int64)
    if options["normalize"]:
        train, test = normalized(train), normalized(test)
    scaler = StandardScaler().fit(train.toarray())
    z, query = scaled(scaler, train), scaled(scaler, test)
    if options["featureSelection"]:
        first, _ = functions(z, codes, options, True, seed + 1)
        top = np.argsort(-np.abs(first), axis=1, kind="stable")[:, : options["topGenes"]]
        genes = np.unique(top)
        z, query = z[:, genes], query[:, genes]
    coef, intercept = functions(z, codes, options, options["useSgd"], seed)
    scores = query @ coef.T + intercept
    if len(intercept) == 1:
        scores = np.hstack([-scores, scores])
    result = {
        "codes": scores.argmax(axis=1).tolist(),
        "probabilities": (1 / (1 + np.exp(-np.clip(scores, -500, 500)))).tolist(),
    }
    Path(target).write_text(json.dumps(result))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], json.loads(sys.argv[3]) if len(sys.argv) > 3 else {})
