"""ZINB autoencoder with a Student's t clustering head in plain PyTorch, on exported inputs.

Written from the papers' equations in their textbook form (lgamma, probabilities, autograd); nothing
is shared with the TypeScript implementation but the exported numbers.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

EPS = 1e-10


class Inputs:
    """Everything one run reads from its folder."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.meta = json.loads((self.folder / "meta.json").read_text())
        self.dtype = getattr(torch, self.meta["dtype"])
        n, g = self.meta["nCells"], self.meta["nGenes"]
        self.x = self.tensor("x", (n, g))
        self.counts = self.tensor("counts", (n, g))
        totals = self.array("totals", np.float64)
        self.size_factors = torch.tensor(totals / np.median(totals)).to(self.dtype)
        self.parameters = {
            name: self.tensor(f"weights-{i}", shape).requires_grad_()
            for i, (name, shape) in enumerate(self.meta["weights"])
            if name != "centers"
        }
        self.order = torch.tensor(self.array("order", np.int32).astype(np.int64))
        self.noise = self.array("noise", np.float32)
        self.noise_at = 0

    def array(self, name, kind):
        return np.fromfile(self.folder / f"{name}.bin", dtype=kind)

    def tensor(self, name, shape):
        return torch.tensor(self.array(name, np.float32).reshape(shape)).to(self.dtype)

    def next_noise(self, shape):
        """Exported noise in the order of its use; zeros where there is none."""
        if self.meta["sigma"] == 0:
            return torch.zeros(shape, dtype=self.dtype)
        size = int(np.prod(shape))
        part = self.noise[self.noise_at : self.noise_at + size]
        self.noise_at += size
        return torch.tensor(part.reshape(shape)).to(self.dtype)


class Autoencoder:
    """Forward passes over named weights."""

    def __init__(self, inputs):
        self.inputs = inputs
        self.w = inputs.parameters

    def linear(self, name, h):
        return h @ self.w[f"autoencoder/{name}/weight"] + self.w[f"autoencoder/{name}/bias"]

    def stack(self, part, h):
        layer = 0
        while f"autoencoder/{part}/{layer}/weight" in self.w:
            h = F.relu(self.linear(f"{part}/{layer}", h))
            layer += 1
        return h

    def encode(self, x):
        return self.linear("latent", self.stack("encoder", x))

    def zinb(self, cells, noise):
        """Mean ZINB negative log-likelihood of a batch, from noisy input."""
        h = self.stack("decoder", self.encode(self.inputs.x[cells] + noise))
        mean = torch.clamp(torch.exp(self.linear("heads/mean", h)), 1e-5, 1e6)
        theta = torch.clamp(F.softplus(self.linear("heads/dispersion", h)), 1e-4, 1e4)
        pi = torch.sigmoid(self.linear("heads/dropout", h))
        mean = mean * self.inputs.size_factors[cells][:, None]
        y = self.inputs.counts[cells]
        return zinb_nll(y, mean, theta, pi).mean()


def zinb_nll(y, mean, theta, pi):
    """Elementwise; lgamma in float64, where float32 would lose the counts."""
    wide = [t.double() for t in (y, mean, theta, pi)]
    y, mean, theta, pi = wide
    binomial = (
        torch.lgamma(theta + EPS)
        + torch.lgamma(y + 1)
        - torch.lgamma(y + theta + EPS)
        + (theta + y) * torch.log(1 + mean / (theta + EPS))
        + y * (torch.log(theta + EPS) - torch.log(mean + EPS))
    )
    positive = binomial - torch.log(1 - pi + EPS)
    at_zero = torch.pow(theta / (theta + mean + EPS), theta)
    zero = -torch.log(pi + (1 - pi) * at_zero + EPS)
    return torch.where(y <= 1e-8, zero, positive)


def soft_assignment(z, centers, alpha):
    squared = ((z[:, None, :] - centers[None, :, :]) ** 2).sum(2)
    q = (1 + squared / alpha) ** (-(alpha + 1) / 2)
    return q / q.sum(1, keepdim=True)


def target_distribution(q):
    weight = q**2 / q.sum(0)
    return weight / weight.sum(1, keepdim=True)


def kl(p, q):
    return (p * (torch.log(p) - torch.log(q))).sum(1).mean()


clock = []  # processor time at the end of each epoch


class Means:
    """Means of loss terms over the batches of an epoch, weighted by size."""

    def __init__(self):
        self.sums = {}
        self.weights = {}

    def add(self, size, **terms):
        for name, value in terms.items():
            self.sums[name] = self.sums.get(name, 0.0) + float(value) * size
            self.weights[name] = self.weights.get(name, 0) + size

    def into(self, history):
        for name, total in self.sums.items():
            history.setdefault(name, []).append(total / self.weights[name])
        clock.append(time.process_time())


def descend(optimizer, loss):
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def pretrain(inputs, network, history):
    """AMSGrad on the exported batches."""
    meta = inputs.meta
    optimizer = torch.optim.Adam(
        inputs.parameters.values(), lr=meta["pretrainLr"], amsgrad=True
    )
    at = 0
    for _ in range(meta["pretrainEpochs"]):
        means = Means()
        for cells in inputs.order[at : at + meta["nCells"]].split(meta["pretrainBatchSize"]):
            noise = inputs.next_noise((len(cells), meta["nGenes"]))
            loss = network.zinb(cells, noise)
            descend(optimizer, loss)
            means.add(len(cells), pretrainLoss=loss)
        at += meta["nCells"]
        means.into(history)


def clustering_pass(inputs, network, centers, optimizer, means):
    """Targets of all cells, then one descent step a batch in the order of the cells."""
    meta = inputs.meta
    with torch.no_grad():
        p = target_distribution(soft_assignment(network.encode(inputs.x), centers, meta["alpha"]))
    for cells in torch.arange(meta["nCells"]).split(meta["batchSize"]):
        noise = inputs.next_noise((len(cells), meta["nGenes"]))
        q = soft_assignment(network.encode(inputs.x[cells]), centers, meta["alpha"])
        zinb, cluster = network.zinb(cells, noise), kl(p[cells], q)
        loss = zinb + meta["gamma"] * cluster
        descend(optimizer, loss)
        means.add(len(cells), loss=loss, zinb=zinb, kl=cluster)


def start(folder):
    """Inputs, the pre-trained network, trainable centers, their optimizer and the history."""
    torch.set_num_threads(1)
    inputs = Inputs(folder)
    network = Autoencoder(inputs)
    history = {}
    pretrain(inputs, network, history)
    width = inputs.parameters["autoencoder/latent/bias"].shape[0]
    centers = inputs.tensor("centers", (inputs.meta["nClusters"], width)).requires_grad_()
    optimizer = torch.optim.Adadelta(
        [*inputs.parameters.values(), centers], lr=inputs.meta["lr"], rho=0.95, eps=1e-6
    )
    return inputs, network, centers, optimizer, history


def finish(inputs, network, centers, history):
    """Prints loss terms by epoch and the final clusters."""
    with torch.no_grad():
        q = soft_assignment(network.encode(inputs.x), centers, inputs.meta["alpha"])
    labels = q.argmax(1).tolist()
    json.dump({"history": history, "clock": clock, "labels": labels}, sys.stdout)
