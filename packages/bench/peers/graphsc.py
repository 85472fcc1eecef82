"""Independent PyTorch forward/backward of graph-sc's network on exported graph, weights and batches.

Messages are sent edge by edge, as in the authors' formulation, and gradients come from autograd;
nothing is shared with the TypeScript implementation but the exported numbers.

usage: graphsc.py FOLDER   (prints one loss per line, one line per step)
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

folder = Path(sys.argv[1])
meta = json.loads((folder / "meta.json").read_text())
torch.set_num_threads(1)
dtype = getattr(torch, meta["dtype"])


def array(name, kind):
    return np.fromfile(folder / f"{name}.bin", dtype=kind)


n_cells, n_genes, width = meta["nCells"], meta["nGenes"], meta["inFeats"]
indptr = array("indptr", np.int32)
indices = array("indices", np.int32)
weights = torch.tensor(array("data", np.float32)).to(dtype)
genes = torch.tensor(array("geneFeatures", np.float32).reshape(n_genes, width)).to(dtype)
cells = torch.tensor(array("cellFeatures", np.float32).reshape(n_cells, width)).to(dtype)
parameters = {
    name: torch.tensor(array(f"weights-{i}", np.float32).reshape(shape)).to(dtype).requires_grad_()
    for i, (name, shape) in enumerate(meta["weights"])
}
order = array("batches", np.int32)
masks = array("masks", np.uint8)
mask_at = 0


def next_mask(shape, rate):
    """Exported keep/drop decisions, scaled as inverted dropout scales them."""
    global mask_at
    size = int(np.prod(shape))
    kept = masks[mask_at : mask_at + size].reshape(shape)
    mask_at += size
    return torch.tensor(kept).to(dtype) / (1 - rate)


def forward(batch):
    """Embedding of a batch: one weighted convolution over the bipartite block, one linear layer."""
    start, end = indptr[batch], indptr[batch + 1]
    degrees = end - start
    edges = np.concatenate([np.arange(a, b) for a, b in zip(start, end)])
    source = torch.tensor(indices[edges]).long()
    target = torch.tensor(np.repeat(np.arange(len(batch)), degrees)).long()
    x_genes, x_cells = genes, cells[batch]
    if meta["dropout"] > 0:
        x_genes = x_genes * next_mask(x_genes.shape, meta["dropout"])
        x_cells = x_cells * next_mask(x_cells.shape, meta["dropout"])
    out_degree = torch.bincount(source, minlength=n_genes).clamp(min=1).to(dtype)
    W = parameters["conv1/weight"]
    from_genes = (x_genes * out_degree.pow(-0.5)[:, None]) @ W
    received = (x_cells @ W).index_add(0, target, from_genes[source] * weights[edges][:, None])
    in_degree = torch.tensor(degrees + 1).to(dtype)
    h = F.relu(received * in_degree.pow(-0.5)[:, None] + parameters["conv1/bias"])
    return h @ parameters["linear1/weight"] + parameters["linear1/bias"]


optimizer = torch.optim.Adam(parameters.values(), lr=meta["lr"])
at = 0
for size in meta["batchSizes"]:
    batch = order[at : at + size]
    at += size
    z = forward(batch)
    z = z * next_mask(z.shape, meta["decoderDropout"])
    links = torch.eye(size, dtype=dtype)
    absent = size * size - links.sum()
    loss = F.binary_cross_entropy_with_logits(z @ z.T, links, pos_weight=absent / links.sum())
    loss = loss * (size * size / (2 * absent) if absent > 0 else 1)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(repr(loss.item()))
