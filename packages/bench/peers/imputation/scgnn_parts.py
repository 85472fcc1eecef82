"""What the peers of scGNN and scGNN 2.0 share; see peer_io.py for how they are called."""

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score
from sklearn.neighbors import NearestNeighbors


def prepared(counts, options):
    """Filters, scaled cells, log, variable genes: cells, genes, log expression, factors."""
    in_cells = np.asarray((counts > 0).sum(axis=0)).ravel()
    genes = np.flatnonzero(in_cells >= np.floor(options["minCells"] * counts.shape[0]))
    kept = counts[:, genes].toarray()
    n_genes = (kept > 0).sum(axis=1)
    enough = n_genes >= np.floor(options["minGenes"] * kept.shape[1])
    cells = np.flatnonzero(enough & (kept.sum(axis=1) > 0))
    kept = kept[cells]
    factors = np.ones(len(cells))
    if options["normalize"]:
        sums = kept.sum(axis=1)
        factors = np.median(sums) / sums
    logs = np.log1p(kept * factors[:, None])
    top = np.sort(np.argsort(-logs.var(axis=0), kind="stable")[: options["nTopGenes"]])
    return cells, genes[top], logs[:, top], factors


def as_counts(counts, cells, genes, output, factors):
    imputed = np.full(counts.shape, np.nan)
    imputed[np.ix_(cells, genes)] = np.maximum(0, np.expm1(output) / factors[:, None])
    return imputed


class Autoencoder(torch.nn.Module):
    def __init__(self, n_genes, hidden, latent):
        super().__init__()
        self.encoder = torch.nn.ModuleList(
            [torch.nn.Linear(n_genes, hidden), torch.nn.Linear(hidden, latent)]
        )
        self.decoder = torch.nn.ModuleList(
            [torch.nn.Linear(latent, hidden), torch.nn.Linear(hidden, n_genes)]
        )
        torch.nn.init.zeros_(self.decoder[1].bias)

    def forward(self, x):
        for layer in self.encoder:
            x = torch.relu(layer(x))
        z = x
        for layer in self.decoder:
            x = torch.relu(layer(x))
        return z, x

    def l1(self):
        return sum(p.abs().sum() for p in self.parameters())


def fit_autoencoder(network, x, epochs, lr, loss):
    """All cells in each step; returns latent features and output after the last one."""
    optimizer = torch.optim.Adam(network.parameters(), lr=lr)
    for _ in range(epochs):
        value = loss(x, network(x)[1])
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
    with torch.no_grad():
        return network(x)


def neighbors(latent, k):
    k = min(k, len(latent) - 1)
    distances, indices = NearestNeighbors(n_neighbors=k + 1).fit(latent).kneighbors(latent)
    lists, lengths = np.empty((len(latent), k), int), np.empty((len(latent), k))
    for i in range(len(latent)):
        others = np.flatnonzero(indices[i] != i)[:k]
        lists[i], lengths[i] = indices[i][others], distances[i][others]
    return lists, lengths


def symmetric(lists, weights):
    n = len(lists)
    graph = np.zeros((n, n))
    np.put_along_axis(graph, lists, weights, axis=1)
    return np.maximum(graph, graph.T)


