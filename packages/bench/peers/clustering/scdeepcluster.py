"""Independent PyTorch implementation of scDeepCluster (Tian et al., 2019); usage: see run_io.py."""

from run_io import finish
from zinb_autoencoder import train

finish(train())
