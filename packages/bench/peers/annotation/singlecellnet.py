"""Independent scikit-learn implementation of SingleCellNet (Tan & Cahan, Cell Systems 9:207, 2019).

Written from the description of the algorithm; shares nothing with the TypeScript code but the data.
Correlations are computed by their definition, trees are scikit-learn's. With stratify "weigh" note
that scikit-learn from 1.9 on draws cells by the class weights, where it used to weigh them.

usage: singlecellnet.py INPUT.npz OUTPUT.json [OPTIONS as JSON]
"""

import itertools
import json
import sys
from pathlib import Path

import numpy as np
import scipy.sparse as sp
from sklearn.ensemble import RandomForestClassifier
from sklearn.tree import DecisionTreeClassifier

OPTIONS = {
    "seed": 0,
    "normalize": True,
    "numTrees": 100,
    "numTopGenes": 10,
    "alpha1": 0.05,
    "alpha2": 0.001,
    "mu": 2,
    "numTopGenePairs": 25,
    "maxGenePerCt": 3,
    "numRand": 100,
    "stratify": "draw",
    "threads": 1,
}


def read_matrix(archive, name):
    parts = (archive[f"{name}_{part}"] for part in ("data", "indices", "indptr"))
    return sp.csr_matrix(tuple(parts), shape=tuple(archive[f"{name}_shape"])).astype(np.float64)


def normalized(counts):
    sums = np.asarray(counts.sum(axis=1)).ravel()
    return (sp.diags(1e4 / np.where(sums > 0, sums, 1)) @ counts).log1p().tocsr()


def correlations(values, member):
    """Pearson correlation of each column with the 0/1 vector; 0 for constant columns."""
    centered = values - values.mean(axis=0)
    m = member - member.mean()
    spread = np.sqrt((centered**2).sum(axis=0) * (m**2).sum())
    constant = values.max(axis=0) == values.min(axis=0)
    return np.where(constant, 0, m @ centered / np.where(spread > 0, spread, 1))


def expressed(x, options):
    positive = x > 0
    share = np.asarray(positive.mean(axis=0)).ravel()
    total = np.asarray(x.multiply(positive).sum(axis=0)).ravel()
    mean = total / np.maximum(np.asarray(positive.sum(axis=0)).ravel(), 1)
    keep = (share > options["alpha1"]) | ((share > options["alpha2"]) & (mean > options["mu"]))
    return np.flatnonzero(keep)


def pairs_of_type(x, genes, member, options):
    n = options["numTopGenes"]
    ranked = genes[np.argsort(-correlations(x[:, genes], member), kind="stable")]
    candidates = np.unique(np.concatenate([ranked[:n], ranked[-n:]]))
    pairs = list(itertools.combinations(candidates, 2))
    first, second = np.array(pairs).T
    above = (x[:, first] > x[:, second]).astype(np.float64)
    used, chosen = {}, []
    for p in np.argsort(-correlations(above, member), kind="stable"):
        if len(chosen) == options["numTopGenePairs"]:
            break
        if all(used.get(gene, 0) < options["maxGenePerCt"] for gene in pairs[p]):
            for gene in pairs[p]:
                used[gene] = used.get(gene, 0) + 1
            chosen.append(pairs[p])
    return chosen


def forest_proba(features, labels, query, n_classes, options, rng):
    """Class shares of the query; each tree may see equally many cells of all classes."""
    shares = np.zeros((len(query), n_classes))
    if options["stratify"] != "draw":
        forest = RandomForestClassifier(
            n_estimators=options["numTrees"],
            class_weight="balanced" if options["stratify"] == "weigh" else None,
            random_state=int(rng.integers(2**31)),
            n_jobs=options["threads"],
        ).fit(features, labels)
        shares[:, forest.classes_] = forest.predict_proba(query)
        return shares
    groups = [np.flatnonzero(labels == own) for own in np.unique(labels)]
    least = min(len(group) for group in groups)
    for _ in range(options["numTrees"]):
        rows = np.concatenate([rng.choice(group, least) for group in groups])
        tree = DecisionTreeClassifier(
            max_features="sqrt", random_state=int(rng.integers(2**31))
        ).fit(features[rows], labels[rows])
        shares[:, tree.classes_] += tree.predict_proba(query) / options["numTrees"]
    return shares


def main(source, target, given):
    options = {**OPTIONS, **given}
    rng = np.random.default_rng(options["seed"])
    with np.load(source, allow_pickle=False) as archive:
        train, test = read_matrix(archive, "Xtrain"), read_matrix(archive, "Xtest")
        codes = archive["ytrain"].astype(np.int64)
    n_classes = int(codes.max()) + 1
    if options["normalize"]:
        train, test = normalized(train), normalized(test)
    genes = expressed(train, options)
    dense = train.toarray()
    chosen = set()
    for own in range(n_classes):
        chosen.update(pairs_of_type(dense, genes, (codes == own).astype(np.float64), options))
    first, second = np.array(sorted(chosen)).T
    features = (dense[:, first] > dense[:, second]).astype(np.float32)

    within = rng.permuted(features, axis=1)
    random = rng.permuted(within, axis=0)[: options["numRand"]]
    features = np.vstack([features, random])
    labels = np.append(codes, np.full(len(random), n_classes))
    query = test.toarray()
    query = (query[:, first] > query[:, second]).astype(np.float32)
    proba = forest_proba(features, labels, query, n_classes + 1, options, rng)
    best = proba.argmax(axis=1)
    result = {
        "codes": np.where(best == n_classes, -1, best).tolist(),
        "probabilities": proba[:, :n_classes].tolist(),
    }
    Path(target).write_text(json.dumps(result))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], json.loads(sys.argv[3]) if len(sys.argv) > 3 else {})
