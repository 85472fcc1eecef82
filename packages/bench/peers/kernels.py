"""Single operations: matrix products, likelihoods, neighbors, optimizer updates, communities."""

import numpy as np
import torch

import inputs
from case import Case, Unavailable


def mean_square(array):
    """Check value of a matrix."""
    return float(array.double().square().mean())


def gemm(a_shape, b_shape, views):
    """Products of two row-major matrices, into new and into existing memory."""
    a = torch.from_numpy(inputs.centered(1, a_shape))
    b = torch.from_numpy(inputs.centered(2, b_shape))
    left, right = views(a, b)
    out = left @ right
    return Case(
        {"new": lambda: left @ right, "out=": lambda: torch.mm(left, right, out=out)},
        check=mean_square(out),
    )


def gemm_nn(m=4096, k=3000, n=256):
    """A (m x k) times B (k x n)."""
    return gemm((m, k), (k, n), lambda a, b: (a, b))


def gemm_tn(m=4096, k=3000, n=256):
    """Transposed A (m x k) times C (m x n): k x n."""
    return gemm((m, k), (m, n), lambda a, c: (a.T, c))


def gemm_nt(m=4096, k=3000, n=256):
    """C (m x n) times transposed B (k x n): m x k."""
    return gemm((m, n), (k, n), lambda c, b: (c, b.T))


def sparse_forms(indptr, indices, values):
    """The same square matrix in the forms torch.sparse can multiply."""
    n = len(indptr) - 1
    rows = np.repeat(np.arange(n), np.diff(indptr))
    data = torch.from_numpy(values)

    def csr(kind):
        pointers, columns = torch.tensor(indptr, dtype=kind), torch.tensor(indices, dtype=kind)
        return torch.sparse_csr_tensor(pointers, columns, data, (n, n))

    coordinates = torch.tensor(np.stack([rows, indices]))
    return {
        "csr": csr(torch.int64),
        "csr int32": csr(torch.int32),
        "coo": torch.sparse_coo_tensor(coordinates, data, (n, n)).coalesce(),
    }


def spmm(nodes=4000, perRow=15, width=128):
    """Sparse (nodes x nodes, perRow entries a row) times dense (nodes x width)."""
    x = torch.from_numpy(inputs.centered(3, (nodes, width)))
    forms = sparse_forms(*inputs.regular_csr(1, nodes, perRow))
    out = forms["coo"] @ x
    runs = {}
    for name, form in forms.items():
        runs[name] = lambda form=form: form @ x
        # With beta 0; torch.mm(out=) fills the output with zeros first.
        runs[f"{name} out="] = lambda form=form: torch.addmm(out, form, x, beta=0, out=out)
    return Case(runs, check=mean_square(out))


def zinb_loss(x, mean, disp, pi, eps=1e-10):
    """Mean negative log-likelihood of the zero-inflated negative binomial distribution."""
    gammas = torch.lgamma(disp + eps) + torch.lgamma(x + 1) - torch.lgamma(x + disp + eps)
    powers = (disp + x) * torch.log(1 + mean / (disp + eps)) + x * (
        torch.log(disp + eps) - torch.log(mean + eps)
    )
    positive = gammas + powers - torch.log(1 - pi + eps)
    zero_nb = torch.pow(disp / (disp + mean + eps), disp)
    zero = -torch.log(pi + (1 - pi) * zero_nb + eps)
    return torch.where(x <= 1e-8, zero, positive).mean()


def zinb(rows=256, columns=2000, density=0.15):
    """Loss and its gradients with respect to mean, dispersion and dropout probability."""
    shape = (rows, columns)
    x = torch.from_numpy(inputs.counts(1, shape, density))
    u = [torch.from_numpy(inputs.unit(seed, rows * columns)).view(shape) for seed in (4, 5, 6)]
    wanted = [torch.exp(5 * u[0] - 4), torch.exp(8 * u[1] - 4), 0.98 * u[2] + 0.01]
    parameters = [tensor.requires_grad_() for tensor in wanted]

    def run():
        for parameter in parameters:
            parameter.grad = None
        loss = zinb_loss(x, *parameters)
        loss.backward()
        return loss.item()

    return Case({"composed": run}, check=run())


def knn(nodes=4000, width=50, k=15):
    """The k nearest other rows of every row and their distances, by comparing all pairs."""
    points = inputs.centered(7, (nodes, width))
    p = torch.from_numpy(points)

    def nearest(squared):
        values, rows = torch.topk(squared, k + 1, largest=False)
        return values[:, 1:].clamp(min=0).sqrt(), rows[:, 1:]

    def by_matmul():
        norms = p.square().sum(1)
        return nearest(torch.addmm(norms[None], p, p.T, alpha=-2).add_(norms[:, None]))

    def by_cdist():
        values, rows = torch.topk(torch.cdist(p, p), k + 1, largest=False)
        return values[:, 1:], rows[:, 1:]

    runs = {"matmul+topk": by_matmul, "cdist+topk": by_cdist}
    return Case(runs, sklearn_knn(points, k), float(by_matmul()[0].double().mean()))


def sklearn_knn(points, k):
    try:
        from sklearn.neighbors import NearestNeighbors
    except ImportError:
        return {}
    search = NearestNeighbors(n_neighbors=k, algorithm="brute")
    return {"scikit-learn": lambda: search.fit(points).kneighbors()}


def adam_variants(parameters, lr=1e-3):
    """torch.optim.Adam in every implementation this PyTorch has for a CPU, by name."""
    found = {}
    for name, options in {
        "for-loop": {"foreach": False},
        "foreach": {"foreach": True},
        "fused": {"fused": True},
    }.items():
        try:
            found[name] = torch.optim.Adam(parameters, lr=lr, **options)
        except (RuntimeError, TypeError):
            continue
    return found


def adam(shapes):
    """One update of parameters of the given shapes, from gradients that are there."""
    parameters = []
    for seed, shape in enumerate(shapes):
        parameter = torch.from_numpy(inputs.centered(100 + seed, shape, 0.05)).requires_grad_()
        parameter.grad = torch.from_numpy(inputs.centered(200 + seed, shape, 0.01))
        parameters.append(parameter)
    return Case({name: form.step for name, form in adam_variants(parameters).items()})


def community(nodes, edges, communities):
    try:
        import igraph
    except ImportError:
        raise Unavailable("igraph is not installed") from None
    return igraph.Graph(nodes, inputs.community_edges(1, nodes, edges, communities).tolist())


def leiden(nodes=50_000, edges=560_000, communities=20):
    """Leiden with modularity until nothing changes; igraph's, and leidenalg's where installed."""
    graph = community(nodes, edges, communities)

    def by_igraph():
        return graph.community_leiden(objective_function="modularity", n_iterations=-1)

    variants = {"igraph": by_igraph}
    try:
        import leidenalg
    except ImportError:
        pass
    else:
        quality = leidenalg.ModularityVertexPartition
        variants["leidenalg"] = lambda: leidenalg.find_partition(graph, quality, n_iterations=-1)
    return Case(variants, check=graph.modularity(by_igraph()))


def louvain(nodes=50_000, edges=560_000, communities=20):
    """Louvain with modularity."""
    graph = community(nodes, edges, communities)
    run = graph.community_multilevel
    return Case({"igraph": run}, check=run().modularity)


CASES = {
    "gemm_nn": gemm_nn,
    "gemm_tn": gemm_tn,
    "gemm_nt": gemm_nt,
    "spmm": spmm,
    "zinb": zinb,
    "knn": knn,
    "adam": adam,
    "leiden": leiden,
    "louvain": louvain,
}
