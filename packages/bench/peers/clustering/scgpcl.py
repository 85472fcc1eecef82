"""Independent PyTorch implementation of scGPCL (Lee et al., 2023); usage: see run_io.py.

Neighbors are averaged by dense products with 0/1 matrices and every gradient comes from autograd;
k-means of the prototypes is scikit-learn's.
"""

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.metrics import adjusted_rand_score

from run_io import (
    Means,
    Settled,
    add_centers,
    arrays,
    batches,
    expression,
    finish,
    generator,
    k_means,
    kl,
    linear,
    named,
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
n_layers = len(options["layers"])
expressed = counts > 0


class Replay:
    """Batches, nodes and masks of the other side, in the order of their use; drawn if there are none."""

    def __init__(self):
        self.order, self.nodes, self.masks = (arrays.get(k) for k in ("order", "nodes", "masks"))

    def batches(self):
        if self.order is None:
            return batches(n_cells, options["batchSize"])
        order, self.order = self.order[:n_cells], self.order[n_cells:]
        return torch.tensor(order.astype(np.int64)).split(options["batchSize"])

    def view(self, batch, rate):
        """Nodes around a batch, and their features under a mask."""
        if self.nodes is None:
            cells, genes = sampled(batch)
        else:
            cells, genes = self.next_nodes(), self.next_nodes()
        cell_mask, gene_mask = (self.mask(n, rate) for n in (n_genes, options["geneDim"]))
        return cells, genes, x[cells] * cell_mask, parameters["genes"][genes] * gene_mask

    def next_nodes(self):
        size = self.nodes[0]
        nodes, self.nodes = self.nodes[1 : 1 + size], self.nodes[1 + size :]
        return torch.tensor(nodes.astype(np.int64))

    def mask(self, size, rate):
        if self.masks is None:
            return (torch.rand(size, generator=generator) >= rate).to(x.dtype)
        mask, self.masks = self.masks[:size], self.masks[size:]
        return tensor(mask)


def sampled(batch):
    """Nodes around seed cells (Hu et al., WWW 2020, algorithm 2); the seeds come first."""
    taken = {"cells": torch.zeros(n_cells, dtype=bool), "genes": torch.zeros(n_genes, dtype=bool)}
    budget = {kind: torch.zeros(len(marks), dtype=torch.double) for kind, marks in taken.items()}
    fresh = {"cells": batch, "genes": torch.arange(0)}
    taken["cells"][batch] = True
    for size in options["numSamples"]:
        for kind, other, links in (("cells", "genes", expressed), ("genes", "cells", expressed.T)):
            own = links[fresh[kind]].double()
            budget[other] += (own / own.sum(1, keepdim=True)).sum(0)
        for kind in ("genes", "cells"):
            weights = torch.where(taken[kind], 0, budget[kind] ** 2)
            n = min(size, int((weights > 0).sum()))
            keys = torch.rand(len(weights), generator=generator, dtype=torch.double).log() / weights
            fresh[kind] = keys.topk(n).indices
            taken[kind][fresh[kind]] = True
    taken["cells"][batch] = False
    others = taken["cells"].nonzero().ravel()
    return torch.cat([batch, others]), taken["genes"].nonzero().ravel()


replay = Replay()


def mean_over(links, neighbors):
    """Mean of the neighbors of each node; 0 where there are none. links: [n, m] of 0 and 1."""
    return links @ neighbors / links.sum(1, keepdim=True).clamp(min=1)


def norm(name, h, training):
    """Batch normalization; the running statistics are updated in place."""
    running = (parameters[f"{name}/running{key}"] for key in ("Mean", "Variance"))
    scale = (parameters[f"{name}/{key}"] for key in ("gamma", "beta"))
    return F.batch_norm(h, *running, *scale, training, momentum=0.1, eps=1e-5)


def sage(layer, kind, own, messages):
    name = f"encoder/{layer}/{kind}"
    return linear(own, f"{name}/own") + linear(messages, f"{name}/neighbors")


def encode(cells, genes, h_cells, h_genes, training):
    links = expressed[cells][:, genes].to(x.dtype)
    for layer in range(n_layers):
        to_cells = mean_over(links, h_genes)
        new_cells = sage(layer, "cells", h_cells, to_cells)
        new_cells = norm(f"encoder/{layer}/cell-norm", new_cells, training)
        if layer < n_layers - 1:
            to_genes = mean_over(links.T, h_cells)
            h_genes = norm(
                f"encoder/{layer}/gene-norm", sage(layer, "genes", h_genes, to_genes), training
            )
        h_cells = new_cells
    return h_cells


def embed_all():
    with torch.no_grad():
        everything = torch.arange(n_cells), torch.arange(n_genes)
        return encode(*everything, x, parameters["genes"], training=False)


def reconstruction(h, batch):
    layer = 0
    while f"decoder/{layer}/weight" in parameters:
        h = F.relu(norm(f"decoder/{layer}/norm", linear(h, f"decoder/{layer}"), True))
        layer += 1
    return zinb_loss(h, counts[batch], size_factors[batch])


def nt_xent(a, b):
    """Cross-entropy of each embedding's partner among all embeddings but itself."""
    both = F.normalize(torch.cat([a, b]), dim=1)
    similarity = both @ both.T / options["tau"]
    similarity.fill_diagonal_(-torch.inf)
    n = len(a)
    partner = torch.cat([torch.arange(n, 2 * n), torch.arange(n)])
    return F.cross_entropy(similarity, partner)


def prototype_counts():
    """Numbers of prototypes: rounded down, the last up, each larger than the one before."""
    numbers, multiples = [], options["granularity"]
    for t, multiple in enumerate(multiples):
        rounded = np.ceil if t == len(multiples) - 1 else np.floor
        least = numbers[-1] + 1 if numbers else 1
        numbers.append(max(least, int(rounded(multiple * options["nClusters"]))))
    return numbers


def prototypical(h, contrast):
    losses = []
    for count in prototype_counts():
        centers, labels = k_means(contrast, min(count, len(h)), options["nInit"])
        logits = F.normalize(h, dim=1) @ F.normalize(centers, dim=1).T / options["tau"]
        losses.append(F.cross_entropy(logits, torch.tensor(labels).long()))
    return sum(losses) / len(losses)


def pretrain():
    decay, trained = options["decay"], named("")
    optimizer = torch.optim.AdamW(trained, lr=options["pretrainLr"], weight_decay=decay)
    labels = None
    for epoch in range(options["pretrainEpochs"]):
        means = Means()
        for batch in replay.batches():
            first, second = (
                encode(*replay.view(batch, options[mask]), training=True)[: len(batch)]
                for mask in ("maskP1", "maskP2")
            )
            recon = (reconstruction(first, batch) + reconstruction(second, batch)) / 2
            instance = nt_xent(first, second)
            loss = recon + options["lam1"] * instance
            terms = {"reconstruction": recon, "instance": instance}
            if epoch >= options["warmup"]:
                terms["prototype"] = prototypical(first, second)
                loss = loss + options["lam2"] * terms["prototype"]
            step(optimizer, loss)
            means.add(len(batch), pretrainLoss=loss, **terms)
        means.record()
        if epoch >= options["warmup"] and options["r"] < 1:
            now = k_means(embed_all(), options["nClusters"], options["nInit"])[1]
            if labels is not None and adjusted_rand_score(labels, now) > options["r"]:
                break
            labels = now


def assigned():
    with torch.no_grad():
        return soft_assignment(embed_all(), options["alpha"])


def cluster():
    add_centers(embed_all(), options["nInit"])
    optimizer = torch.optim.Adadelta(
        named(""), lr=options["lr"], rho=0.95, weight_decay=options["decay"]
    )
    settled = Settled()
    for epoch in range(options["epochs"]):
        if epoch % options["updateInterval"] == 0:
            q = assigned()
            if settled(q):
                break
            p = target(q)
        means = Means()
        for batch in replay.batches():
            h = encode(*replay.view(batch, options["maskP1"]), training=True)[: len(batch)]
            likelihood = reconstruction(h, batch)
            clustering = kl(p[batch], soft_assignment(h, options["alpha"]))
            loss = likelihood + options["lam3"] * clustering
            step(optimizer, loss)
            means.add(len(batch), loss=loss, likelihood=likelihood, clustering=clustering)
        means.record()
    return assigned().argmax(1)


pretrain()
finish(cluster())
