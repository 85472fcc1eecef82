"""scTAG (Yu et al., AAAI 2022) in plain PyTorch.

usage: sctag.py FOLDER   (prints the history of the losses and the clusters as JSON)
"""

import torch

from tag_autoencoder import (
    adjacency,
    centers,
    encode,
    finish,
    graph_loss,
    meta,
    normalized,
    parameters,
    pretrain,
    record,
    soft_assignment,
    step,
    tensor,
    zinb_loss,
)

dense = adjacency()
graph, target = normalized(dense), tensor(dense)


def optimizer(variables):
    return torch.optim.Adam(variables, lr=meta["lr"], amsgrad=True)


pretrain(optimizer(parameters.values()), graph, target)
adam = optimizer([*parameters.values(), centers])
for epoch in range(meta["epochs"]):
    if epoch % meta["updateInterval"] == 0:
        with torch.no_grad():
            q = soft_assignment(encode(graph))
            p = q**2 / q.sum(0)
            p = p / p.sum(1, keepdim=True)
    z = encode(graph)
    q = soft_assignment(z)
    reconstruction, likelihood = graph_loss(z, target), zinb_loss(z)
    kl = (p * (p.log() - q.log())).sum(1).mean()
    loss = meta["wA"] * reconstruction + meta["wX"] * likelihood + meta["wC"] * kl
    record(loss=loss, adjacency=reconstruction, zinb=likelihood, kl=kl)
    step(adam, loss)
finish(graph)
