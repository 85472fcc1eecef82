"""scSAG2E (2025) in plain PyTorch, with every product formed that the TypeScript side avoids.

usage: see run_io.py
"""

import torch
import torch.nn.functional as F

from run_io import (
    Means,
    Settled,
    add_centers,
    batches,
    dropped,
    expression,
    finish,
    graph,
    kl,
    linear,
    named,
    normalized,
    options,
    parameters,
    record,
    soft_assignment,
    step,
    target,
    tensor,
    zinb_loss,
)

x, counts, size_factors = expression()
n_cells, n_genes = x.shape


def undirected(dense):
    return (dense + dense.T) / 2


cell_graph = tensor(undirected(graph("indptr", "indices")))
gene_links = undirected(graph("geneIndptr", "geneIndices"))
gene_graph, propagation = tensor(gene_links), normalized(gene_links)
expressed = (x != 0).to(x.dtype)
everything = torch.arange(n_cells)


def convolution(h, name):
    return F.relu(propagation @ (h @ parameters[f"{name}/weight"]) + parameters[f"{name}/bias"])


def encode_cells(rate, cells=everything):
    h = x[cells]
    for layer in (1, 2):
        h = dropped(F.relu(linear(h, f"cell/encoder{layer}")), rate)
    return h


def decode_cells(h, rate):
    return dropped(F.relu(linear(h, "cell/decoder1")), rate)


def encode_genes(rate):
    h = x.T
    for layer in (1, 2):
        h = dropped(convolution(h, f"gene/encoder{layer}"), rate)
    return h


def cell_error(cells):
    rate = options["dropout"]
    hidden = decode_cells(encode_cells(rate, cells), rate)
    return F.mse_loss(linear(hidden, "cell/output"), x[cells])


def gene_error(genes):
    rate = options["dropout"]
    hidden = dropped(convolution(encode_genes(rate), "gene/decoder1"), rate)
    return F.mse_loss(linear(hidden[genes], "gene/output"), x.T[genes])


def smoothness(links, h):
    """tr(H^T (D - A) H) / n."""
    return (h * (links.sum(1, keepdim=True) * h - links @ h)).sum() / len(h)


def pretrain(part, n, error):
    lr, size, tolerance = (
        options[f"pretrainLr{part}"],
        options[f"pretrainBatch{part}"],
        options[f"tolPretrain{part}"],
    )
    adam = torch.optim.Adam(named(f"{part.lower()}/"), lr=lr)
    for _ in range(options["pretrainEpochs"]):
        means = Means()
        for batch in batches(n, size):
            loss = error(batch)
            step(adam, loss)
            means.add(len(batch), **{f"pretrain{part}Loss": loss})
        if means.record()[f"pretrain{part}Loss"] < tolerance:
            break


def fit_scale_of_genes():
    """Scales the code of genes so that the product of both codes fits the expression best."""
    with torch.no_grad():
        product = expressed * (encode_cells(0) @ encode_genes(0).T)
        scale = (x * product).sum() / (product**2).sum()
        for part in ("weight", "bias"):
            parameters[f"gene/encoder2/{part}"] *= scale


def embedding():
    with torch.no_grad():
        return linear(encode_cells(0), "embedding")


def losses(p):
    """The terms of the joint loss that count, with their weights."""
    rate = options["dropout"]
    cells, genes = encode_cells(rate), encode_genes(rate)
    hidden = decode_cells(cells, rate)
    within = options["cellGamma"]
    terms = {
        "rec": (options["recGamma"], lambda: ((x - expressed * (cells @ genes.T)) ** 2).mean()),
        "kl": (
            options["cluGamma"],
            lambda: kl(p, soft_assignment(linear(cells, "embedding"), options["alpha"])),
        ),
        "cell": (within, lambda: F.mse_loss(linear(hidden, "cell/output"), x)),
        "cellGraph": (within * options["cellGraph"], lambda: smoothness(cell_graph, cells)),
        "cellSparse": (within * options["cellSparse"], lambda: cells.abs().mean()),
        "gene": (options["geneGamma"], lambda: ((gene_graph - genes @ genes.T) ** 2).mean()),
        "geneGraph": (options["graphGamma"], lambda: smoothness(gene_graph, genes)),
        "geneSparse": (options["graphSparse"], lambda: genes.abs().mean()),
        "zinb": (options["zinbGamma"], lambda: zinb_loss(hidden, counts, size_factors, ridge=1.0)),
    }
    return {name: (weight, term()) for name, (weight, term) in terms.items() if weight > 0}


pretrain("Cell", n_cells, cell_error)
pretrain("Gene", n_genes, gene_error)
if options["pretrainEpochs"] > 0:
    fit_scale_of_genes()
add_centers(embedding(), n_init=100)
joint = named("cell/", "heads/", "embedding/", "gene/encoder", "centers")
adam, settled = torch.optim.Adam(joint, lr=options["lr"]), Settled()
for epoch in range(options["epochs"]):
    if epoch % options["updateInterval"] == 0:
        q = soft_assignment(embedding(), options["alpha"]).detach()
        if settled(q):
            break
        p = target(q)
    weighted = losses(p)
    loss = sum(weight * term for weight, term in weighted.values())
    record(loss=loss, **{name: term for name, (_, term) in weighted.items()})
    step(adam, loss)
with torch.no_grad():
    finish(soft_assignment(embedding(), options["alpha"]).argmax(1))