def graph_embedding(features, graph, options):
    n, width = features.shape
    x = torch.tensor(features, dtype=torch.float32)
    loops = graph + np.eye(n)
    root = 1 / np.sqrt(loops.sum(axis=1))
    a = torch.tensor(loops * root[:, None] * root, dtype=torch.float32)
    target = torch.tensor((loops > 0).astype(np.float32))
    links = max(1, int((graph > 0).sum()))
    positive, norm = (n * n - links) / links, n * n / (2 * (n * n - links))
    hidden, latent = options["graphHiddenDim"], options["graphLatentDim"]

    def glorot(n_in, n_out):
        return torch.nn.Parameter(torch.nn.init.xavier_uniform_(torch.empty(n_in, n_out)))

    weights = [glorot(width, hidden), glorot(hidden, latent), glorot(hidden, latent)]
    optimizer = torch.optim.Adam(weights, lr=options["graphLr"])

    def posterior():
        h = torch.relu(a @ (x @ weights[0]))
        return a @ (h @ weights[1]), a @ (h @ weights[2])

    for _ in range(options["graphEpochs"]):
        mean, log_sigma = posterior()
        z = mean + torch.exp(log_sigma) * torch.randn_like(mean)
        fit = norm * F.binary_cross_entropy_with_logits(
            z @ z.T, target, pos_weight=torch.tensor(positive)
        )
        kl = (mean**2 + torch.exp(2 * log_sigma) - 2 * log_sigma - 1).sum(1).mean() / (2 * n)
        optimizer.zero_grad()
        (fit + kl).backward()
        optimizer.step()
    with torch.no_grad():
        return posterior()[0].numpy()


def communities(graph):
    import igraph

    rows, columns = np.nonzero(np.triu(graph, 1))
    found = igraph.Graph(n=len(graph), edges=np.column_stack([rows, columns]).tolist())
    parts = found.community_multilevel(weights=graph[rows, columns].tolist())
    return np.array(parts.membership)


def clusters(embedding, graph, n_clusters, n_init, options):
    k = min(len(embedding), n_clusters(len(set(communities(graph)))))
    labels = KMeans(k, n_init=n_init, random_state=options["seed"]).fit(embedding).labels_
    labels = by_size(labels)
    if labels.max() >= options["maxClusters"]:
        sizes = np.bincount(labels)
        small = (labels >= options["maxClusters"] - 1) | (sizes[labels] < options["minClusterSize"])
        labels = by_size(np.where(small, len(sizes), labels))
    return labels


def by_size(labels):
    names, places, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    rank = np.empty(len(names), int)
    rank[np.argsort(-sizes, kind="stable")] = np.arange(len(names))
    return rank[places]


def moved(graph, before, first):
    """Change of the smoothed graph as a share of the first normalized Laplacian."""

    def columns(g):
        return g / np.maximum(g.sum(axis=0), 1e-300)

    degree = first.sum(axis=1)
    root = 1 / np.sqrt(np.maximum(degree, 1e-300))
    laplacian = np.diag((degree > 0).astype(float)) - first * root[:, None] * root
    old = laplacian if before is None else columns(before)
    return 0.5 * np.abs(columns(graph) - old).sum() / np.abs(laplacian).sum()


def iterate(network, reconstruction, latent, options, steps):
    """The iterations that both models have; returns the last graph, labels and imputed matrix."""
    graph = first = steps["graph"](latent)
    embedding = steps["embed"](latent, graph)
    before = labels = imputed = None
    for round_ in range(options["iterations"]):
        labels = steps["cluster"](embedding, graph)
        imputed = torch.zeros_like(reconstruction)
        state = {name: value.clone() for name, value in network.state_dict().items()}
        for cluster in np.unique(labels):
            cells = np.flatnonzero(labels == cluster)
            own = Autoencoder(reconstruction.shape[1], options["hiddenDim"], options["latentDim"])
            own.load_state_dict(state)
            loss = steps["cluster_loss"](own, cells, graph)
            _, output = fit_autoencoder(
                own, reconstruction[cells], options["clusterEpochs"], options["lr"], loss
            )
            imputed[cells] = output
        z, reconstruction = fit_autoencoder(
            network, imputed, options["emEpochs"], options["lr"], steps["feature_loss"]
        )
        old, graph = graph, steps["graph"](z.numpy())
        embedding = steps["embed"](z.numpy(), graph)
        change = moved(graph, None if round_ == 0 else old, first)
        ari = 0.0 if before is None else adjusted_rand_score(before, labels)
        before = labels
        if steps["converged"](ari, change):
            break
    if labels is None:
        labels = steps["cluster"](embedding, graph)
    return graph, labels, imputed if imputed is not None else reconstruction
