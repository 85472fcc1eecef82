"""Independent PyTorch implementation of scDCC (Tian et al., 2021) on exported inputs.

usage: scdcc.py FOLDER   (prints loss terms by epoch and clusters as JSON)
"""

import sys

import numpy as np
import torch
from zinb_autoencoder import Means, clustering_pass, descend, finish, soft_assignment, start

inputs, network, centers, optimizer, history = start(sys.argv[1])
alpha, batch_size, n_genes = (inputs.meta[key] for key in ("alpha", "batchSize", "nGenes"))


def pairs_of(name):
    flat = inputs.array(name, np.int32).astype(np.int64).reshape(-1, 2)
    return torch.tensor(flat)


def together(first, second):
    """Probability that both cells of each pair are in one cluster."""
    q = [soft_assignment(network.encode(inputs.x[side]), centers, alpha) for side in (first, second)]
    return (q[0] * q[1]).sum(1)


must_link, cannot_link = pairs_of("mustLink"), pairs_of("cannotLink")
for _ in range(inputs.meta["epochs"]):
    means = Means()
    clustering_pass(inputs, network, centers, optimizer, means)
    for batch in must_link.split(batch_size):
        first, second = batch[:, 0], batch[:, 1]
        noise = [inputs.next_noise((len(batch), n_genes)) for _ in range(2)]
        link = -torch.log(together(first, second)).mean()
        zinb = network.zinb(first, noise[0]) + network.zinb(second, noise[1])
        descend(optimizer, link + zinb)
        means.add(len(batch), mustLink=link)
    for batch in cannot_link.split(batch_size):
        link = -torch.log(1 - together(batch[:, 0], batch[:, 1])).mean()
        descend(optimizer, link)
        means.add(len(batch), cannotLink=link)
    means.into(history)
finish(inputs, network, centers, history)
