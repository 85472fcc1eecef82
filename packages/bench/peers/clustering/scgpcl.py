"""Independent PyTorch implementation of scGPCL (Lee et al., 2023) on exported inputs.

Neighbors are averaged by dense products with 0/1 matrices and every gradient comes from autograd; k-means of the prototypes
is scikit-learn's. Sampled nodes, masks, batches and initial weights are those exported.

usage: scgpcl.py FOLDER   (prints loss terms by epoch and clusters as JSON)
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.cluster import KMeans
from zinb_autoencoder import Means, descend, kl, soft_assignment, target_distribution, zinb_nll

folder = Path(sys.argv[1])
meta = json.loads((folder / "meta.json").read_text())
torch.set_num_threads(1)
dtype = getattr(torch, meta["dtype"])
n_cells, n_genes, n_layers = meta["nCells"], meta["nGenes"], meta["nLayers"]


def array(name, kind):
    return np.fromfile(folder / f"{name}.bin", dtype=kind)


def tensor(name, shape):
    return torch.tensor(array(name, np.float32).reshape(shape)).to(dtype)


x = tensor("x", (n_cells, n_genes))  # standardized expression
counts = tensor("counts", (n_cells, n_genes))
totals = array("totals", np.float64)
size_factors = torch.tensor(totals / np.median(totals)).to(dtype)
w = {name: tensor(f"weights-{i}", shape) for i, (name, shape) in enumerate(meta["weights"])}
trainable = [v.requires_grad_() for k, v in w.items() if "running" not in k and k != "centers"]
expressed = counts > 0


class Replay:
    """Exported numbers in the order of their use."""

    def __init__(self):
        self.nodes, self.nodes_at = array("nodes", np.int32).astype(np.int64), 0
        self.masks, self.masks_at = array("masks", np.uint8), 0
        self.order, self.order_at = array("order", np.int32).astype(np.int64), 0

    def next_nodes(self):
        size = self.nodes[self.nodes_at]
        start = self.nodes_at + 1
        self.nodes_at = start + size
        return torch.tensor(self.nodes[start : start + size])

    def next_mask(self, size):
        part = self.masks[self.masks_at : self.masks_at + size]
        self.masks_at += size
        return torch.tensor(part).to(dtype)

    def next_batches(self):
        order = torch.tensor(self.order[self.order_at : self.order_at + n_cells])
        self.order_at += n_cells
        return order.split(meta["batchSize"])

    def next_view(self):
        cells, genes = self.next_nodes(), self.next_nodes()
        cell_mask, gene_mask = self.next_mask(n_genes), self.next_mask(meta["geneDim"])
        return cells, genes, x[cells] * cell_mask, w["genes"][genes] * gene_mask


replay = Replay()


def mean_over(links, neighbors):
    """Mean of the neighbors of each node; 0 where there are none. links: [n, m] of 0 and 1."""
    return links @ neighbors / links.sum(1, keepdim=True).clamp(min=1)


def norm(name, h, training):
    """Batch normalization; the running statistics are updated in place."""
    running = w[f"{name}/runningMean"], w[f"{name}/runningVariance"]
    scale = w[f"{name}/gamma"], w[f"{name}/beta"]
    return F.batch_norm(h, *running, *scale, training, momentum=0.1, eps=1e-5)


def sage(layer, kind, own, messages):
    name = f"encoder/{layer}/{kind}"
    own_part = own @ w[f"{name}/own/weight"] + w[f"{name}/own/bias"]
    return own_part + messages @ w[f"{name}/neighbors/weight"]


def encode(cells, genes, h_cells, h_genes, training):
    links = expressed[cells][:, genes].to(dtype)
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
        return encode(*everything, x, w["genes"], training=False)


def reconstruction(h, batch):
    layer = 0
    while f"decoder/{layer}/weight" in w:
        h = h @ w[f"decoder/{layer}/weight"] + w[f"decoder/{layer}/bias"]
        h = F.relu(norm(f"decoder/{layer}/norm", h, True))
        layer += 1
    head = lambda name: h @ w[f"heads/{name}/weight"] + w[f"heads/{name}/bias"]
    mean = torch.clamp(torch.exp(head("mean")), 1e-5, 1e6) * size_factors[batch][:, None]
    theta = torch.clamp(F.softplus(head("dispersion")), 1e-4, 1e4)
    return zinb_nll(counts[batch], mean, theta, torch.sigmoid(head("dropout"))).mean()


def nt_xent(a, b):
    """Cross-entropy of each embedding's partner among all embeddings but itself."""
    both = F.normalize(torch.cat([a, b]), dim=1)
    similarity = both @ both.T / meta["tau"]
    similarity.fill_diagonal_(-torch.inf)
    n = len(a)
    partner = torch.cat([torch.arange(n, 2 * n), torch.arange(n)])
    return F.cross_entropy(similarity, partner)


def prototypical(h, contrast):
    losses = []
    for count in meta["prototypeCounts"]:
        found = KMeans(min(count, len(h)), n_init=meta["nInit"], random_state=0)
        labels = found.fit_predict(contrast.detach().double().numpy())
        centers = F.normalize(torch.tensor(found.cluster_centers_).to(dtype), dim=1)
        logits = F.normalize(h, dim=1) @ centers.T / meta["tau"]
        losses.append(F.cross_entropy(logits, torch.tensor(labels).long()))
    return sum(losses) / len(losses)


def pretrain(history):
    optimizer = torch.optim.AdamW(trainable, lr=meta["pretrainLr"], weight_decay=meta["decay"])
    for epoch in range(meta["pretrainEpochs"]):
        means = Means()
        for batch in replay.next_batches():
            first, second = (
                encode(*replay.next_view(), training=True)[: len(batch)] for _ in range(2)
            )
            recon = (reconstruction(first, batch) + reconstruction(second, batch)) / 2
            instance = nt_xent(first, second)
            loss = recon + meta["lam1"] * instance
            terms = {"reconstruction": recon, "instance": instance}
            if epoch >= meta["warmup"]:
                terms["prototype"] = prototypical(first, second)
                loss = loss + meta["lam2"] * terms["prototype"]
            descend(optimizer, loss)
            means.add(len(batch), pretrainLoss=loss, **terms)
        means.into(history)


def cluster(history):
    centers = w["centers"].requires_grad_()
    optimizer = torch.optim.Adadelta(
        [*trainable, centers], lr=meta["lr"], rho=0.95, weight_decay=meta["decay"]
    )
    for _ in range(meta["epochs"]):
        with torch.no_grad():
            p = target_distribution(soft_assignment(embed_all(), centers, meta["alpha"]))
        means = Means()
        for batch in replay.next_batches():
            h = encode(*replay.next_view(), training=True)[: len(batch)]
            likelihood = reconstruction(h, batch)
            clustering = kl(p[batch], soft_assignment(h, centers, meta["alpha"]))
            loss = likelihood + meta["lam3"] * clustering
            descend(optimizer, loss)
            means.add(len(batch), loss=loss, likelihood=likelihood, clustering=clustering)
        means.into(history)
    q = soft_assignment(embed_all(), centers, meta["alpha"])
    return q.argmax(1).tolist()


history = {}
pretrain(history)
labels = cluster(history)
print(json.dumps({"history": history, "labels": labels}))
