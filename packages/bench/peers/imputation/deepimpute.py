"""Independent PyTorch implementation of DeepImpute (Arisdakessian et al., Genome Biology 20:211).

Written from the description of the algorithm; shares nothing with the TypeScript code but the data.
Everything is dense. See peer_io.py for how it is called.
"""

import copy

import numpy as np
import torch
from peer_io import run_peer

OPTIONS = {
    "seed": 0,
    "subOutputdim": 512,
    "nTop": 5,
    "hiddenDim": 256,
    "dropout": 0.2,
    "binary": False,
    "epochs": 500,
    "lr": 1e-4,
    "batchSize": 64,
    "patience": 5,
    "trainSize": 0.9,
    "minCells": 0.05,
    "normalize": False,
    "threads": 1,
}


def gene_blocks(x, options, rng):
    """Targets of each block, and the genes outside that correlate most with each of them."""
    n_genes = x.shape[1]
    with np.errstate(invalid="ignore"):
        strength = np.nan_to_num(np.abs(np.corrcoef(x.T)), nan=-1)
    size = min(options["subOutputdim"], -(-n_genes // 2))
    order = rng.permutation(n_genes)
    for start in range(0, n_genes, size):
        targets = order[start : start + size]
        outside = np.setdiff1d(np.arange(n_genes), targets)
        best = np.argsort(-strength[np.ix_(targets, outside)], axis=1, kind="stable")
        yield targets, outside[np.unique(best[:, : options["nTop"]])]


def network(n_in, n_out, options):
    width = options["hiddenDim"]
    layers = [torch.nn.Linear(n_in, width), torch.nn.Linear(width, n_out)]
    for layer in layers:
        torch.nn.init.xavier_uniform_(layer.weight)
        torch.nn.init.zeros_(layer.bias)
    drop = torch.nn.Dropout(options["dropout"])
    return torch.nn.Sequential(layers[0], torch.nn.ReLU(), drop, layers[1], torch.nn.Softplus())


def impute(counts, validation, options):
    torch.manual_seed(options["seed"])
    torch.set_num_threads(options["threads"])
    rng = np.random.default_rng(options["seed"])
    in_cells = np.asarray((counts > 0).sum(axis=0)).ravel()
    limit = options["minCells"]
    genes = np.flatnonzero(in_cells >= (np.floor(limit * counts.shape[0]) if limit < 1 else limit))
    kept = counts[:, genes].toarray()
    cells = np.flatnonzero(kept.sum(axis=1) > 0)
    kept = kept[cells]
    scale = 1e4 / kept.sum(axis=1, keepdims=True) if options["normalize"] else 1
    logs = np.log1p(kept * scale)
    blocks = list(gene_blocks(logs, options, rng))
    x = torch.tensor(logs, dtype=torch.float32)
    networks = torch.nn.ModuleList(network(len(p), len(t), options) for t, p in blocks)
    if validation is None:
        order = rng.permutation(len(cells))
        n_train = round(options["trainSize"] * len(cells))
        train, checked = order[:n_train], order[n_train:]
    else:
        train = np.arange(len(cells))
        held = validation[cells][:, genes].toarray()
        mask = held > 0
        truth = np.log1p(held * scale)[mask]

    def weighted_error(prediction, target):
        weight = (target > 0).float() if options["binary"] else target
        return (weight * (target - prediction) ** 2).mean()

    def losses(rows):
        batch = x[rows]
        return sum(
            weighted_error(net(batch[:, predictors]), batch[:, targets])
            for net, (targets, predictors) in zip(networks, blocks)
        )

    def predicted():
        networks.eval()
        out = np.zeros(logs.shape, dtype=np.float32)
        with torch.no_grad():
            for net, (targets, predictors) in zip(networks, blocks):
                out[:, targets] = net(x[:, predictors]).numpy()
        return out

    optimizer = torch.optim.Adam(networks.parameters(), lr=options["lr"])
    best, best_loss, waited = copy.deepcopy(networks.state_dict()), np.inf, 0
    for _ in range(options["epochs"]):
        networks.train()
        order = rng.permutation(train)
        for start in range(0, len(order), options["batchSize"]):
            optimizer.zero_grad()
            losses(order[start : start + options["batchSize"]]).backward()
            optimizer.step()
        if validation is None:
            networks.eval()
            with torch.no_grad():
                loss = losses(checked).item()
        else:
            loss = ((predicted()[mask] - truth) ** 2).mean()
        if loss < best_loss:
            best, best_loss, waited = copy.deepcopy(networks.state_dict()), loss, 0
            continue
        waited += 1
        if waited > options["patience"]:
            break
    networks.load_state_dict(best)
    imputed = np.full(counts.shape, np.nan)
    imputed[np.ix_(cells, genes)] = np.expm1(predicted()) / scale
    return imputed


if __name__ == "__main__":
    run_peer(impute, OPTIONS)
