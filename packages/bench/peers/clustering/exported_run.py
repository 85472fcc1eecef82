"""What the peers of scDSC and SCAG2E share: the exported run, losses and bookkeeping.

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
n_cells, n_genes = meta["nCells"], meta["nGenes"]


def array(name, kind=np.float32):
    return np.fromfile(folder / f"{name}.bin", dtype=kind)


def tensor(values):
    return torch.tensor(values).to(dtype)


x = tensor(array("x").reshape(n_cells, n_genes))
counts = tensor(array("counts").reshape(n_cells, n_genes))
totals = array("totals", np.float64)
size_factors = tensor(totals / np.median(totals))[:, None]
parameters = {
    name: tensor(array(f"parameter-{i}").reshape(shape)).requires_grad_("running" not in name)
    for i, (name, shape) in enumerate(meta["parameters"])
}
parameters["centers"] = tensor(
    array("centers").reshape(meta["nClusters"], -1)
).requires_grad_()


def graph(indptr, indices, weights=None):
    """An exported graph as a dense array; links weigh 1 unless weights are named."""
    starts, columns = array(indptr, np.int32), array(indices, np.int32)
    n = len(starts) - 1
    dense = np.zeros((n, n))
    rows = np.repeat(np.arange(n), np.diff(starts))
    dense[rows, columns] = 1 if weights is None else array(weights)
    return dense


def normalized(dense):
    """D^-1/2 A D^-1/2 with D the row sums."""
    factors = 1 / np.sqrt(dense.sum(1))
    return tensor(factors[:, None] * dense * factors)


def named(*prefixes):
    """Parameters whose names begin with one of the prefixes."""
    return [p for name, p in parameters.items() if name.startswith(prefixes) and p.requires_grad]


def linear(h, name):
    bias = parameters.get(f"{name}/bias")
    product = h @ parameters[f"{name}/weight"]
    return product if bias is None else product + bias


def zinb_loss(h, ridge=0.0):
    """Mean negative log-likelihood of the counts given the decoder's last layer."""
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
    return (torch.where(counts > 0, nb, zero) + ridge * pi**2).mean()


def soft_assignment(z, freedom):
    distances = ((z[:, None, :] - parameters["centers"][None]) ** 2).sum(2)
    q = (1 + distances / freedom) ** (-(freedom + 1) / 2)
    return q / q.sum(1, keepdim=True)


def target(q):
    p = q**2 / q.sum(0)
    return p / p.sum(1, keepdim=True)


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


def finish(q):
    """Prints the history and the clusters."""
    print(json.dumps({"history": history, "clock": clock, "labels": q.argmax(1).tolist()}))
