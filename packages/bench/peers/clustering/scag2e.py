"""scSAG2E (2025) in plain PyTorch, with every matrix formed that the TypeScript side avoids.

usage: scag2e.py FOLDER   (prints the history of the losses and the clusters as JSON)
"""

import torch
import torch.nn.functional as F

from exported_run import (
    finish,
    graph,
    linear,
    meta,
    named,
    normalized,
    parameters,
    record,
    soft_assignment,
    step,
    target,
    tensor,
    x,
    zinb_loss,
)


def undirected(dense):
    return (dense + dense.T) / 2


cell_graph = tensor(undirected(graph("indptr", "indices")))
gene_links = undirected(graph("geneIndptr", "geneIndices"))
gene_graph, propagation = tensor(gene_links), normalized(gene_links)
expressed = (x != 0).to(x.dtype)


def convolution(h, name):
    return F.relu(propagation @ (h @ parameters[f"{name}/weight"]) + parameters[f"{name}/bias"])


def encode_cells():
    h = x
    for layer in (1, 2):
        h = F.relu(linear(h, f"cell/encoder{layer}"))
    return h


def encode_genes():
    h = x.T
    for layer in (1, 2):
        h = convolution(h, f"gene/encoder{layer}")
    return h


def decode_cells(h):
    return F.relu(linear(h, "cell/decoder1"))


def reconstruct_genes(h):
    return linear(convolution(h, "gene/decoder1"), "gene/output")


def smoothness(links, h):
    """tr(H^T (D - A) H) / n from all pairs."""
    squared = ((h[:, None, :] - h[None]) ** 2).sum(2)
    return (links * squared).sum() / 2 / len(h)


def clusters():
    with torch.no_grad():
        return soft_assignment(linear(encode_cells(), "embedding"), meta["alpha"])


adam = torch.optim.Adam(named("cell/"), lr=meta["lr"])
for _ in range(meta["pretrainEpochs"]):
    loss = F.mse_loss(linear(decode_cells(encode_cells()), "cell/output"), x)
    record(pretrainCellLoss=loss)
    step(adam, loss)
adam = torch.optim.Adam(named("gene/"), lr=meta["lr"])
for _ in range(meta["pretrainEpochs"]):
    loss = F.mse_loss(reconstruct_genes(encode_genes()), x.T)
    record(pretrainGeneLoss=loss)
    step(adam, loss)

with torch.no_grad():
    product = expressed * (encode_cells() @ encode_genes().T)
    scale = (x * product).sum() / (product**2).sum()
    for part in ("weight", "bias"):
        parameters[f"gene/encoder2/{part}"] *= scale

adam = torch.optim.Adam(
    named("cell/", "heads/", "embedding/", "gene/encoder", "centers"), lr=meta["lr"]
)
for epoch in range(meta["epochs"]):
    if epoch % meta["updateInterval"] == 0:
        p = target(clusters())
    cells, genes = encode_cells(), encode_genes()
    hidden = decode_cells(cells)
    q = soft_assignment(linear(cells, "embedding"), meta["alpha"])
    terms = {
        "rec": ((x - expressed * (cells @ genes.T)) ** 2).mean(),
        "kl": (torch.special.xlogy(p, p) - p * q.log()).sum(1).mean(),
        "cell": F.mse_loss(linear(hidden, "cell/output"), x),
        "cellGraph": smoothness(cell_graph, cells),
        "cellSparse": cells.abs().mean(),
        "gene": ((gene_graph - genes @ genes.T) ** 2).mean(),
        "geneGraph": smoothness(gene_graph, genes),
        "geneSparse": genes.abs().mean(),
        "zinb": zinb_loss(hidden, ridge=1.0),
    }
    within = meta["cellGamma"]
    weights = {
        "rec": meta["recGamma"],
        "kl": meta["cluGamma"],
        "cell": within,
        "cellGraph": within * meta["cellGraph"],
        "cellSparse": within * meta["cellSparse"],
        "gene": meta["geneGamma"],
        "geneGraph": meta["graphGamma"],
        "geneSparse": meta["graphSparse"],
        "zinb": meta["zinbGamma"],
    }
    loss = sum(weights[name] * term for name, term in terms.items())
    record(loss=loss, **terms)
    step(adam, loss)
finish(clusters())
