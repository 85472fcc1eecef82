"""Independent PyTorch implementation of GraphSCI (Rao et al., iScience 24:102393, 2021).

Written from the description of the algorithm; shares nothing with the TypeScript code but the data.
Everything is dense. See peer_io.py for how it is called.
"""

import copy

import numpy as np
import torch
import torch.nn.functional as F
from peer_io import run_peer

OPTIONS = {
    "seed": 0,
    "epochs": 300,
    "patience": 30,
    "batchSize": 4096,
    "lr": 1e-3,
    "weightDecay": 1e-6,
    "le": 1.0,
    "la": 0.01,
    "ke": 1.0,
    "ka": 0.01,
    "valRatio": 0.05,
    "width": 256,
    "dropout": 0.1,
    "minCells": 0.05,
    "nTopGenes": 2000,
    "threshold": 0.3,
    "threads": 1,
}


def chosen_genes(counts, options):
    """Genes in enough cells, of these the ones whose log counts vary most, in their order."""
    in_cells = np.asarray((counts > 0).sum(axis=0)).ravel()
    kept = np.flatnonzero(in_cells >= np.floor(options["minCells"] * counts.shape[0]))
    logs = np.log1p(counts[:, kept].toarray())
    order = np.argsort(-logs.var(axis=0), kind="stable")[: options["nTopGenes"]]
    return kept[np.sort(order)]


def gene_graph(logs, threshold):
    """1 where two genes correlate, and on the diagonal."""
    with np.errstate(invalid="ignore"):
        correlation = np.nan_to_num(np.corrcoef(logs.T))
    links = (np.abs(correlation) >= threshold).astype(np.float64)
    np.fill_diagonal(links, 1)
    return links


class Convolution(torch.nn.Module):
    def __init__(self, n_in, n_out):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.empty(n_in, n_out))
        self.bias = torch.nn.Parameter(torch.zeros(n_out))
        torch.nn.init.xavier_uniform_(self.weight)

    def forward(self, graph, x):
        return graph @ (x @ self.weight) + self.bias


class Network(torch.nn.Module):
    def __init__(self, n_cells, n_genes, width, rate):
        super().__init__()
        self.first = Convolution(n_cells, width)
        self.second = Convolution(width, width)
        self.mean_head = Convolution(width, n_genes)
        self.sigma_head = Convolution(width, n_genes)
        self.mixing = torch.nn.Parameter(torch.empty(n_genes, n_genes))
        torch.nn.init.xavier_uniform_(self.mixing)
        self.offset = torch.nn.Parameter(torch.zeros(n_genes))
        hidden = []
        for n_in in (n_genes, width):
            layer = torch.nn.Linear(n_in, width)
            hidden += [torch.nn.Dropout(rate), layer, torch.nn.BatchNorm1d(width), torch.nn.ReLU()]
        self.hidden = torch.nn.Sequential(*hidden, torch.nn.Dropout(rate))
        self.heads = torch.nn.ModuleList(torch.nn.Linear(width, n_genes) for _ in range(3))
        self.drop = torch.nn.Dropout(rate)

    def posterior(self, graph, genes):
        h = torch.tanh(self.first(graph, self.drop(genes)))
        h = torch.relu(self.second(graph, self.drop(h)))
        return self.mean_head(graph, self.drop(h)), self.sigma_head(graph, self.drop(h))

    def forward(self, x, graph, genes):
        mean, log_sigma = self.posterior(graph, genes)
        z = mean
        if self.training:
            z = mean + torch.exp(log_sigma) * torch.randn_like(mean)
        h = self.hidden(torch.relu(self.drop(x) @ (self.mixing * z) + self.offset))
        m, theta, pi = (head(h) for head in self.heads)
        m = torch.exp(m).clamp(1e-5, 1e6)
        theta = F.softplus(theta).clamp(1e-4, 1e4)
        return m, theta, pi, (mean, log_sigma, z)


