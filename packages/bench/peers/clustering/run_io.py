"""What the peers of the clustering models share: the run they are given, draws, losses, bookkeeping.

Dense matrices but for the graphs that values are propagated on, gradients from autograd, optimizers
of torch, k-means of scikit-learn; nothing is shared with the TypeScript implementation but prepared
data and initial weights. A comparison of loss traces also hands over first centers, batches and
noise; what is not handed over is drawn here.
Peers follow the default variant of each model: widths, weights, rates and epochs are read from the
options, alternatives of the method (compat, activation, direction of a divergence ...) are not.

usage of every peer: PEER.py INPUT.npz OUTPUT.json '{"seed": 0, "nClusters": 4, ...}'
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.cluster import KMeans

source, output, options = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
with np.load(source, allow_pickle=False) as archive:
    arrays = {name: archive[name] for name in archive.files}
torch.set_num_threads(1)
dtype = getattr(torch, options.get("dtype", "float32"))
generator = torch.Generator().manual_seed(options["seed"])
EPS = 1e-10


def tensor(values):
    return torch.tensor(values).to(dtype)


parameters = {
    name.removeprefix("parameter/"): tensor(values).requires_grad_("running" not in name)
    for name, values in arrays.items()
    if name.startswith("parameter/")
}


def named(*prefixes):
    """Parameters that are trained and whose names begin with one of the prefixes."""
    return [p for name, p in parameters.items() if name.startswith(prefixes) and p.requires_grad]


def expression():
    """Prepared expression, counts [n_cells, n_genes] and size factors [n_cells, 1]."""
    totals = arrays["totals"]
    return tensor(arrays["x"]), tensor(arrays["counts"]), tensor(totals / np.median(totals))[:, None]


def graph(indptr, indices, weights=None):
    """A graph as a dense array; links weigh 1 unless weights are named."""
    starts, columns = arrays[indptr], arrays[indices]
    n = len(starts) - 1
    dense = np.zeros((n, n))
    rows = np.repeat(np.arange(n), np.diff(starts))
    dense[rows, columns] = 1 if weights is None else arrays[weights]
    return dense


def normalized(dense):
    """D^-1/2 A D^-1/2, sparse, with D the row sums; nothing for rows that sum to 0."""
    degrees = dense.sum(1)
    factors = np.divide(1, np.sqrt(degrees), out=np.zeros_like(degrees), where=degrees > 0)
    return tensor(factors[:, None] * dense * factors).to_sparse()


def linear(h, name):
    bias = parameters.get(f"{name}/bias")
    product = h @ parameters[f"{name}/weight"]
    return product if bias is None else product + bias


def batches(n, size):
    """Shuffled batches of an epoch."""
    return torch.randperm(n, generator=generator).split(size)


def normal(shape, deviation):
    return deviation * torch.randn(shape, generator=generator, dtype=dtype)


def dropped(h, rate):
    """Inverted dropout."""
    if rate == 0:
        return h
    return h * (torch.rand(h.shape, generator=generator, dtype=dtype) >= rate) / (1 - rate)


def zinb_loss(h, y, size_factors, ridge=0.0, prefix=""):
    """Mean negative log-likelihood of counts given the decoder's last layer."""
    mean = size_factors * linear(h, f"{prefix}heads/mean").exp().clamp(1e-5, 1e6)
    theta = F.softplus(linear(h, f"{prefix}heads/dispersion")).clamp(1e-4, 1e4)
    pi = torch.sigmoid(linear(h, f"{prefix}heads/dropout"))
    nb = (
        torch.lgamma(theta + EPS)
        + torch.lgamma(y + 1)
        - torch.lgamma(y + theta + EPS)
        + (theta + y) * torch.log1p(mean / (theta + EPS))
        + y * (torch.log(theta + EPS) - torch.log(mean + EPS))
        - torch.log(1 - pi + EPS)
    )
    zero = -torch.log(pi + (1 - pi) * (theta / (theta + mean + EPS)) ** theta + EPS)
    return (torch.where(y > 0, nb, zero) + ridge * pi**2).mean()


def soft_assignment(z, freedom=1.0):
    distances = ((z[:, None, :] - parameters["centers"][None]) ** 2).sum(2)
    q = (1 + distances / freedom) ** (-(freedom + 1) / 2)
    return q / q.sum(1, keepdim=True)


def target(q):
    p = q**2 / q.sum(0)
    return p / p.sum(1, keepdim=True)


def kl(p, q):
    return (torch.special.xlogy(p, p) - p * q.log()).sum(1).mean()


def k_means(latent, n_clusters, n_init):
    """Centers and labels of k-means."""
    points = latent.detach().double().numpy()
    found = KMeans(n_clusters, n_init=n_init, random_state=options["seed"]).fit(points)
    return tensor(found.cluster_centers_), found.labels_


def add_centers(latent, n_init=20):
    """Adds the first centers to the parameters: those handed over, else of k-means."""
    given = arrays.get("centers")
    centers = k_means(latent, options["nClusters"], n_init)[0] if given is None else tensor(given)
    parameters["centers"] = centers.requires_grad_()


class Settled:
    """Whether fewer than `tol` of the cells changed their cluster since the last time."""

    def __init__(self):
        self.labels = None

    def __call__(self, q):
        before, self.labels = self.labels, q.argmax(1)
        if before is None:
            return False
        return (before != self.labels).double().mean().item() < options["tol"]


def number(value):
    return value.item() if torch.is_tensor(value) else value


history = {}
clock = []  # processor time at the end of each epoch of the clustering


def record(**terms):
    for name, value in terms.items():
        history.setdefault(name, []).append(number(value))
    if "loss" in terms:
        clock.append(time.process_time())


class Means:
    """Means of loss terms over the batches of an epoch, weighted by size."""

    def __init__(self):
        self.sums = {}
        self.weights = {}

    def add(self, size, **terms):
        for name, value in terms.items():
            self.sums[name] = self.sums.get(name, 0.0) + number(value) * size
            self.weights[name] = self.weights.get(name, 0) + size

    def record(self):
        means = {name: total / self.weights[name] for name, total in self.sums.items()}
        record(**means)
        return means


def step(optimizer, loss):
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def finish(labels):
    """Writes the history and the clusters."""
    answer = {"history": history, "clock": clock, "labels": [int(label) for label in labels]}
    Path(output).write_text(json.dumps(answer))
