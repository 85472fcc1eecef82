"""scTPF (Mrabah et al., AAAI 2023) in plain PyTorch, with connected components from scipy.

usage: see run_io.py
"""

import numpy as np
import torch
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from sklearn.neighbors import NearestNeighbors

from run_io import (
    finish,
    normalized,
    options,
    parameters,
    record,
    soft_assignment,
    step,
    tensor,
)
from tag_autoencoder import adjacency, clusters, encode, graph_loss, likelihood, n_cells, pretrain

n_clusters = options["nClusters"]
original = normalized(adjacency)


def assignment(propagation):
    with torch.no_grad():
        z = encode(propagation)
        return z.numpy(), soft_assignment(z).numpy()


def neighbors(points, k):
    """The k nearest other rows of each row."""
    search = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(points)
    return search.kneighbors(return_distance=False)


def reliable_cells(z, q):
    classes = q.argmax(1)
    largest = np.sort(q, axis=1)
    cells = np.flatnonzero(largest[:, -1] - largest[:, -2] > options["epsilon"])
    if len(cells) < 2:
        return cells
    k = min(options["kCc"], len(cells) - 1)
    to = neighbors(z[cells], k).ravel()
    start = np.repeat(np.arange(len(cells)), k)
    inside = classes[cells[start]] == classes[cells[to]]
    links = coo_matrix((np.ones(inside.sum()), (start[inside], to[inside])), (len(cells),) * 2)
    _, component = connected_components(links, directed=False)
    kept = []
    for label in np.unique(classes[cells]):
        of_class = component[classes[cells] == label]
        ids, sizes = np.unique(of_class, return_counts=True)
        largest_ids = ids[sizes == sizes.max()]
        first = next(c for c in of_class if c in largest_ids)
        kept.append(cells[component == first])
    cells = np.sort(np.concatenate(kept))
    k = min(options["kOutlier"], len(cells) - 1)
    if k < 1:
        return cells
    own = classes[cells]
    votes = np.column_stack([own, own[neighbors(z[cells], k)]])
    counts = np.stack([(votes == label).sum(1) for label in range(n_clusters)], 1)
    agrees = (counts.argmax(1) == own) & (counts.max(1) >= options["zeta"] * k)
    return cells[agrees]


def corrected(z, q, reliable):
    """The original graph without self loops, with links to the representatives."""
    classes = q.argmax(1)
    graph = adjacency.copy()
    if len(reliable) > 0:
        distances = ((z[reliable][:, None] - parameters["centers"].detach().numpy()[None]) ** 2).sum(2)
        representatives = reliable[distances.argmin(0)]
        for cell in reliable:
            representative = representatives[classes[cell]]
            if classes[representative] == classes[cell] and graph[cell, representative] == 0:
                graph[cell, representative] = 1
    np.fill_diagonal(graph, 0)
    return graph


pretrain(torch.optim.Adam(parameters.values(), lr=options["pretrainLr"]))
betas = (options["beta1"], 0.999)
adam = torch.optim.Adam(parameters.values(), lr=options["lr"], betas=betas)
share, graph = 0.0, original
for epoch in range(options["epochs"]):
    if epoch % options["updateInterval"] == 0:
        if share > options["stopFraction"]:
            break
        z, q = assignment(graph)
        reliable = reliable_cells(z, q)
        share = len(reliable) / n_cells
        record(reliable=share)
        pseudo = q.copy()
        pseudo[reliable] = np.eye(n_clusters)[q.argmax(1)[reliable]]
        log_pseudo = tensor(np.log(np.maximum(pseudo, 1e-7)))
        dense = corrected(*assignment(original), reliable)
        graph, goal = normalized(dense), tensor(dense)
    z = encode(graph)
    q = soft_assignment(z)
    reconstruction, zinb = graph_loss(z, goal), likelihood(z)
    supervision = (q * (q.log() - log_pseudo)).sum(1).mean()
    loss = options["wA"] * reconstruction + options["wX"] * zinb + options["wC"] * supervision
    record(loss=loss, adjacency=reconstruction, zinb=zinb, pseudo=supervision)
    step(adam, loss)
finish(clusters(original))
