"""A contender, see contender.mjs: PyTorch on one thread, gradients set to none.

Convolutional models are tried in both memory formats, contiguous and channels_last; the faster one competes and the
version says which it is.
"""

import json
import sys
import time

started_at = time.perf_counter()
import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402
from torchModels import MODELS  # noqa: E402
from torch import nn  # noqa: E402

ROWS = 600


def data_of(task):
    raw = torch.frombuffer(bytearray(open(task["data"], "rb").read()), dtype=torch.uint8)
    split = ROWS * task["inputSize"]
    inputs, targets = raw[:split].view(ROWS, -1), raw[split:].long()
    # Token ids are kept as the embedding takes them; pixels stay bytes until their batch is gathered.
    return (inputs, targets) if task["targetSize"] == 1 else (inputs.long(), targets.view(ROWS, -1))


def trainer(task, memory_format):
    """train(steps) -> the last step's loss, over epochs in a fresh order."""
    torch.manual_seed(1)
    inputs, targets = data_of(task)
    model = MODELS[task["workload"]]().to(memory_format=memory_format)
    optimizer = torch.optim.SGD(model.parameters(), lr=task["learningRate"])
    is_text = task["targetSize"] > 1

    def batches():
        while True:
            order = torch.randperm(ROWS)
            yield from order.split(task["batch"])

    stream = batches()

    def train(steps):
        for _ in range(steps):
            rows = next(stream)
            x = inputs[rows] if is_text else inputs[rows].float().mul_(1 / 255)
            optimizer.zero_grad(set_to_none=True)
            loss = F.cross_entropy(model(x).flatten(0, -2), targets[rows].flatten())
            loss.backward()
            optimizer.step()
        return float(loss.detach())

    return model, train


def seconds_of(train, steps):
    begun_at = time.perf_counter()
    train(steps)
    return time.perf_counter() - begun_at


task = json.loads(sys.argv[1])
torch.set_num_threads(1)
version = torch.__version__
model, train = trainer(task, torch.contiguous_format)
first_step = seconds_of(train, 1)
startup_ms = (time.perf_counter() - started_at) * 1000
if any(isinstance(module, nn.Conv2d) for module in model.modules()):
    other_model, other_train = trainer(task, torch.channels_last)
    best = {}
    for _ in range(5):
        for name, candidate in (("contiguous", train), ("channels_last", other_train)):
            best[name] = min(best.get(name, float("inf")), seconds_of(candidate, 2))
    faster = min(best, key=best.get)
    version += f", {faster}"
    if faster == "channels_last":
        model, train = other_model, other_train
ready = {
    "name": "PyTorch",
    "version": version,
    "numParams": sum(p.numel() for p in model.parameters()),
    "startupMs": startup_ms,
    "firstStepMs": first_step * 1000,
}
print(json.dumps(ready), flush=True)
for line in sys.stdin:
    begun_at = time.perf_counter()
    loss = train(int(line))
    print(json.dumps({"seconds": time.perf_counter() - begun_at, "loss": loss}), flush=True)
