"""The graph autoencoder of scTAG and scTPF in plain PyTorch."""

import torch
import torch.nn.functional as F
from sklearn.cluster import SpectralClustering

from run_io import (
    add_centers,
    arrays,
    dropped,
    expression,
    graph,
    linear,
    normalized,
    options,
    parameters,
    record,
    soft_assignment,
    step,
    tensor,
    zinb_loss,
)

x, counts, size_factors = expression()
n_cells = len(x)
adjacency = graph("indptr", "indices", "weights")


def tag_convolution(propagation, h, name):
    powers = [h]
    for _ in range(options["k"]):
        powers.append(propagation @ powers[-1])
    return linear(torch.cat(powers, 1), name)


def encode(propagation, rate=0.0):
    hidden = F.relu(tag_convolution(propagation, dropped(x, rate), "conv1"))
    return tag_convolution(propagation, hidden, "conv2")


def likelihood(z):
    h = z
    for layer in range(len(options["decDim"])):
        h = F.relu(linear(h, f"decoder/{layer}"))
    return zinb_loss(h, counts, size_factors)


def graph_loss(z, goal):
    y = linear(z, "graph")
    decoded = torch.sigmoid(y @ parameters["graph/bilinear"] @ y.T)
    return ((decoded - goal) ** 2).mean()


def pretrain(optimizer, rate=0.0):
    """Reconstruction of counts and graph, then the first centers."""
    propagation, goal = normalized(adjacency), tensor(adjacency)
    for _ in range(options["pretrainEpochs"]):
        z = encode(propagation, rate)
        loss = options["wA"] * graph_loss(z, goal) + options["wX"] * likelihood(z)
        record(pretrainLoss=loss)
        step(optimizer, loss)
    with torch.no_grad():
        z = encode(propagation)
        if options["centerInit"] == "spectral" and "centers" not in arrays:
            arrays["centers"] = spectral_centers(z)
        add_centers(z)


def spectral_centers(z):
    """Means of the spectral clusters of the graph."""
    links = (adjacency + adjacency.T) / 2
    search = SpectralClustering(
        options["nClusters"],
        affinity="precomputed",
        assign_labels="discretize",
        random_state=options["seed"],
    )
    labels = torch.tensor(search.fit_predict(links))
    return torch.stack([z[labels == label].mean(0) for label in labels.unique()]).numpy()


def clusters(propagation):
    with torch.no_grad():
        return soft_assignment(encode(propagation)).argmax(1)
