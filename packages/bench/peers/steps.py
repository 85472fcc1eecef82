"""Forward and backward passes of layers and whole training steps."""

import numpy as np
import torch
import torch.nn.functional as F

import inputs
from case import Case
from kernels import adam_variants, sparse_forms, zinb_loss


def linear_layers(sizes):
    """Layers of the given (in, out) sizes; weights uniform in 1 / sqrt(in), biases zero."""
    layers = torch.nn.ModuleList()
    for seed, (n_in, n_out) in enumerate(sizes):
        layer = torch.nn.Linear(n_in, n_out)
        weight = inputs.centered(300 + seed, (n_in, n_out), n_in**-0.5)
        with torch.no_grad():
            layer.weight.copy_(torch.from_numpy(weight).T)
            layer.bias.zero_()
        layers.append(layer)
    return layers


def training_case(layers, loss, lr=1e-3):
    """Adam steps on `loss` with each form of the optimizer; every step reads its loss."""

    def step(optimizer):
        optimizer.zero_grad(set_to_none=True)
        value = loss()
        value.backward()
        optimizer.step()
        return value.item()

    check = loss().item()
    optimizers = adam_variants(list(layers.parameters()), lr)
    runs = {f"Adam {name}": lambda form=form: step(form) for name, form in optimizers.items()}
    return Case(runs, check=check)


def zinb_ae_step(batch=256, genes=2000, hidden=(256, 64), latent=32, density=0.15):
    """Step of a ZINB autoencoder: ReLU layers, a linear bottleneck, heads mean, dispersion, pi."""
    x = torch.from_numpy(inputs.counts(1, (batch, genes), density))
    logged = torch.log1p(x)
    widths = [genes, *hidden, latent, *reversed(hidden)]
    body = list(zip(widths, widths[1:]))
    layers = linear_layers(body + [(hidden[0], genes)] * 3)

    def loss():
        h = logged
        for i in range(len(body)):
            h = layers[i](h)
            if i != len(hidden):
                h = torch.relu(h)
        mean, disp, pi = (head(h) for head in layers[len(body) :])
        mean = torch.clamp(torch.exp(mean), 1e-5, 1e6)
        disp = torch.clamp(F.softplus(disp), 1e-4, 1e4)
        return zinb_loss(x, mean, disp, torch.sigmoid(pi))

    return training_case(layers, loss)


def small_step(batch=64, widths=(300, 64, 32, 64, 300)):
    """Step of a small autoencoder with ReLU after every layer but the last, mean squared error."""
    x = torch.from_numpy(inputs.centered(1, (batch, widths[0])))
    layers = linear_layers(list(zip(widths, widths[1:])))

    def loss():
        h = x
        for layer in layers[:-1]:
            h = torch.relu(layer(h))
        return F.mse_loss(layers[-1](h), x)

    return training_case(layers, loss)


def gradient_run(leaves, loss):
    """Runs `loss` forward and backward, with new gradients of `leaves` each time."""

    def run():
        for leaf in leaves:
            leaf.grad = None
        value = loss()
        value.backward()
        return value.item()

    return run


def layer_inputs(nodes, n_in, n_out):
    x = torch.from_numpy(inputs.centered(11, (nodes, n_in))).requires_grad_()
    weight = torch.from_numpy(inputs.centered(12, (n_in, n_out), n_in**-0.5)).requires_grad_()
    return x, weight


def gcn(nodes=4000, draws=6, nIn=512, nOut=128):
    """sum(relu(A X W)^2) and its gradients to X and W; A is sparse and symmetric, normalized."""
    indptr, indices = inputs.symmetric_graph(1, nodes, draws)
    forms = sparse_forms(indptr, indices, inputs.normalized_weights(indptr, indices))
    x, weight = layer_inputs(nodes, nIn, nOut)
    runs = {
        name: gradient_run(
            (x, weight), lambda form=form: torch.relu(form @ (x @ weight)).square().sum()
        )
        for name, form in forms.items()
    }
    return Case(runs, check=runs["coo"]())


def gat(nodes=4000, draws=6, nIn=512, heads=4, width=32, slope=0.2):
    """sum(relu(GAT(X))^2) and its gradients to X, W and both attention vectors.

    z = X W in heads; e_ij = leaky_relu(a_source . z_j + a_target . z_i) for every edge j -> i,
    softmax over the edges into i, then the weighted sum of z_j.
    """
    indptr, indices = inputs.symmetric_graph(1, nodes, draws)
    source = torch.tensor(indices)
    target = torch.tensor(np.repeat(np.arange(nodes), np.diff(indptr)))
    x, weight = layer_inputs(nodes, nIn, heads * width)
    attention = [
        torch.from_numpy(inputs.centered(seed, (1, heads, width), 0.1)).requires_grad_()
        for seed in (13, 14)
    ]

    def loss(rows):
        z = (x @ weight).view(nodes, heads, width)
        from_source, from_target = ((z * a).sum(-1) for a in attention)
        scores = F.leaky_relu(rows(from_source, source) + rows(from_target, target), slope)
        places = target[:, None].expand(-1, heads)
        largest = torch.full((nodes, heads), -torch.inf).scatter_reduce(
            0, places, scores.detach(), "amax"
        )
        exponents = torch.exp(scores - rows(largest, target))
        totals = torch.zeros(nodes, heads).index_add(0, target, exponents)
        alpha = exponents / rows(totals, target)
        messages = rows(z, source) * alpha[:, :, None]
        return torch.relu(torch.zeros(nodes, heads, width).index_add(0, target, messages)).square()

    gathers = {
        "index_select": lambda table, rows: table.index_select(0, rows),
        "indexing": lambda table, rows: table[rows],
    }
    runs = {
        name: gradient_run((x, weight, *attention), lambda gather=gather: loss(gather).sum())
        for name, gather in gathers.items()
    }
    return Case(runs, check=runs["index_select"]())


def inner_product_bce(nodes=4000, latent=32, draws=6):
    """Loss of a graph autoencoder and its gradient to z.

    Mean over all pairs of the binary cross-entropy between sigmoid(z z^T) and the adjacency, links
    weighted by (absent / present), times N^2 / (2 absent).
    """
    indptr, indices = inputs.symmetric_graph(1, nodes, draws)
    rows = torch.tensor(np.repeat(np.arange(nodes), np.diff(indptr)))
    columns = torch.tensor(indices)
    z = torch.from_numpy(inputs.centered(15, (nodes, latent))).requires_grad_()
    links = torch.zeros(nodes, nodes)
    links[rows, columns] = 1
    absent = nodes * nodes - len(indices)
    weight = torch.tensor(absent / len(indices))
    norm = nodes * nodes / (2 * absent)

    def dense():
        return norm * F.binary_cross_entropy_with_logits(z @ z.T, links, pos_weight=weight)

    def by_edges():
        logits = z @ z.T
        of_links = logits[rows, columns]
        correction = (weight * F.softplus(-of_links) - F.softplus(of_links)).sum()
        return norm * (F.softplus(logits).sum() + correction) / (nodes * nodes)

    runs = {"dense target": gradient_run((z,), dense), "edges": gradient_run((z,), by_edges)}
    return Case(runs, check=runs["dense target"]())


CASES = {
    "zinb_ae_step": zinb_ae_step,
    "small_step": small_step,
    "gcn": gcn,
    "gat": gat,
    "inner_product_bce": inner_product_bce,
}
