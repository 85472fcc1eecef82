"""Independent PyTorch implementation of scGNN 2.0 (Gu et al., Bioinformatics 38:5322, 2022).

Written from the description of the algorithm; shares nothing with the TypeScript code but the data.
Matrices are dense and every step takes all cells; regularizers are matrix products. The graph
autoencoder is the one with convolutions. See peer_io.py for how it is called.
"""

import ltmg
import numpy as np
import scgnn_parts as parts
import torch
from peer_io import run_peer

OPTIONS = {
    "seed": 0,
    "epochs": 500,
    "iterations": 10,
    "emEpochs": 300,
    "clusterEpochs": 200,
    "graphEpochs": 200,
    "lr": 1e-3,
    "graphLr": 1e-2,
    "reguStrength": 0.9,
    "errorWeight": 0.3,
    "observedWeight": 1.0,
    "graphWeight": 0.3,
    "clusterWeight": 0.1,
    "l1": 1.0,
    "earlyStop": True,
    "ariThreshold": 0.95,
    "graphThreshold": 0.01,
    "hiddenDim": 512,
    "latentDim": 128,
    "graphHiddenDim": 32,
    "graphLatentDim": 16,
    "neighborhood": 0.05,
    "maxNeighbors": 30,
    "ltmg": False,
    "maxClusters": 30,
    "minClusterSize": 5,
    "minCells": 0.01,
    "minGenes": 0.01,
    "nTopGenes": 2000,
    "normalize": False,
    "threads": 1,
}


def weighted_graph(latent, options):
    k = options["neighborhood"]
    k = int(np.floor((k * len(latent) if k < 1 else k) + 0.5))
    lists, distances = parts.neighbors(latent, max(1, min(options["maxNeighbors"], k)))
    mean = distances.mean()
    return parts.symmetric(lists, 1 / np.maximum(distances, 1e-3 * mean if mean > 0 else 1))


def impute(counts, _validation, options):
    torch.manual_seed(options["seed"])
    torch.set_num_threads(options["threads"])
    cells, genes, logs, factors = parts.prepared(counts, options)
    x = torch.tensor(logs, dtype=torch.float32)
    weights = torch.full_like(x, 1 - options["reguStrength"])
    if options["ltmg"]:
        chosen = counts[cells][:, genes].toarray()
        sums = chosen.sum(axis=1, keepdims=True)
        states = ltmg.regulatory_states(chosen * sums.mean() / np.maximum(sums, 1e-300))
        weights += options["reguStrength"] * torch.tensor(states, dtype=torch.float32)
    network = parts.Autoencoder(len(genes), options["hiddenDim"], options["latentDim"])
    z, reconstruction = parts.fit_autoencoder(
        network, x, options["epochs"], options["lr"], lambda t, o: (weights * (t - o) ** 2).sum()
    )

    def cluster_loss(own, members, graph):
        links = (graph > 0).astype(float)
        rows = links / np.maximum(1, links.sum(axis=1, keepdims=True))
        a = torch.tensor(rows[np.ix_(members, members)], dtype=torch.float32)
        b = torch.full((len(members), len(members)), 1 / len(members))
        observed = x[members]

        def loss(target, output):
            e = (target - output) ** 2
            missed = (observed - output)[observed > 0]
            return (
                options["errorWeight"] * e.sum()
                + options["observedWeight"] * torch.sqrt((missed**2).sum() + 1e-12)
                + options["graphWeight"] * (a @ e).sum()
                + options["clusterWeight"] * (b @ e).sum()
                + options["l1"] * own.l1()
            )

        return loss

    share = 0.8 if len(cells) < 2000 else 0.5
    _, _, imputed = parts.iterate(network, reconstruction, z.numpy(), options, {
        "graph": lambda latent: weighted_graph(latent, options),
        "embed": lambda latent, g: parts.graph_embedding(latent, (g > 0).astype(float), options),
        "cluster": lambda embedding, g: parts.clusters(
            embedding, g, lambda n: int(np.floor(max(n * share, 2) + 0.5)), 1, options
        ),
        "cluster_loss": cluster_loss,
        "feature_loss": lambda t, o: ((t - o) ** 2).sum(),
        "converged": lambda ari, change: options["earlyStop"]
        and (ari > options["ariThreshold"] or change < options["graphThreshold"]),
    })
    return parts.as_counts(counts, cells, genes, imputed.numpy(), factors)


if __name__ == "__main__":
    run_peer(impute, OPTIONS)
