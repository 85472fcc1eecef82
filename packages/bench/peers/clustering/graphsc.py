"""Independent PyTorch implementation of graph-sc (Ciortan & Defrance, 2022); usage: see run_io.py.

Messages are sent edge by edge, as in the authors' formulation.
"""

import numpy as np
import torch
import torch.nn.functional as F

from run_io import (
    arrays,
    batches,
    dropped,
    finish,
    k_means,
    linear,
    options,
    parameters,
    record,
    step,
    tensor,
)

DECODER_DROPOUT = 0.1

indptr, indices = arrays["indptr"], arrays["indices"]
weights = tensor(arrays["data"])
genes, cells = tensor(arrays["geneFeatures"]), tensor(arrays["cellFeatures"])
n_cells, n_genes = len(cells), len(genes)
size = options["batchSize"]


class Replay:
    """Batches and dropout of the other side, in the order of their use; drawn if there are none."""

    def __init__(self):
        self.order, self.masks = arrays.get("batches"), arrays.get("masks")

    def batches(self):
        if self.order is None:
            return batches(n_cells, size)
        order, self.order = self.order[:n_cells], self.order[n_cells:]
        return torch.tensor(order.astype(np.int64)).split(size)

    def dropped(self, h, rate):
        if self.masks is None or rate == 0:
            return dropped(h, rate)
        kept, self.masks = self.masks[: h.numel()], self.masks[h.numel() :]
        return h * tensor(kept.reshape(h.shape)) / (1 - rate)


replay = Replay()


def embed(batch, rate):
    """Embedding of a batch: one weighted convolution over the bipartite block, one linear layer."""
    start, end = indptr[batch], indptr[batch + 1]
    degrees = end - start
    edges = np.concatenate([np.arange(a, b) for a, b in zip(start, end)])
    source = torch.tensor(indices[edges]).long()
    goal = torch.tensor(np.repeat(np.arange(len(batch)), degrees)).long()
    x_genes, x_cells = replay.dropped(genes, rate), replay.dropped(cells[batch], rate)
    out_degree = torch.bincount(source, minlength=n_genes).clamp(min=1).to(genes.dtype)
    W = parameters["conv1/weight"]
    from_genes = (x_genes * out_degree.pow(-0.5)[:, None]) @ W
    received = (x_cells @ W).index_add(0, goal, from_genes[source] * weights[edges][:, None])
    in_degree = torch.tensor(degrees + 1).to(genes.dtype)
    h = F.relu(received * in_degree.pow(-0.5)[:, None] + parameters["conv1/bias"])
    return linear(h, "linear1")


def self_link_loss(z):
    n = len(z)
    links = torch.eye(n, dtype=z.dtype)
    absent = n * n - links.sum()
    loss = F.binary_cross_entropy_with_logits(z @ z.T, links, pos_weight=absent / links.sum())
    return loss * (n * n / (2 * absent) if absent > 0 else 1)


optimizer = torch.optim.Adam(parameters.values(), lr=options["lr"])
for _ in range(options["epochs"]):
    total = 0.0
    for batch in replay.batches():
        z = embed(batch.numpy(), options["dropout"])
        loss = self_link_loss(replay.dropped(z, DECODER_DROPOUT))
        step(optimizer, loss)
        total += loss.item() * len(batch)
    record(loss=total / n_cells)
latent = torch.zeros(n_cells, parameters["linear1/bias"].shape[0])
with torch.no_grad():
    for batch in batches(n_cells, size):
        latent[batch] = embed(batch.numpy(), 0.0).float()
finish(k_means(latent, options["nClusters"], 10)[1])
