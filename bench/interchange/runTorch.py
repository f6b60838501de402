"""The CNN of McMahan et al. 2017 in PyTorch, from and to safetensors. A line of JSON on stdin, a line of JSON back:

{load, input, output}  loads the state_dict of the file `load` and writes the logits of the images in `input`
{save, input, output}  the same for a model with PyTorch's own start, whose state_dict it saves

Files of images and logits are float32: [batch, 1, 28, 28] pixels 0 .. 255, [batch, 10]. The first line says the version.
"""

import json
import sys

import numpy as np
import safetensors.torch
import torch
from torch import nn


class FederatedCnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(1, 32, 5, padding="same"),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(32, 64, 5, padding="same"),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(7 * 7 * 64, 512),
            nn.ReLU(),
            nn.Linear(512, 10),
        )

    def forward(self, pixels):
        return self.layers(pixels / 255)


torch.set_num_threads(1)
torch.manual_seed(1)
print(json.dumps({"torch": torch.__version__}), flush=True)
for line in sys.stdin:
    task = json.loads(line)
    model = FederatedCnn().eval()
    if "load" in task:
        model.load_state_dict(safetensors.torch.load_file(task["load"]), strict=True)
    else:
        safetensors.torch.save_file(model.state_dict(), task["save"], metadata={"format": "pt"})
    images = torch.from_numpy(np.fromfile(task["input"], dtype=np.float32).reshape(-1, 1, 28, 28))
    with torch.no_grad():
        model(images).numpy().tofile(task["output"])
    print(json.dumps({"params": sum(array.numel() for array in model.parameters())}), flush=True)
