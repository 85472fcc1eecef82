"""Independent PyTorch implementation of ACTINN (Ma & Pellegrini, Bioinformatics 36(2), 2020).

Written from the description of the algorithm; shares nothing with the TypeScript code but the data.
Genes are chosen on the reference alone; expression is dense, as in the authors' program.

usage: actinn.py INPUT.npz OUTPUT.json [OPTIONS as JSON]
"""

import json
import sys
from pathlib import Path

import numpy as np
import scipy.sparse as sp
import torch
import torch.nn.functional as F

OPTIONS = {
    "seed": 0,
    "hiddenDims": [100, 50, 25],
    "lambd": 0.005,
    "epochs": 50,
    "lr": 1e-4,
    "batchSize": 128,
    "normalize": True,
    "filterGenes": True,
    "threads": 1,
}


def read_matrix(archive, name):
    parts = (archive[f"{name}_{part}"] for part in ("data", "indices", "indptr"))
    return sp.csr_matrix(tuple(parts), shape=tuple(archive[f"{name}_shape"])).astype(np.float64)


def normalized(counts):
    sums = np.asarray(counts.sum(axis=1)).ravel()
    logs = (sp.diags(1e4 / np.where(sums > 0, sums, 1)) @ counts).log1p()
    return (logs / np.log(2)).tocsr()


def within(summary):
    low, high = np.percentile(summary, [1, 99])
    return (summary >= low) & (summary <= high)


def chosen_genes(x, filter_genes):
    genes = np.flatnonzero(np.asarray((x > 0).sum(axis=0)).ravel() >= 1)
    if not filter_genes:
        return genes
    genes = genes[within(np.asarray(x[:, genes].sum(axis=0)).ravel())]
    part = x[:, genes]
    mean = np.asarray(part.mean(axis=0)).ravel()
    variance = np.asarray(part.multiply(part).mean(axis=0)).ravel() - mean**2
    return genes[within(np.sqrt(np.maximum(variance, 0)) / mean)]


def perceptron(widths):
    layers = []
    for n_in, n_out in zip(widths, widths[1:]):
        linear = torch.nn.Linear(n_in, n_out)
        torch.nn.init.xavier_normal_(linear.weight)
        torch.nn.init.zeros_(linear.bias)
        layers += [linear, torch.nn.ReLU()]
    return torch.nn.Sequential(*layers[:-1])


def main(source, target, given="{}"):
    options = OPTIONS | json.loads(given)
    torch.set_num_threads(options["threads"])
    torch.manual_seed(options["seed"])
    with np.load(source) as archive:
        train, test = read_matrix(archive, "Xtrain"), read_matrix(archive, "Xtest")
        codes = torch.tensor(archive["ytrain"].astype(np.int64))
    if options["normalize"]:
        train, test = normalized(train), normalized(test)
    genes = chosen_genes(train, options["filterGenes"])
    x = torch.tensor(train[:, genes].toarray(), dtype=torch.float32)
    network = perceptron([len(genes), *options["hiddenDims"], int(codes.max()) + 1])
    weights = [layer.weight for layer in network if isinstance(layer, torch.nn.Linear)]
    optimizer = torch.optim.Adam(network.parameters(), lr=options["lr"])
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 1000, 0.95)
    history = []
    for _ in range(options["epochs"]):
        total = 0.0
        for rows in torch.randperm(len(x)).split(options["batchSize"]):
            entropy = F.cross_entropy(network(x[rows]), codes[rows])
            loss = entropy + options["lambd"] / 2 * sum((w**2).sum() for w in weights)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += entropy.item() * len(rows)
        history.append(total / len(x))
    with torch.no_grad():
        cells = torch.tensor(test[:, genes].toarray(), dtype=torch.float32)
        proba = network(cells).softmax(1).numpy()
    result = {
        "codes": proba.argmax(1).tolist(),
        "probabilities": proba.tolist(),
        "history": {"loss": history},
    }
    Path(target).write_text(json.dumps(result))


if __name__ == "__main__":
    main(*sys.argv[1:])
