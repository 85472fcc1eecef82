"""Independent PyTorch implementation of scDCC (Tian et al., 2021); usage: see run_io.py."""

import numpy as np
import torch

from run_io import arrays, finish, options, step
from zinb_autoencoder import assigned, replay, train, zinb


def pairs_of(name):
    flat = arrays.get(name, np.empty(0)).astype(np.int64)
    if len(flat) == 0:
        return ()
    return torch.tensor(flat.reshape(-1, 2)).split(options["batchSize"])


def together(batch):
    """Probability that both cells of each pair are in one cluster."""
    return (assigned(batch[:, 0]) * assigned(batch[:, 1])).sum(1)


def links(optimizer, means):
    for batch in pairs_of("mustLink"):
        noise = [replay.next_noise(len(batch)) for _ in range(2)]
        link = -torch.log(together(batch)).mean()
        likelihood = sum(zinb(batch[:, side], noise[side]) for side in (0, 1))
        step(optimizer, options["mlWeight"] * link + likelihood)
        means.add(len(batch), mustLink=link)
    for batch in pairs_of("cannotLink"):
        link = -torch.log(1 - together(batch)).mean()
        step(optimizer, options["clWeight"] * link)
        means.add(len(batch), cannotLink=link)


finish(train(links))
