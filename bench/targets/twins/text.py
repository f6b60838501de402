"""The text models in PyTorch, trained on the same batches from the same params: python3 text.py FOLDER OPTIONS.

FOLDER holds `params` (safetensors in our layout), `order` (u32 rows, one epoch), u8 token ids `trainInputs` and `testInputs`
[windows, 80] and their i32 `trainTargets`, `testTargets` (-1: no target). OPTIONS is JSON: model, batch, learningRate, clipNorm,
ownInit (begin as PyTorch does by default, in place of `params`). Prints the perplexity of the test set. One thread.
"""

import json
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load
from torch import nn

VOCABULARY, CONTEXT = 90, 80
torch.set_num_threads(1)


class CharLstm(nn.Module):
    def __init__(self, given):
        super().__init__()
        self.embedding = nn.Embedding.from_pretrained(given["layers.0.w"], freeze=False)
        self.lstm = nn.LSTM(8, 256, num_layers=2, batch_first=True)
        self.output = nn.Linear(256, VOCABULARY)
        with torch.no_grad():
            for level in (0, 1):
                name = f"layers.1.layers.{level}"
                for ours, theirs in (("wx", "weight_ih"), ("wh", "weight_hh"), ("b", "bias_ih")):
                    # Gates i, f, o, g here; i, f, g, o there.
                    i, f, o, g = given[f"{name}.{ours}"].split(256, dim=-1)
                    values = torch.cat((i, f, g, o), dim=-1)
                    getattr(self.lstm, f"{theirs}_l{level}").copy_(values.t() if values.dim() == 2 else values)
                second = getattr(self.lstm, f"bias_hh_l{level}")
                second.zero_()
                second.requires_grad = False  # one bias a gate is enough
            copy_linear(self.output, given, "layers.2")

    def forward(self, tokens):
        return self.output(self.lstm(self.embedding(tokens))[0])


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.projection = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        batch, length, width = x.shape
        qkv = self.qkv(self.norm1(x)).view(batch, length, 3, self.heads, width // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        attended = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.projection(attended.transpose(1, 2).reshape(batch, length, width))
        return x + self.down(F.gelu(self.up(self.norm2(x))))


class TinyGpt(nn.Module):
    def __init__(self, given, width=64, heads=4):
        super().__init__()
        self.tokens = nn.Embedding.from_pretrained(given["layers.0.w"], freeze=False)
        self.positions = nn.Parameter(given["layers.1.w"].clone())
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(2))
        self.norm, self.output = nn.LayerNorm(width), nn.Linear(width, VOCABULARY)
        with torch.no_grad():
            for i, block in enumerate(self.blocks):
                copy_block(block, given, f"layers.{2 + i}")
            copy_linear(self.output, given, "layers.5")

    def forward(self, tokens):
        x = self.tokens(tokens) + self.positions
        for block in self.blocks:
            x = block(x)
        return self.output(self.norm(x))


def copy_linear(linear, given, name):
    linear.weight.copy_(given[f"{name}.w"].t())
    linear.bias.copy_(given[f"{name}.b"])


def copy_block(block, given, name):
    copy_linear(block.up, given, f"{name}.mlp.up")
    copy_linear(block.down, given, f"{name}.mlp.down")
    copy_linear(block.qkv, given, f"{name}.attention.qkv")
    copy_linear(block.projection, given, f"{name}.attention.projection")


def begin_as_pytorch(model):
    for part in model.modules():
        if hasattr(part, "reset_parameters"):
            part.reset_parameters()
    if isinstance(model, TinyGpt):
        nn.init.normal_(model.positions)
    else:
        for level in (0, 1):
            nn.init.zeros_(getattr(model.lstm, f"bias_hh_l{level}"))


def main():
    folder, options = sys.argv[1], json.loads(sys.argv[2])
    with open(f"{folder}/params", "rb") as file:
        given = load(file.read())
    torch.manual_seed(1)
    model = {"char-lstm": CharLstm, "tiny-gpt": TinyGpt}[options["model"]](given)
    if options["ownInit"]:
        begin_as_pytorch(model)
    trained = [param for param in model.parameters() if param.requires_grad]
    assert sum(param.numel() for param in trained) == sum(values.numel() for values in given.values())

    def windows(name, dtype):
        return torch.from_numpy(np.fromfile(f"{folder}/{name}", dtype).reshape(-1, CONTEXT).astype(np.int64))

    inputs, targets = windows("trainInputs", np.uint8), windows("trainTargets", np.int32)
    order = torch.from_numpy(np.fromfile(f"{folder}/order", np.uint32).astype(np.int64))
    optimizer = torch.optim.Adam(trained, lr=options["learningRate"])
    started = time.perf_counter()
    for step, rows in enumerate(order.split(options["batch"])):
        logits, labels = model(inputs[rows]), targets[rows]
        losses = F.cross_entropy(logits.flatten(0, 1), labels.clamp(min=0).flatten(), reduction="none")
        counted = (labels >= 0).float()
        # The mean over each window's positions, then over the windows.
        loss = ((losses.view(labels.shape) * counted).sum(1) / counted.sum(1)).mean()
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(trained, options["clipNorm"])
        optimizer.step()
        if (step + 1) % 50 == 0:
            print(f"  twin step {step + 1}  loss {loss.item():.4f}", file=sys.stderr)
    seconds = time.perf_counter() - started

    total, count = 0.0, 0
    with torch.no_grad():
        for x, y in zip(windows("testInputs", np.uint8).split(250), windows("testTargets", np.int32).split(250)):
            losses = F.cross_entropy(model(x).flatten(0, 1), y.flatten(), ignore_index=-1, reduction="sum")
            total, count = total + losses.item(), count + int((y >= 0).sum())
    print(json.dumps({"perplexity": float(np.exp(total / count)), "seconds": seconds}))


main()
