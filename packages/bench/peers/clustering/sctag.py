"""scTAG (Yu et al., AAAI 2022) in plain PyTorch; usage: see run_io.py."""

import torch

from run_io import (
    Settled,
    finish,
    kl,
    normalized,
    options,
    parameters,
    record,
    soft_assignment,
    step,
    target,
    tensor,
)
from tag_autoencoder import adjacency, clusters, encode, graph_loss, likelihood, pretrain


def adam():
    return torch.optim.Adam(parameters.values(), lr=options["lr"], amsgrad=True)


propagation, goal = normalized(adjacency), tensor(adjacency)
pretrain(adam(), options["dropout"])
optimizer, settled = adam(), Settled()
for epoch in range(options["epochs"]):
    if epoch % options["updateInterval"] == 0:
        with torch.no_grad():
            q = soft_assignment(encode(propagation))
        if settled(q):
            break
        p = target(q)
    z = encode(propagation, options["dropout"])
    terms = {
        "adjacency": graph_loss(z, goal),
        "zinb": likelihood(z),
        "kl": kl(p, soft_assignment(z)),
    }
    weights = {"adjacency": options["wA"], "zinb": options["wX"], "kl": options["wC"]}
    loss = sum(weights[name] * term for name, term in terms.items())
    record(loss=loss, **terms)
    step(optimizer, loss)
finish(clusters(propagation))
