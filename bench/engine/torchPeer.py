"""Usage (by compare.mjs): python3 torchPeer.py <workload> <data file>. PyTorch on one thread, gradients set to none."""

import json
import sys
import time

started_at = time.perf_counter()
import torch  # noqa: E402

ROWS, BATCH, INPUTS, LEARNING_RATE = 600, 10, 784, 0.05
LAYERS = {"softmax-regression": [784, 10], "2nn": [784, 200, 200, 10]}[sys.argv[1]]

torch.set_num_threads(1)
torch.manual_seed(1)
raw = torch.frombuffer(bytearray(open(sys.argv[2], "rb").read()), dtype=torch.uint8)
inputs = raw[: ROWS * INPUTS].reshape(ROWS, INPUTS)
labels = raw[ROWS * INPUTS :].long()
modules = []
for i, size in enumerate(LAYERS[1:]):
    if i > 0:
        modules.append(torch.nn.ReLU())
    modules.append(torch.nn.Linear(LAYERS[i], size))
model = torch.nn.Sequential(*modules)
optimizer = torch.optim.SGD(model.parameters(), lr=LEARNING_RATE)
loss_of = torch.nn.CrossEntropyLoss()


def epoch() -> torch.Tensor:
    order = torch.randperm(ROWS)
    for first in range(0, ROWS, BATCH):
        rows = order[first : first + BATCH]
        x = inputs[rows].float().mul_(1 / 255)
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of(model(x), labels[rows])
        loss.backward()
        optimizer.step()
    return loss.detach()


epoch()
startup_ms = (time.perf_counter() - started_at) * 1000
print(json.dumps({"name": "PyTorch", "version": torch.__version__, "startupMs": startup_ms}), flush=True)
for line in sys.stdin:
    begun_at = time.perf_counter()
    for _ in range(int(line)):
        loss = epoch()
    print(json.dumps({"seconds": time.perf_counter() - begun_at, "loss": float(loss)}), flush=True)
