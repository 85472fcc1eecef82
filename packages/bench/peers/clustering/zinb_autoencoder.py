"""The ZINB autoencoder of scDeepCluster and scDCC in plain PyTorch, with their clustering passes."""

import numpy as np
import torch
import torch.nn.functional as F

from run_io import (
    Means,
    Settled,
    add_centers,
    arrays,
    batches,
    expression,
    kl,
    linear,
    normal,
    options,
    parameters,
    soft_assignment,
    step,
    target,
    tensor,
    zinb_loss,
)

x, counts, size_factors = expression()
n_cells, n_genes = x.shape
alpha, sigma = options["alpha"], options["sigma"]


class Replay:
    """Batches and noise of the other side, in the order of their use; drawn here if there are none."""

    def __init__(self):
        self.order, self.noise = arrays.get("order"), arrays.get("noise")

    def batches(self, size):
        if self.order is None:
            return batches(n_cells, size)
        order, self.order = self.order[:n_cells], self.order[n_cells:]
        return torch.tensor(order.astype(np.int64)).split(size)

    def next_noise(self, n):
        if self.noise is None:
            return normal((n, n_genes), sigma)
        if sigma == 0:
            return torch.zeros((n, n_genes), dtype=x.dtype)
        noise, self.noise = self.noise[: n * n_genes], self.noise[n * n_genes :]
        return tensor(noise.reshape(n, n_genes))


replay = Replay()


def stack(part, h):
    layer = 0
    while f"autoencoder/{part}/{layer}/weight" in parameters:
        h = F.relu(linear(h, f"autoencoder/{part}/{layer}"))
        layer += 1
    return h


def encode(cells):
    return linear(stack("encoder", cells), "autoencoder/latent")


def zinb(cells, noise):
    """Mean negative log-likelihood of a batch, from noisy input."""
    decoded = stack("decoder", encode(x[cells] + noise))
    return zinb_loss(decoded, counts[cells], size_factors[cells], prefix="autoencoder/")


def assigned(cells):
    return soft_assignment(encode(x[cells]), alpha)


def pretrain():
    """AMSGrad on shuffled batches."""
    lr = options["pretrainLr"]
    optimizer = torch.optim.Adam(parameters.values(), lr=lr, amsgrad=True)
    for _ in range(options["pretrainEpochs"]):
        means = Means()
        for cells in replay.batches(options["pretrainBatchSize"]):
            loss = zinb(cells, replay.next_noise(len(cells)))
            step(optimizer, loss)
            means.add(len(cells), pretrainLoss=loss)
        means.record()


def train(more=lambda optimizer, means: None):
    """Both phases; `more` is called at the end of each clustering epoch. Returns the clusters."""
    pretrain()
    with torch.no_grad():
        add_centers(encode(x))
    optimizer = torch.optim.Adadelta(parameters.values(), lr=options["lr"], rho=0.95, eps=1e-6)
    settled = Settled()
    everything = torch.arange(n_cells)
    for _ in range(options["epochs"]):
        with torch.no_grad():
            q = assigned(everything)
        if settled(q):
            break
        p, means = target(q), Means()
        for cells in everything.split(options["batchSize"]):
            likelihood = zinb(cells, replay.next_noise(len(cells)))
            cluster = kl(p[cells], assigned(cells))
            loss = likelihood + options["gamma"] * cluster
            step(optimizer, loss)
            means.add(len(cells), loss=loss, zinb=likelihood, kl=cluster)
        more(optimizer, means)
        means.record()
    with torch.no_grad():
        return assigned(everything).argmax(1)
