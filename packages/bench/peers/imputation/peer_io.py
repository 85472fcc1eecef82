"""How the peers of the imputation benchmark are called.

usage: MODEL.py INPUT.npz OUTPUT.npy [OPTIONS as JSON]

INPUT holds the masked counts as CSR parts `X_data`, `X_indices`, `X_indptr`, `X_shape` (cells x
genes) and, where counts were held out for validation, their true values as `validation_*` of the
same shape. Nothing else of the data is known to a peer. OUTPUT is the imputed matrix, cells x genes,
float32: expected counts at the depth of each cell as given; NaN where the peer imputes nothing. The
processor time of the work is printed as JSON.
"""

import json
import sys
import time

import numpy as np
import scipy.sparse as sp


def read_matrix(archive, name):
    parts = (archive[f"{name}_{part}"] for part in ("data", "indices", "indptr"))
    return sp.csr_matrix(tuple(parts), shape=tuple(archive[f"{name}_shape"])).astype(np.float64)


def run_peer(impute, defaults):
    """Calls impute(counts, validation or None, options) as the command line says."""
    source, target, *rest = sys.argv[1:]
    given = json.loads(rest[0]) if rest else {}
    unknown = set(given) - set(defaults)
    if unknown:
        raise SystemExit(f"unknown options: {', '.join(sorted(unknown))}")
    with np.load(source) as archive:
        counts = read_matrix(archive, "X")
        has_validation = "validation_data" in archive.files
        validation = read_matrix(archive, "validation") if has_validation else None
    start = time.process_time()
    imputed = np.asarray(impute(counts, validation, {**defaults, **given}), dtype=np.float32)
    print(json.dumps({"cpuSeconds": time.process_time() - start}))
    if imputed.shape != counts.shape:
        raise SystemExit(f"imputed matrix is {imputed.shape}, not {counts.shape}")
    np.save(target, imputed)
