"""Independent PyTorch implementation of scDeepSort (Shao et al., NAR 49:e122, 2021), one layer.

Written from the description of the algorithm; shares nothing with the TypeScript code but the data.
Messages are sent edge by edge and gradients come from autograd.

usage: scdeepsort.py INPUT.npz OUTPUT.json [OPTIONS as JSON]
"""

import json
import sys
from pathlib import Path

import numpy as np
import scipy.sparse as sp
import torch
import torch.nn.functional as F
from sklearn.decomposition import PCA

OPTIONS = {
    "seed": 0,
    "epochs": 300,
    "normalize": True,
    "nComponents": 400,
    "hiddenDim": 200,
    "dropout": 0.1,
    "lr": 1e-3,
    "weightDecay": 5e-4,
    "batchSize": 500,
    "valRatio": 0.2,
    "unsureRate": 2,
    "threads": 1,
}


def read_matrix(archive, name):
    parts = (archive[f"{name}_{part}"] for part in ("data", "indices", "indptr"))
    return sp.csr_matrix(tuple(parts), shape=tuple(archive[f"{name}_shape"])).astype(np.float64)


def row_sums(matrix):
    return np.asarray(matrix.sum(axis=1)).ravel()


def normalized(counts, target=1e4):
    sums = row_sums(counts)
    scaled = sp.diags(target / np.where(sums > 0, sums, 1)) @ counts
    return scaled.log1p().tocsr()


class Cells:
    """Edges from genes into cells, and the cells' own features."""

    def __init__(self, expression, gene_features):
        expression = expression.copy()
        expression.eliminate_zeros()
        sums = row_sums(expression)
        self.shares = (sp.diags(1 / np.where(sums > 0, sums, 1)) @ expression).tocsr()
        self.degree = np.diff(expression.indptr)
        self.features = torch.tensor(self.shares @ gene_features, dtype=torch.float32)

    def batch(self, rows):
        part = self.shares[rows]
        degree = self.degree[rows]
        target = np.repeat(np.arange(len(rows)), degree)
        weights = part.data * degree[target]  # sum to the number of genes of the cell
        return (
            torch.tensor(target).long(),
            torch.tensor(part.indices).long(),
            torch.tensor(weights, dtype=torch.float32),
            torch.tensor(degree + 1, dtype=torch.float32)[:, None],
            self.features[rows],
        )


class Network(torch.nn.Module):
    def __init__(self, gene_features, n_classes, hidden, rate):
        super().__init__()
        n_genes, width = gene_features.shape
        self.register_buffer("genes", gene_features)
        self.beta = torch.nn.Parameter(torch.ones(n_genes))
        self.alpha = torch.nn.Parameter(torch.ones(1))
        self.update = torch.nn.Linear(width, hidden)
        self.classifier = torch.nn.Linear(hidden, n_classes)
        for layer in (self.update, self.classifier):
            torch.nn.init.xavier_uniform_(layer.weight, gain=2**0.5)
        torch.nn.init.zeros_(self.update.bias)
        self.rate = rate

    def forward(self, batch):
        target, source, weights, size, own = batch
        # One sparse product is the sum over the edges of beta_g w_g x_g.
        edges = torch.sparse_coo_tensor(
            torch.stack([target, source]),
            weights * self.beta[source],
            (len(own), len(self.genes)),
        )
        gathered = (torch.sparse.mm(edges, self.genes) + self.alpha * own) / size
        gathered = F.dropout(gathered, self.rate, self.training)
        return self.classifier(F.relu(self.update(gathered)))


def probabilities(network, cells, rows, size):
    network.eval()
    with torch.no_grad():
        parts = [
            F.softmax(network(cells.batch(rows[at : at + size])), 1)
            for at in range(0, len(rows), size)
        ]
    network.train()
    return torch.cat(parts).numpy()


def main(source, target, options):
    options = {**OPTIONS, **options}
    torch.set_num_threads(options["threads"])
    torch.manual_seed(options["seed"])
    rng = np.random.default_rng(options["seed"])
    archive = np.load(source, allow_pickle=True)
    train, test = read_matrix(archive, "Xtrain"), read_matrix(archive, "Xtest")
    codes = archive["ytrain"].astype(np.int64)
    if options["normalize"]:
        train, test = normalized(train), normalized(test)

    n_components = min(options["nComponents"], *train.shape)
    pca = PCA(n_components, svd_solver="randomized", random_state=options["seed"])
    gene_features = pca.fit_transform(np.asarray(train.T.todense()))
    cells = Cells(train, gene_features)
    n_classes = int(codes.max()) + 1
    genes = torch.tensor(gene_features, dtype=torch.float32)
    network = Network(genes, n_classes, options["hiddenDim"], options["dropout"])
    optimizer = torch.optim.Adam(
        network.parameters(), lr=options["lr"], weight_decay=options["weightDecay"]
    )

    order = rng.permutation(len(codes))
    n_held_out = int(options["valRatio"] * len(codes))
    held_out, trained = order[:n_held_out], order[n_held_out:]
    size = options["batchSize"]
    history = {"loss": [], "val_acc": []}
    best, kept = -1.0, None
    for _ in range(options["epochs"]):
        shuffled = rng.permutation(trained)
        total = 0.0
        for at in range(0, len(shuffled), size):
            rows = shuffled[at : at + size]
            logits = network(cells.batch(rows))
            loss = F.cross_entropy(logits, torch.tensor(codes[rows]), reduction="sum")
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item()
        history["loss"].append(total / len(trained))
        if n_held_out == 0:
            continue
        proba = probabilities(network, cells, held_out, size)
        sure = proba.max(1) >= options["unsureRate"] / n_classes
        accuracy = float(np.mean((proba.argmax(1) == codes[held_out]) & sure))
        history["val_acc"].append(accuracy)
        if accuracy >= best:
            best = accuracy
            kept = {name: value.clone() for name, value in network.state_dict().items()}
    if kept is not None:
        network.load_state_dict(kept)

    query = Cells(test, gene_features)
    proba = probabilities(network, query, np.arange(test.shape[0]), size)
    result = {
        "codes": proba.argmax(1).tolist(),
        "probabilities": proba.tolist(),
        "history": history,
    }
    Path(target).write_text(json.dumps(result))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], json.loads(sys.argv[3]) if len(sys.argv) > 3 else {})
