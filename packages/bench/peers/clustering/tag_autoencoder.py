"""The graph autoencoder of scTAG and scTPF in plain PyTorch, from exported data and weights.

Dense matrices, gradients from autograd, optimizers of torch; nothing is shared with the TypeScript
implementation but the exported numbers.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

folder = Path(sys.argv[1])
meta = json.loads((folder / "meta.json").read_text())
torch.set_num_threads(1)
dtype = getattr(torch, meta["dtype"])
n_cells, n_genes, n_clusters = meta["nCells"], meta["nGenes"], meta["nClusters"]


def array(name, kind=np.float32):
    return np.fromfile(folder / f"{name}.bin", dtype=kind)


def tensor(values):
    return torch.tensor(values).to(dtype)


x = tensor(array("x").reshape(n_cells, n_genes))
counts = tensor(array("counts").reshape(n_cells, n_genes))
totals = array("totals", np.float64)
size_factors = tensor(totals / np.median(totals))[:, None]
parameters = {
    name: tensor(array(f"parameter-{i}").reshape(shape)).requires_grad_()
    for i, (name, shape) in enumerate(meta["parameters"])
}
centers = tensor(array("centers").reshape(n_clusters, -1)).requires_grad_()


def adjacency():
    """The exported graph as a dense array."""
    indptr, indices = array("indptr", np.int32), array("indices", np.int32)
    dense = np.zeros((n_cells, n_cells))
    rows = np.repeat(np.arange(n_cells), np.diff(indptr))
    dense[rows, indices] = array("weights")
    return dense


def normalized(graph):
    """D^-1/2 A D^-1/2 with D the row sums; nothing for rows that sum to 0."""
    degrees = graph.sum(1)
    factors = np.divide(1, np.sqrt(degrees), out=np.zeros_like(degrees), where=degrees > 0)
    return tensor(factors[:, None] * graph * factors)


def tag_convolution(graph, h, name):
    powers = [h]
    for _ in range(meta["hops"]):
        powers.append(graph @ powers[-1])
    return torch.cat(powers, 1) @ parameters[f"{name}/weight"] + parameters[f"{name}/bias"]


def linear(h, name):
    return h @ parameters[f"{name}/weight"] + parameters[f"{name}/bias"]


def encode(graph):
    return tag_convolution(graph, F.relu(tag_convolution(graph, x, "conv1")), "conv2")


def zinb_loss(z):
    h = z
    for layer in range(meta["decoderLayers"]):
        h = F.relu(linear(h, f"decoder/{layer}"))
    mean = size_factors * linear(h, "heads/mean").exp().clamp(1e-5, 1e6)
    theta = F.softplus(linear(h, "heads/dispersion")).clamp(1e-4, 1e4)
    pi = torch.sigmoid(linear(h, "heads/dropout"))
    eps = 1e-10
    nb = (
        torch.lgamma(theta + eps)
        + torch.lgamma(counts + 1)
        - torch.lgamma(counts + theta + eps)
        + (theta + counts) * torch.log1p(mean / (theta + eps))
        + counts * (torch.log(theta + eps) - torch.log(mean + eps))
        - torch.log(1 - pi + eps)
    )
    zero = -torch.log(pi + (1 - pi) * (theta / (theta + mean + eps)) ** theta + eps)
    return torch.where(counts > 0, nb, zero).mean()


def graph_loss(z, target):
    y = linear(z, "graph")
    decoded = torch.sigmoid(y @ parameters["graph/bilinear"] @ y.T)
    return ((decoded - target) ** 2).mean()


def soft_assignment(z):
    distances = ((z[:, None, :] - centers[None]) ** 2).sum(2)
    q = 1 / (1 + distances)
    return q / q.sum(1, keepdim=True)


history = {}
clock = []  # processor time at the end of each epoch of the clustering


def record(**terms):
    for name, value in terms.items():
        history.setdefault(name, []).append(float(value))
    if "loss" in terms:
        clock.append(time.process_time())


def step(optimizer, loss):
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def pretrain(optimizer, graph, target):
    """Reconstruction of counts and graph."""
    for _ in range(meta["pretrainEpochs"]):
        z = encode(graph)
        loss = meta["wA"] * graph_loss(z, target) + meta["wX"] * zinb_loss(z)
        record(pretrainLoss=loss)
        step(optimizer, loss)


def finish(graph):
    """Prints the history and the clusters."""
    with torch.no_grad():
        labels = soft_assignment(encode(graph)).argmax(1)
    print(json.dumps({"history": history, "clock": clock, "labels": labels.tolist()}))
