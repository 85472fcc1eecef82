"""Runs the timed cases in one long-lived process: JSON requests in, JSON answers out, one a line.

request: {"id": 1, "case": "gemm_nn", "threads": 1, "repeats": 5, "minSampleMs": 2, "sizes": {...}}
answer:  {"id": 1, "variants": {"csr": [{"cpuMs": 1.2, "wallMs": 1.2}, ...]}, "references": {...},
          "check": 0.5, "unavailable": null, "processCpuMs": 900.0}
The case "versions" answers with the versions and the machine's BLAS. An error answers
{"id": 1, "error": "..."} and the process goes on.

A sample is the mean of as many runs as fill minSampleMs, after runs that are not counted. Inputs
are made once per case. Variants far slower than the best are left out of later requests.
"""

import contextlib
import json
import os
import platform
import sys
import time
import traceback
import warnings

import numpy as np
import torch

import kernels
import steps
from case import Unavailable

BUILDERS = {**kernels.CASES, **steps.CASES}
FIRST_WARM_UPS = 3
HOPELESS = 1.5  # times the best variant


def sample(run, inner):
    """Mean milliseconds of `inner` runs: of this process on all its threads, and on the clock."""
    cpu, wall = time.process_time(), time.perf_counter()
    for _ in range(inner):
        run()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {"cpuMs": cpu * 1e3 / inner, "wallMs": wall * 1e3 / inner}


def measure(run, repeats, warm_ups, min_sample_ms):
    for _ in range(warm_ups):
        last = sample(run, 1)
    inner = max(1, int(np.ceil(min_sample_ms / max(last["wallMs"], 1e-4))))
    return [sample(run, inner) for _ in range(repeats)]


@contextlib.contextmanager
def thread_limit(threads):
    """Holds PyTorch and, where threadpoolctl is installed, the BLAS of NumPy to `threads`."""
    torch.set_num_threads(threads)
    try:
        from threadpoolctl import threadpool_limits
    except ImportError:
        yield
        return
    with threadpool_limits(limits=threads):
        yield


class Worker:
    def __init__(self):
        self.cases = {}
        self.measured = set()

    def case(self, name, sizes):
        """The case with its inputs, made at the first request for it."""
        key = json.dumps([name, sizes], sort_keys=True)
        if key not in self.cases:
            if name not in BUILDERS:
                raise ValueError(f"no case {name}; there are {', '.join(sorted(BUILDERS))}")
            self.cases = {key: BUILDERS[name](**sizes)}  # the inputs of the last case are let go
            self.measured.clear()
        return self.cases[key]

    def answer(self, request):
        if request["case"] == "versions":
            return versions()
        threads = request.get("threads", 1)
        with thread_limit(threads):
            try:
                case = self.case(request["case"], request.get("sizes", {}))
            except Unavailable as reason:
                return {"variants": {}, "references": {}, "check": None, "unavailable": str(reason)}
            warm_ups = 1 if threads in self.measured else FIRST_WARM_UPS
            self.measured.add(threads)

            def times(runs):
                return {
                    name: measure(
                        run, request.get("repeats", 5), warm_ups, request.get("minSampleMs", 0)
                    )
                    for name, run in runs.items()
                }

            variants, references = times(case.variants), times(case.references)
        drop_hopeless(case, variants, "cpuMs" if threads == 1 else "wallMs")
        return {
            "variants": variants,
            "references": references,
            "check": case.check,
            "unavailable": None,
        }


def drop_hopeless(case, variants, unit):
    best = {name: min(run[unit] for run in runs) for name, runs in variants.items()}
    for name, value in best.items():
        if value > HOPELESS * min(best.values()):
            del case.variants[name]


def blas():
    """The matrix library PyTorch uses, as well as it can be told."""
    for line in torch.__config__.show().splitlines():
        if "Math Kernel Library Version" in line:
            return "MKL " + line.split("Version")[1].split("-")[0].strip()
    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        return mapped_blas()
    found = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    return f"{found[0]['internal_api']} {found[0]['version']}" if found else "unknown"


def mapped_blas():
    """File name of the BLAS library this process has loaded (Linux)."""
    try:
        with open("/proc/self/maps", encoding="utf8") as maps:
            names = {os.path.basename(line.split()[-1]) for line in maps if "/" in line}
    except OSError:
        return "unknown"
    found = sorted(name for name in names if "blas" in name.lower() or "mkl_rt" in name)
    return found[0] if found else "unknown"


def capability():
    """Vector instructions PyTorch's own kernels use."""
    for line in torch.__config__.show().splitlines():
        if "CPU capability usage:" in line:
            return line.split(":")[1].strip()
    return "unknown"


def module_version(name):
    try:
        return __import__(name).__version__
    except ImportError:
        return None


def versions():
    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "blas": blas(),
        "capability": capability(),
        "numpy": np.__version__,
        "sklearn": module_version("sklearn"),
        "igraph": module_version("igraph"),
        "leidenalg": module_version("leidenalg"),
    }


def main():
    warnings.filterwarnings("ignore")
    torch.set_num_interop_threads(1)
    answers = os.fdopen(os.dup(1), "w", encoding="utf8")
    os.dup2(2, 1)  # whatever a library prints goes to stderr, never between the answers
    worker = Worker()
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = worker.answer(request)
        except Exception as error:  # the next request may be sound
            traceback.print_exc()
            answer = {"error": f"{type(error).__name__}: {error}"}
        answer["processCpuMs"] = time.process_time() * 1e3
        answers.write(json.dumps({"id": request.get("id"), **answer}) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
