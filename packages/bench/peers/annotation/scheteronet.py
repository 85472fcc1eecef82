"""Independent PyTorch implementation of scHeteroNet (Liu et al., Advanced Science 12:e2412095, 2025).

Written from the description of the algorithm; shares nothing with the TypeScript code but the data.
Reference and query make one graph; the labels of the query are not read. The likelihood of the
counts uses all training cells.

usage: scheteronet.py INPUT.npz OUTPUT.json [OPTIONS as JSON]
"""

import json
import sys
from pathlib import Path

import numpy as np
import scipy.sparse as sp
import torch
import torch.nn.functional as F
from sklearn.neighbors import NearestNeighbors

OPTIONS = {
    "seed": 0,
    "epochs": 200,
    "cellTypeThreshold": 10,
    "nTopGenes": 4000,
    "knnNum": 5,
    "hiddenDim": 32,
    "nLayers": 1,
    "useBn": True,
    "dropout": 0.0,
    "lr": 0.01,
    "weightDecay": 5e-3,
    "valRatio": 0.2,
    "zinbWeight": 1e-4,
    "clWeight": 0.0,
    "maskRatio": 0.8,
    "oodSteps": 2,
    "oodAlpha": 0.3,
    "oodTwoHop": True,
    "threads": 1,
}


def read_matrix(archive, name):
    parts = (archive[f"{name}_{part}"] for part in ("data", "indices", "indptr"))
    return sp.csr_matrix(tuple(parts), shape=tuple(archive[f"{name}_shape"])).astype(np.float64)


def row_sums(matrix):
    return np.asarray(matrix.sum(axis=1)).ravel()


def variable_genes(counts, n_top):
    """Highly variable genes, cell_ranger flavor, of the values as they are."""
    n = counts.shape[0]
    mean = np.asarray(counts.mean(axis=0)).ravel()
    square = np.asarray(counts.multiply(counts).mean(axis=0)).ravel()
    variance = (square - mean**2) * n / (n - 1)
    mean[mean == 0] = 1e-12
    dispersion = variance / mean
    edges = np.r_[-np.inf, np.percentile(mean, np.arange(10, 105, 5)), np.inf]
    edges = np.unique(edges)
    bins = np.searchsorted(edges, mean, side="left")
    score = np.full(len(mean), np.nan)
    for b in np.unique(bins):
        inside = bins == b
        median = np.median(dispersion[inside])
        mad = np.median(np.abs(dispersion[inside] - median)) / 0.6744897501960817
        with np.errstate(divide="ignore", invalid="ignore"):
            score[inside] = (dispersion[inside] - median) / mad
    finite = np.sort(score[~np.isnan(score)])[::-1]
    cutoff = finite[min(n_top, len(finite)) - 1]
    return np.nan_to_num(score, nan=-np.inf) >= cutoff


def to_torch(matrix):
    matrix = matrix.tocoo()
    indices = torch.tensor(np.stack([matrix.row, matrix.col])).long()
    values = torch.tensor(matrix.data, dtype=torch.float32)
    return torch.sparse_coo_tensor(indices, values, matrix.shape).coalesce()


def symmetric(adjacency):
    degree = row_sums(adjacency)
    scale = sp.diags(np.where(degree > 0, degree, 1) ** -0.5)
    return to_torch(scale @ adjacency @ scale)


def graphs_of(x, k):
    """Undirected k-nearest-neighbor graph without self loops, and its strict second neighbors."""
    n = x.shape[0]
    found = NearestNeighbors(n_neighbors=min(k + 1, n)).fit(x).kneighbors_graph()
    adjacency = found.maximum(found.T).tolil()
    adjacency.setdiag(0)
    adjacency = adjacency.tocsr()
    adjacency.eliminate_zeros()
    two = adjacency @ adjacency
    two.data[:] = 1
    two = (two - two.multiply(adjacency)).tolil()
    two.setdiag(0)
    two = two.tocsr()
    two.eliminate_zeros()
    return adjacency, two


class Network(torch.nn.Module):
    def __init__(self, n_genes, n_classes, options):
        super().__init__()
        hidden, layers = options["hiddenDim"], options["nLayers"]
        width = hidden * (2 ** (layers + 1) - 1)
        self.embed = torch.nn.Linear(n_genes, hidden)
        self.norms = torch.nn.ModuleList(
            torch.nn.BatchNorm1d(hidden * 2 ** (l + 1)) for l in range(layers - 1)
        )
        self.classifier = torch.nn.Linear(width, n_classes)
        self.decoder = torch.nn.Sequential(
            torch.nn.Linear(width, 32), torch.nn.ReLU(), torch.nn.Linear(32, 128), torch.nn.ReLU()
        )
        self.heads = torch.nn.ModuleList(torch.nn.Linear(128, n_genes) for _ in range(3))
        self.options = options

    def hidden(self, x, one, two):
        rate, layers = self.options["dropout"], self.options["nLayers"]
        h = F.relu(torch.sparse.mm(x, self.embed.weight.T) + self.embed.bias)
        states = [h]
        h = F.dropout(h, rate, self.training)
        for layer in range(layers):
            last = layer == layers - 1
            h = torch.cat([torch.sparse.mm(one, h), torch.sparse.mm(two, h)], 1)
            if not last and self.options["useBn"]:
                h = self.norms[layer](h)
            dropped = F.dropout(h, rate, self.training)
            states.append(dropped if last else h)
            h = dropped
        return torch.cat(states, 1)

    def counts(self, hidden):
        mean, dispersion, dropout = (head(self.decoder(hidden)) for head in self.heads)
        return (
            torch.clamp(torch.exp(mean), 1e-5, 1e6),
            torch.clamp(F.softplus(dispersion), 1e-4, 1e4),
            torch.sigmoid(dropout),
        )


