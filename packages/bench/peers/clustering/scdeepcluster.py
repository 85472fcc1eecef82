"""Independent PyTorch implementation of scDeepCluster (Tian et al., 2019) on exported inputs.

usage: scdeepcluster.py FOLDER   (prints loss terms by epoch and clusters as JSON)
"""

import sys

from zinb_autoencoder import Means, clustering_pass, finish, start

inputs, network, centers, optimizer, history = start(sys.argv[1])
for _ in range(inputs.meta["epochs"]):
    means = Means()
    clustering_pass(inputs, network, centers, optimizer, means)
    means.into(history)
finish(inputs, network, centers, history)
