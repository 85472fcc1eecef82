"""Independent numpy implementation of LTMG (Wan et al., NAR 47:e111, 2019).

Written from the description of the algorithm; shares nothing with the TypeScript code but the data.
Called as the other peers are (see peer_io.py), it writes regulatory states instead of counts. Every
value is its own point of the sample: nothing is put into bins.
"""

import numpy as np
from peer_io import run_peer
from scipy.special import log_ndtr, logsumexp

OPTIONS = {"maxComponents": 5, "maxIter": 100, "tol": 1e-6, "minSigma": 0.01, "trialSteps": 20}
LOG_ROOT = 0.5 * np.log(2 * np.pi)


def joint_logs(x, weights, means, sigmas):
    with np.errstate(divide="ignore"):
        return np.log(weights) - np.log(sigmas) - LOG_ROOT - 0.5 * ((x[:, None] - means) / sigmas) ** 2


def mass_logs(limit, weights, means, sigmas):
    with np.errstate(divide="ignore"):
        return np.log(weights) + log_ndtr((limit - means) / sigmas)


def log_likelihood(x, n_hidden, limit, mixture):
    seen = logsumexp(joint_logs(x, *mixture), axis=1).sum()
    hidden = n_hidden * logsumexp(mass_logs(limit, *mixture)) if n_hidden else 0.0
    return seen, hidden


def em(x, n_hidden, limit, mixture, steps, options):
    for _ in range(steps):
        weights, means, sigmas = mixture
        logs = joint_logs(x, *mixture)
        r = np.exp(logs - logsumexp(logs, axis=1, keepdims=True))
        size, total, square = r.sum(0), r.T @ x, (r * (x[:, None] - means) ** 2).sum(0)
        if n_hidden:
            logs = mass_logs(limit, *mixture)
            w = n_hidden * np.exp(logs - logsumexp(logs))
            z = (limit - means) / sigmas
            lam = np.exp(-0.5 * z**2 - LOG_ROOT - log_ndtr(z))
            size, total = size + w, total + w * (means - sigmas * lam)
            square = square + w * sigmas**2 * (1 - z * lam)
        with np.errstate(divide="ignore", invalid="ignore"):
            new = (
                size / (len(x) + n_hidden),
                total / size,
                np.maximum(options["minSigma"], np.sqrt(square / size)),
            )
        change = [np.abs(a - b).mean() for a, b in zip(mixture, new)]
        if not np.all(np.isfinite(change)):
            break
        mixture = new
        if max(change) <= options["tol"]:
            break
    return mixture


def starts(x, k):
    at = [max(1, (j * len(x)) // (k + 1)) - 1 for j in range(1, k + 1)]
    plain = x[at].astype(float)
    outer = plain.copy()
    if k > 1:
        outer[0], outer[-1] = x[0] - 1, x[-1] + 1
    return [outer, plain] if k > 1 else [plain]


def fit_gene(x, n_hidden, limit, options):
    """The mixture of lowest BIC of an ascending sample, sorted by mean; None for too few values."""
    best, best_bic = None, np.inf
    low, high = (2, options["maxComponents"]) if n_hidden else (1, options["maxComponents"] - 1)
    for k in range(low, min(high, len(x) - 1) + 1):
        sd = max(options["minSigma"], x.std(ddof=1))
        trials = []
        for means in starts(x, k):
            start = (np.full(k, 1 / k), means, np.full(k, sd))
            mixture = em(x, n_hidden, limit, start, options["trialSteps"], options)
            trials.append((sum(log_likelihood(x, n_hidden, limit, mixture)), mixture))
        mixture = max(trials, key=lambda trial: trial[0])[1]
        rest = options["maxIter"] - options["trialSteps"]
        mixture = em(x, n_hidden, limit, mixture, rest, options)
        seen, _ = log_likelihood(x, n_hidden, limit, mixture)
        bic = (3 * k - 1) * np.log(len(x) + n_hidden) - 2 * seen
        if bic < best_bic:
            best, best_bic = mixture, bic
    if best is None:
        return None
    order = np.argsort(best[1], kind="stable")
    return tuple(part[order] for part in best)


def common_limit(smallest, options):
    """Where the two components of the genes' smallest values meet; 0 without two of them."""
    x = np.sort(smallest)
    if len(x) < 3 or x[0] == x[-1]:
        return 0.0
    start = (np.full(2, 0.5), starts(x, 2)[1], np.full(2, x.std(ddof=1)))
    loose = {**options, "minSigma": 1e-6, "tol": 1e-8}
    (p1, p2), (m1, m2), (s1, s2) = em(x, 0, -np.inf, start, 1000, loose)
    a = 0.5 / s2**2 - 0.5 / s1**2
    b = m1 / s1**2 - m2 / s2**2
    c = 0.5 * (m2 / s2) ** 2 - 0.5 * (m1 / s1) ** 2 + np.log(p1 * s2 / (p2 * s1))
    with np.errstate(invalid="ignore", divide="ignore"):
        roots = np.roots([a, b, c]) if abs(a) > 1e-12 * abs(b) else np.array([-c / b])
    roots = roots[np.isreal(roots)].real
    inside = roots[(roots >= min(m1, m2)) & (roots <= max(m1, m2))]
    return float(inside[0]) if len(inside) else 0.0


def regulatory_states(expression, options=OPTIONS):
    """States of a dense matrix cells x genes of values >= 0; float64, same shape."""
    n_cells, n_genes = expression.shape
    seen = expression > 0
    with np.errstate(divide="ignore"):
        logs = np.log(expression)
    smallest = [logs[seen[:, g], g].min() for g in range(n_genes) if seen[:, g].any()]
    common = common_limit(np.array(smallest), options)
    states = np.zeros(expression.shape)
    for g in range(n_genes):
        x = np.sort(logs[seen[:, g], g])
        if len(x) == 0:
            continue
        limit = max(x[0], common)
        x = x[x >= limit]
        if len(x) == 0:
            continue
        n_hidden = n_cells - len(x)
        mixture = fit_gene(x, n_hidden, limit, options)
        if mixture is None:
            continue
        rows = np.flatnonzero(seen[:, g] & (logs[:, g] >= limit))
        found = joint_logs(logs[rows, g], *mixture).argmax(axis=1)
        states[rows, g] = found + (0 if n_hidden else 1)
    return states


if __name__ == "__main__":
    run_peer(lambda counts, _, options: regulatory_states(counts.toarray(), options), OPTIONS)
