"""scDSC (Gan et al., Briefings in Bioinformatics 2022) in plain PyTorch; usage: see run_io.py."""

import numpy as np
import torch
import torch.nn.functional as F

from run_io import (
    Means,
    Settled,
    add_centers,
    batches,
    expression,
    finish,
    graph,
    linear,
    named,
    normalized,
    options,
    parameters,
    record,
    soft_assignment,
    step,
    target,
    zinb_loss,
)

x, counts, size_factors = expression()
n_cells = len(x)

adjacency = normalized(graph("indptr", "indices", "weights") + np.eye(n_cells))


def block(h, name, relu, training):
    """Linear layer, batch normalization, ReLU."""
    part = {key: parameters[f"{name}/norm/{key}"] for key in ("gamma", "beta")}
    running = [parameters[f"{name}/norm/running{key}"] for key in ("Mean", "Variance")]
    h = F.batch_norm(linear(h, name), *running, part["gamma"], part["beta"], training)
    return F.relu(h) if relu else h


def encode(cells, training):
    outputs, h = [], cells
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
            h = (1 - options["sigma"]) * F.relu(h) + options["sigma"] * outputs[layer - 1]
    return h


def embedding():
    with torch.no_grad():
        return encode(x, training=False)[-1]


def reconstruction_error(cells):
    decoded = linear(decode(encode(cells, training=True)[-1]), "autoencoder/output")
    return F.mse_loss(decoded, cells)


# Shifts of latent layers have no influence on the reconstruction: batch normalization follows.
shifts = [parameters[f"autoencoder/latent{layer}/norm/beta"] for layer in (1, 2, 3)]
learned = [p for p in named("autoencoder/") if not any(p is shift for shift in shifts)]
adam = torch.optim.Adam(learned, lr=options["pretrainLr"])
for _ in range(options["pretrainEpochs"]):
    means = Means()
    for cells in batches(n_cells, options["pretrainBatchSize"]):
        loss = reconstruction_error(x[cells])
        step(adam, loss)
        means.add(len(cells), pretrainLoss=loss)
    means.record()

add_centers(embedding())
adam, settled = torch.optim.Adam(named(""), lr=options["lr"]), Settled()
for epoch in range(options["epochs"]):
    if epoch % options["updateInterval"] == 0:
        with torch.no_grad():
            q = soft_assignment(embedding(), options["v"])
        if settled(q):
            break
        p = target(q)
    outputs = encode(x, training=True)
    hidden = decode(outputs[-1])
    terms = {
        "bce": F.binary_cross_entropy(soft_assignment(outputs[-1], options["v"]), p),
        "kl": F.kl_div(F.log_softmax(graph_scores(outputs), 1), p, reduction="batchmean"),
        "mse": F.mse_loss(linear(hidden, "autoencoder/output"), x),
        "zinb": zinb_loss(hidden, counts, size_factors),
    }
    weights = {"bce": "bcl", "kl": "cl", "mse": "rl", "zinb": "zl"}
    loss = sum(options[weights[name]] * term for name, term in terms.items())
    record(loss=loss, **terms)
    step(adam, loss)
with torch.no_grad():
    finish(soft_assignment(embedding(), options["v"]).argmax(1))
