"""Independent PyTorch implementation of scGNN (Wang et al., Nat Commun 12:1882, 2021).

Written from the description of the algorithm; shares nothing with the TypeScript code but the data.
Matrices are dense and every step takes all cells; regularizers are matrix products as the paper
writes them. See peer_io.py for how it is called.
"""

import math

import ltmg
import numpy as np
import scgnn_parts as parts
import torch
from peer_io import run_peer

OPTIONS = {
    "seed": 0,
    "epochs": 500,
    "iterations": 10,
    "emEpochs": 200,
    "clusterEpochs": 200,
    "graphEpochs": 200,
    "imputationEpochs": 200,
    "lr": 1e-3,
    "graphLr": 1e-2,
    "gamma": 0.1,
    "alpha": 0.9,
    "imputationGamma": 0.0,
    "graphWeight": 0.3,
    "clusterWeight": 0.1,
    "l1": 1.0,
    "ariThreshold": 0.99,
    "graphThreshold": 0.01,
    "hiddenDim": 512,
    "latentDim": 128,
    "graphHiddenDim": 32,
    "graphLatentDim": 16,
    "ltmg": True,
    "nNeighbors": 10,
    "prune": "isolation-forest",
    "maxClusters": 30,
    "minClusterSize": 5,
    "minCells": 0.01,
    "minGenes": 0.01,
    "nTopGenes": 2000,
    "normalize": False,
    "threads": 1,
}


def mean_depth(n):
    if n < 3:
        return float(n - 1)
    return 2 * (math.log(n - 1) + np.euler_gamma) - 2 * (n - 1) / n


def isolation_depths(sorted_rows):
    """Expected depth of each number of each row in a random tree of uniform cuts."""

    def of(a, b):
        if (a, b) in known:
            return known[a, b]
        size = b - a + 1
        width = sorted_rows[:, b] - sorted_rows[:, a]
        depth = np.where(width > 0, 1.0, mean_depth(size))[:, None].repeat(size, axis=1)
        for cut in range(a, b):
            gap = sorted_rows[:, cut + 1] - sorted_rows[:, cut]
            chance = np.divide(gap, width, out=np.zeros_like(gap), where=width > 0)[:, None]
            depth += chance * np.hstack([of(a, cut), of(cut + 1, b)])
        known[a, b] = depth
        return depth

    known = {}
    return of(0, sorted_rows.shape[1] - 1)


def pruned_graph(latent, options):
    lists, distances = parts.neighbors(latent, options["nNeighbors"])
    k = distances.shape[1]
    keep = np.ones_like(distances)
    if options["prune"] == "deviation":
        limit = distances.mean(1, keepdims=True) + distances.std(1, keepdims=True) * (1 + 1e-6)
        keep = (distances <= limit).astype(float)
    elif options["prune"] == "isolation-forest" and k > 1:
        score = 2 ** (-isolation_depths(distances) / mean_depth(k))
        keep[(score > 0.5) & (np.arange(k) >= k / 2)] = 0
    return parts.symmetric(lists, keep)


def impute(counts, _validation, options):
    torch.manual_seed(options["seed"])
    torch.set_num_threads(options["threads"])
    cells, genes, logs, factors = parts.prepared(counts, options)
    x = torch.tensor(logs, dtype=torch.float32)
    weights = torch.full_like(x, options["gamma"])
    if options["ltmg"]:
        chosen = counts[cells][:, genes].toarray()
        sums = chosen.sum(axis=1, keepdims=True)
        states = ltmg.regulatory_states(chosen * sums.mean() / np.maximum(sums, 1e-300))
        weights += options["alpha"] * torch.tensor(states, dtype=torch.float32)
    network = parts.Autoencoder(len(genes), options["hiddenDim"], options["latentDim"])
    initial = {name: value.clone() for name, value in network.state_dict().items()}

    def plain(target, output):
        return options["gamma"] * ((target - output) ** 2).sum()

    z, reconstruction = parts.fit_autoencoder(
        network, x, options["epochs"], options["lr"], lambda t, o: (weights * (t - o) ** 2).sum()
    )
    share = 0.8 if len(cells) < 2000 else 0.5
    graph, labels, _ = parts.iterate(network, reconstruction, z.numpy(), options, {
        "graph": lambda latent: pruned_graph(latent, options),
        "embed": lambda latent, g: parts.graph_embedding(
            (latent > latent.mean(axis=0)).astype(float), g, options
        ),
        "cluster": lambda embedding, g: parts.clusters(
            embedding, g, lambda n: int(n * share) if n > 3 else 2, 10, options
        ),
        "cluster_loss": lambda *_: plain,
        "feature_loss": plain,
        "converged": lambda ari, change: (
            ari > options["ariThreshold"] or change < options["graphThreshold"]
        ),
    })
    a = torch.tensor(graph, dtype=torch.float32)
    b = torch.tensor((labels[:, None] == labels).astype(np.float32))
    network.load_state_dict(initial)

    def regularized(target, output):
        e = (target - output) ** 2
        return (
            options["imputationGamma"] * e.sum()
            + options["graphWeight"] * (a @ e).sum()
            + options["clusterWeight"] * (b @ e).sum()
            + options["l1"] * network.l1()
        )

    _, output = parts.fit_autoencoder(
        network, x, options["imputationEpochs"], options["lr"], regularized
    )
    return parts.as_counts(counts, cells, genes, output.numpy(), factors)


if __name__ == "__main__":
    run_peer(impute, OPTIONS)
