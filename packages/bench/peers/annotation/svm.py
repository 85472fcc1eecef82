"""scikit-learn's support vector classifier on features of genes, averaged over what a cell expresses.

Written from the description of the algorithm; shares nothing with the TypeScript code but the data.

usage: svm.py INPUT.npz OUTPUT.json [OPTIONS as JSON]
"""

import json
import sys
from pathlib import Path

import numpy as np
import scipy.sparse as sp
from sklearn.decomposition import PCA
from sklearn.svm import SVC

OPTIONS = {"seed": 0, "normalize": True, "denseDim": 400, "C": 1.0, "kernel": "rbf", "probability": True}


def read_matrix(archive, name):
    parts = (archive[f"{name}_{part}"] for part in ("data", "indices", "indptr"))
    return sp.csr_matrix(tuple(parts), shape=tuple(archive[f"{name}_shape"])).astype(np.float64)


def row_scaled(matrix, target):
    sums = np.asarray(matrix.sum(axis=1)).ravel()
    return (sp.diags(target / np.where(sums > 0, sums, 1)) @ matrix).tocsr()


def main(source, target, given="{}"):
    options = OPTIONS | json.loads(given)
    with np.load(source) as archive:
        train, test = read_matrix(archive, "Xtrain"), read_matrix(archive, "Xtest")
        codes = archive["ytrain"].astype(np.int64)
    if options["normalize"]:
        train, test = row_scaled(train, 1e4).log1p(), row_scaled(test, 1e4).log1p()
    width = min(options["denseDim"], *train.shape)
    genes = PCA(width, svd_solver="full").fit_transform(train.T.toarray())
    model = SVC(
        C=options["C"],
        kernel=options["kernel"],
        probability=options["probability"],
        random_state=options["seed"],
    ).fit(row_scaled(train, 1) @ genes, codes)
    cells = row_scaled(test, 1) @ genes
    predicted = model.predict(cells)
    proba = model.predict_proba(cells) if options["probability"] else np.eye(codes.max() + 1)[predicted]
    result = {"codes": predicted.tolist(), "probabilities": proba.tolist()}
    Path(target).write_text(json.dumps(result))


if __name__ == "__main__":
    main(*sys.argv[1:])
