"""Federated averaging as a plain PyTorch loop on one thread: the peer of bench/simulation.

Reads one JSON workload a line on standard input, answers with one JSON line: the seconds from the first round's start
to the last commit. Data are resident (normalised f32, as PyTorch likes them); batch gather is timed, gradients are set to none.
"""
import json
import random
import sys
import time

import torch
import torch.nn.functional as F

torch.set_num_threads(1)


def read_idx(path, header_bytes):
    with open(path, "rb") as file:
        return torch.frombuffer(bytearray(file.read()), dtype=torch.uint8)[header_bytes:]


def load_mnist(folder):
    images = [read_idx(f"{folder}/{part}-images-idx3-ubyte", 16) for part in ("train", "t10k")]
    labels = [read_idx(f"{folder}/{part}-labels-idx1-ubyte", 8) for part in ("train", "t10k")]
    return torch.cat(images).view(-1, 784).float().div_(255), torch.cat(labels).long()


def build(model):
    sizes = [784, 10] if model == "softmax-regression" else [784, 200, 200, 10]
    layers = []
    for i, (inputs, outputs) in enumerate(zip(sizes, sizes[1:])):
        layers += ([torch.nn.ReLU()] if i else []) + [torch.nn.Linear(inputs, outputs)]
    return torch.nn.Sequential(*layers)


def run(workload, images, labels):
    torch.manual_seed(workload["seed"])
    rng = random.Random(workload["seed"])
    clients, per_client = workload["clients"], workload["examples"]
    rows = torch.randperm(clients * per_client).view(clients, per_client)
    model = build(workload["model"])
    local = list(model.parameters())
    optimizer = torch.optim.SGD(local, lr=workload["learningRate"])
    params = [p.detach().clone() for p in local]
    batch = workload["batchSize"]

    started = time.perf_counter()
    for _ in range(workload["rounds"]):
        total = 0
        sums = [torch.zeros_like(p) for p in params]
        for client in rng.sample(range(clients), workload["cohort"]):
            with torch.no_grad():
                torch._foreach_copy_(local, params)
            order = rows[client][torch.randperm(per_client)]
            for at in range(0, per_client, batch):
                index = order[at : at + batch]
                optimizer.zero_grad(set_to_none=True)
                F.cross_entropy(model(images[index]), labels[index]).backward()
                optimizer.step()
            with torch.no_grad():
                deltas = torch._foreach_sub(local, params)
                torch._foreach_add_(sums, deltas, alpha=per_client)
            total += per_client
        torch._foreach_add_(params, torch._foreach_div(sums, total))
    return time.perf_counter() - started


def main():
    images, labels = load_mnist(sys.argv[1])
    print(json.dumps({"torch": torch.__version__, "threads": torch.get_num_threads()}), flush=True)
    for line in sys.stdin:
        print(json.dumps({"seconds": run(json.loads(line), images, labels)}), flush=True)


main()
