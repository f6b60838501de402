"""Test error of principal component analysis, the best linear code: python3 pca.py FOLDER '{"width": 784, "components": 32}'.

FOLDER holds u8 pixels `train` and `test`. Prints the mean squared error of a test pixel, pixels being in 0 .. 1.
"""

import json
import sys

import numpy as np

folder, options = sys.argv[1], json.loads(sys.argv[2])
train, test = (
    np.fromfile(f"{folder}/{name}", np.uint8).reshape(-1, options["width"]).astype(np.float64) / 255
    for name in ("train", "test")
)
mean = train.mean(axis=0)
_, vectors = np.linalg.eigh(np.cov(train, rowvar=False))  # ascending
basis = vectors[:, -options["components"] :]
centred = test - mean
error = ((centred - centred @ basis @ basis.T) ** 2).mean()
print(json.dumps({"error": float(error)}))