def zinb(counts, mean, theta, logit):
    """-ln p of each count."""
    log_zero = -theta * torch.log1p(mean / theta)
    log_nb = (
        torch.lgamma(counts + theta) - torch.lgamma(theta) - torch.lgamma(counts + 1)
        + log_zero + counts * (torch.log(mean) - torch.log(theta + mean))
    )
    log_pi, log_rest = F.logsigmoid(logit), F.logsigmoid(-logit)
    return -torch.where(counts > 0, log_rest + log_nb, torch.logaddexp(log_pi, log_rest + log_zero))


def hidden_entries(counts, ratio, rng):
    """A share of the positive counts of every cell with more than five of them."""
    mask = np.zeros(counts.shape, dtype=bool)
    for i, row in enumerate(counts):
        places = np.flatnonzero(row)
        if len(places) > 5:
            mask[i, rng.choice(places, int(ratio * len(places)), replace=False)] = True
    return mask


def impute(counts, validation, options):
    torch.manual_seed(options["seed"])
    np.random.seed(options["seed"])
    torch.set_num_threads(options["threads"])
    genes = chosen_genes(counts, options)
    cells = np.flatnonzero(np.asarray(counts[:, genes].sum(axis=1)).ravel() > 0)
    whole = counts[cells][:, genes].toarray()
    if validation is None:
        mask = hidden_entries(whole, options["valRatio"], np.random.default_rng(options["seed"]))
        truth = whole
    else:
        truth = validation[cells][:, genes].toarray()
        mask = truth > 0
    seen = np.where(mask, 0, whole)
    sums = whole.sum(axis=1)
    factors = torch.tensor(sums / np.median(sums), dtype=torch.float32)[:, None]
    links = gene_graph(np.log1p(whole), options["threshold"])
    scale = 1 / np.sqrt(links.sum(axis=1))
    graph = torch.tensor(links * scale[:, None] * scale, dtype=torch.float32)
    links = torch.tensor(links, dtype=torch.float32)
    target = torch.tensor(seen, dtype=torch.float32)
    x = torch.log1p(target)
    free = torch.tensor(~mask)
    n_genes = len(genes)
    network = Network(len(cells), n_genes, options["width"], options["dropout"])
    optimizer = torch.optim.Adam(
        network.parameters(), lr=options["lr"], weight_decay=options["weightDecay"]
    )
    pairs, n_links = n_genes**2, links.sum()
    n_batches = -(-len(cells) // options["batchSize"])
    best, best_loss, waited = None, np.inf, 0
    for _ in range(options["epochs"]):
        network.train()
        for batch in np.array_split(np.random.permutation(len(cells)), n_batches):
            counted, part, scales = target[batch], free[batch], factors[batch]
            m, theta, pi, (mean, log_sigma, z) = network(x[batch], graph, x.T)
            likelihood = zinb(counted, m * scales, theta, pi)[part].mean()
            error = 0.5 / n_genes * ((m * scales - counted)[part] ** 2).mean()
            adjacency = F.binary_cross_entropy_with_logits(
                z, links, pos_weight=(pairs - n_links) / n_links
            ) * (pairs / (2 * (pairs - n_links)))
            kl = 0.5 * (mean**2 + torch.exp(2 * log_sigma) - 2 * log_sigma - 1).mean()
            terms = zip(("le", "la", "ke", "ka"), (likelihood, adjacency, error, kl))
            loss = sum(options[name] * term for name, term in terms)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        if not mask.any():
            continue
        network.eval()
        with torch.no_grad():
            predicted = torch.log1p(network(x, graph, x.T)[0] * factors).numpy()
        value = ((predicted - np.log1p(truth))[mask] ** 2).mean()
        if value < best_loss:
            best, best_loss, waited = copy.deepcopy(network.state_dict()), value, 0
        else:
            waited += 1
        if waited > options["patience"]:
            break
    if best is not None:
        network.load_state_dict(best)
    network.eval()
    with torch.no_grad():
        # As in the training, the graph knows nothing of what was hidden; the cells do.
        m = network(torch.log1p(torch.tensor(whole, dtype=torch.float32)), graph, x.T)[0]
    imputed = np.full(counts.shape, np.nan)
    imputed[np.ix_(cells, genes)] = (m * factors).numpy()
    return imputed


if __name__ == "__main__":
    run_peer(impute, OPTIONS)
