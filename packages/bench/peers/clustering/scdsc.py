"""scDSC (Gan et al., Briefings in Bioinformatics 2022) in plain PyTorch.

usage: scdsc.py FOLDER   (prints the history of the losses and the clusters as JSON)
"""

import numpy as np
import torch
import torch.nn.functional as F

from exported_run import (
    finish,
    graph,
    linear,
    meta,
    n_cells,
    named,
    normalized,
    parameters,
    record,
    soft_assignment,
    step,
    target,
    x,
    zinb_loss,
)

adjacency = normalized(graph("indptr", "indices", "weights") + np.eye(n_cells))


def block(h, name, relu, training):
    """Linear layer, batch normalization, ReLU."""
    part = {key: parameters[f"{name}/norm/{key}"] for key in ("gamma", "beta")}
    running = [parameters[f"{name}/norm/running{key}"] for key in ("Mean", "Variance")]
    h = F.batch_norm(linear(h, name), *running, part["gamma"], part["beta"], training)
    return F.relu(h) if relu else h


def encode(training):
    outputs, h = [], x
    for part, relu in (("encoder", True), ("latent", False)):
        for layer in (1, 2, 3):
            h = block(h, f"autoencoder/{part}{layer}", relu, training)
            outputs.append(h)
    return outputs


def decode(z):
    for layer in (1, 2, 3):
        z = block(z, f"autoencoder/decoder{layer}", True, True)
    return z


def graph_scores(outputs):
    """Seven graph layers, each fed by the one before and the encoder's layer beside it."""
    h = x
    for layer in range(1, 8):
        h = adjacency @ (h @ parameters[f"graph{layer}/weight"])
        if layer < 7:
            h = (1 - meta["sigma"]) * F.relu(h) + meta["sigma"] * outputs[layer - 1]
    return h


def clusters():
    with torch.no_grad():
        return soft_assignment(encode(training=False)[-1], meta["v"])


# Shifts of latent layers have no influence on the reconstruction: batch normalization follows.
shifts = [parameters[f"autoencoder/latent{layer}/norm/beta"] for layer in (1, 2, 3)]
learned = [p for p in named("autoencoder/") if not any(p is shift for shift in shifts)]
adam = torch.optim.Adam(learned, lr=meta["lr"])
for _ in range(meta["pretrainEpochs"]):
    loss = F.mse_loss(linear(decode(encode(training=True)[-1]), "autoencoder/output"), x)
    record(pretrainLoss=loss)
    step(adam, loss)

adam = torch.optim.Adam(named(""), lr=meta["lr"])
for epoch in range(meta["epochs"]):
    if epoch % meta["updateInterval"] == 0:
        p = target(clusters())
    outputs = encode(training=True)
    hidden = decode(outputs[-1])
    bce = F.binary_cross_entropy(soft_assignment(outputs[-1], meta["v"]), p)
    prediction = F.log_softmax(graph_scores(outputs), 1)
    kl = F.kl_div(prediction, p, reduction="batchmean")
    mse = F.mse_loss(linear(hidden, "autoencoder/output"), x)
    zinb = zinb_loss(hidden)
    loss = meta["bcl"] * bce + meta["cl"] * kl + meta["rl"] * mse + meta["zl"] * zinb
    record(loss=loss, bce=bce, kl=kl, mse=mse, zinb=zinb)
    step(adam, loss)
finish(clusters())