def zinb(x, mean, dispersion, dropout, eps=1e-10):
    """Mean negative log-likelihood of a zero-inflated negative binomial."""
    log_ratio = torch.log(dispersion + eps) - torch.log(dispersion + mean + eps)
    nb = (
        torch.lgamma(x + dispersion)
        - torch.lgamma(dispersion)
        - torch.lgamma(x + 1)
        + dispersion * log_ratio
        + x * (torch.log(mean + eps) - torch.log(dispersion + mean + eps))
    )
    zero = -torch.log(dropout + (1 - dropout) * torch.exp(dispersion * log_ratio) + eps)
    return torch.where(x < 1e-8, zero, -(nb + torch.log(1 - dropout + eps))).mean()


def main(source, target, options):
    options = {**OPTIONS, **options}
    torch.set_num_threads(options["threads"])
    torch.manual_seed(options["seed"])
    rng = np.random.default_rng(options["seed"])
    archive = np.load(source, allow_pickle=True)
    counts = sp.vstack([read_matrix(archive, "Xtrain"), read_matrix(archive, "Xtest")]).tocsr()
    labels = archive["ytrain"].astype(np.int64)
    n_train, n_all = len(labels), counts.shape[0]
    codes = np.r_[labels, np.full(n_all - n_train, -1)]

    sizes = np.bincount(labels)
    rare = (codes >= 0) & (sizes[codes] <= options["cellTypeThreshold"])
    places = np.flatnonzero(~rare)
    counts = counts[places]
    counts = counts[:, np.asarray(counts.sum(axis=0)).ravel() >= 3]
    full = row_sums(counts) >= 1
    counts, places = counts[full], places[full]
    counts = counts[:, variable_genes(counts, options["nTopGenes"])].tocsr()
    codes = codes[places]

    totals = row_sums(counts)
    middle = np.median(totals[totals > 0])
    factors = np.maximum(totals / middle, 1e-3)
    normalized = (sp.diags(np.where(totals > 0, middle / np.where(totals > 0, totals, 1), 1)) @ counts).log1p()
    adjacency, second = graphs_of(np.asarray(normalized.todense(), dtype=np.float32), options["knnNum"])
    one, two = symmetric(adjacency), symmetric(second)
    x = to_torch(normalized)

    classes = np.unique(codes[codes >= 0])
    known = np.flatnonzero(codes >= 0)
    order = rng.permutation(known)
    n_held_out = int(options["valRatio"] * len(known))
    held_out, trained = order[:n_held_out], order[n_held_out:]
    truth = torch.tensor(np.searchsorted(classes, codes))
    raw = torch.tensor(np.asarray(counts[trained].todense()), dtype=torch.float32)
    scale = torch.tensor(factors[trained], dtype=torch.float32)[:, None]

    network = Network(counts.shape[1], len(classes), options)
    optimizer = torch.optim.Adam(
        network.parameters(), lr=options["lr"], weight_decay=options["weightDecay"]
    )
    history = {"loss": [], "val_loss": []}
    best, kept = np.inf, None
    for _ in range(options["epochs"]):
        network.train()
        hidden = network.hidden(x, one, two)
        logits = network.classifier(hidden)[trained]
        loss = F.cross_entropy(logits, truth[trained])
        if options["zinbWeight"] > 0:
            mean, dispersion, dropout = network.counts(hidden[trained])
            loss = loss + options["zinbWeight"] * zinb(raw, mean * scale, dispersion, dropout)
        if options["clWeight"] > 0:
            keep = (torch.rand(x.values().shape) > options["maskRatio"]).float()
            view = torch.sparse_coo_tensor(x.indices(), x.values() * keep, x.shape).coalesce()
            seen = network.classifier(network.hidden(view, one, two))[trained]
            similarity = F.normalize(logits) @ F.normalize(seen).T / 0.5
            contrast = F.cross_entropy(similarity, torch.arange(len(trained)))
            loss = loss + options["clWeight"] * contrast
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        history["loss"].append(loss.item())
        if n_held_out == 0:
            continue
        network.eval()
        with torch.no_grad():
            logits = network.classifier(network.hidden(x, one, two))
            value = F.cross_entropy(logits[held_out], truth[held_out]).item()
        history["val_loss"].append(value)
        if value < best:
            best = value
            kept = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    if kept is not None:
        network.load_state_dict(kept)

    network.eval()
    with torch.no_grad():
        logits = network.classifier(network.hidden(x, one, two))
    energy = -torch.logsumexp(logits.double(), 1).numpy()
    degree = row_sums(adjacency)
    step = sp.diags(1 / np.where(degree > 0, degree, 1)) @ adjacency
    if options["oodTwoHop"]:
        step = step @ step
    for _ in range(options["oodSteps"]):
        energy = options["oodAlpha"] * energy + (1 - options["oodAlpha"]) * (step @ energy)

    # Cells that were dropped have no class; a class that was dropped has probability 0.
    n_test, n_classes = n_all - n_train, int(labels.max()) + 1
    proba = np.full((n_test, n_classes), 1 / n_classes)
    ood = np.full(n_test, np.nan)
    query = np.flatnonzero(places >= n_train)
    rows = places[query] - n_train
    proba[rows] = 0
    proba[np.ix_(rows, classes)] = F.softmax(logits, 1).numpy()[query]
    ood[rows] = energy[query]
    predicted = np.full(n_test, -1)
    predicted[rows] = proba[rows].argmax(1)
    result = {
        "codes": predicted.tolist(),
        "probabilities": proba.tolist(),
        "oodScores": [None if np.isnan(value) else value for value in ood],
        "history": history,
    }
    Path(target).write_text(json.dumps(result))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], json.loads(sys.argv[3]) if len(sys.argv) > 3 else {})
