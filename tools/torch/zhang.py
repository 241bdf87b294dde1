"""Exports networks of the shape of ECCV16 and SIGGRAPH17 with random weights from PyTorch, as their users do.

    python tools/torch/export_zhang.py OUT --network siggraph17 --exporter new --width 0.25

The definitions are this project's own, from the papers (Zhang et al. 2016, figure 2; 2017, figure 2). test/shared/colorizers/zhang.ts writes
the same networks without PyTorch. Needs torch, onnx and, for the newer exporter, onnxscript.
"""

import argparse
from pathlib import Path

import torch
from torch import nn


def block(channels, dilation=1, last_stride=1):
    """3x3 convolutions with ReLUs, then a batch norm."""
    layers = []
    for i, (inner, outer) in enumerate(zip(channels, channels[1:])):
        stride = last_stride if i == len(channels) - 2 else 1
        layers += [nn.Conv2d(inner, outer, 3, stride, dilation, dilation), nn.ReLU(True)]
    return nn.Sequential(*layers, nn.BatchNorm2d(channels[-1]))


class Eccv16(nn.Module):
    inputs = ["data_l"]

    def __init__(self, width):
        super().__init__()
        a, b, c, d, bins = (max(8, round(n * width)) for n in (64, 128, 256, 512, 313))
        self.body = nn.Sequential(
            block([1, a, a], last_stride=2),
            block([a, b, b], last_stride=2),
            block([b, c, c, c], last_stride=2),
            block([c, d, d, d]),
            block([d, d, d, d], dilation=2),
            block([d, d, d, d], dilation=2),
            block([d, d, d, d]),
        )
        self.head = nn.Sequential(
            nn.ConvTranspose2d(d, c, 4, 2, 1),
            nn.ReLU(True),
            nn.Conv2d(c, c, 3, 1, 1),
            nn.ReLU(True),
            nn.Conv2d(c, c, 3, 1, 1),
            nn.ReLU(True),
            nn.Conv2d(c, bins, 1),
        )
        self.colours = nn.Conv2d(bins, 2, 1, bias=False)
        self.enlarge = nn.Upsample(scale_factor=4, mode="bilinear")

    def forward(self, data_l):
        scores = self.head(self.body((data_l - 50) / 100))
        return self.enlarge(self.colours(scores.softmax(dim=1))) * 110


class Siggraph17(nn.Module):
    inputs = ["data_l", "user_ab", "user_map"]

    def __init__(self, width):
        super().__init__()
        a, b, c, d = (max(8, round(n * width)) for n in (64, 128, 256, 512))
        self.down = nn.ModuleList([block([4, a, a]), block([a, b, b]), block([b, c, c, c])])
        self.deep = nn.Sequential(
            block([c, d, d, d]),
            block([d, d, d, d], dilation=2),
            block([d, d, d, d], dilation=2),
            block([d, d, d, d]),
        )
        sizes = [(d, c), (c, b), (b, b)]
        self.up = nn.ModuleList(nn.ConvTranspose2d(i, o, 4, 2, 1) for i, o in sizes)
        self.across = nn.ModuleList(nn.Conv2d(i, o, 3, 1, 1) for i, o in [(c, c), (b, b), (a, b)])
        self.after = nn.ModuleList(
            [block([c, c, c]), block([b, b]), nn.Sequential(nn.Conv2d(b, b, 3, 1, 1), nn.LeakyReLU(0.2))]
        )
        self.out = nn.Sequential(nn.Conv2d(b, 2, 1), nn.Tanh())

    def forward(self, data_l, user_ab, user_map):
        x = torch.cat([(data_l - 50) / 100, user_ab / 110, user_map], dim=1)
        kept = []
        for stage in self.down:
            x = stage(x)
            kept.append(x)
            x = x[:, :, ::2, ::2]
        x = self.deep(x)
        for up, across, after, skip in zip(self.up, self.across, self.after, reversed(kept)):
            x = after(torch.relu(up(x) + across(skip)))
        return self.out(x) * 110


NETWORKS = {"eccv16": Eccv16, "siggraph17": Siggraph17}


def randomise(module):
    """Weights and statistics of the size that training leaves."""
    for layer in module.modules():
        if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d)):
            nn.init.kaiming_uniform_(layer.weight)
        if isinstance(layer, nn.BatchNorm2d):
            nn.init.uniform_(layer.running_mean, 0.2, 0.6)
            nn.init.uniform_(layer.running_var, 0.4, 0.8)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--network", choices=NETWORKS, default="siggraph17")
    parser.add_argument("--exporter", choices=["old", "new"], default="old")
    parser.add_argument("--width", type=float, default=1)
    parser.add_argument("--opset", type=int, default=17)
    options = parser.parse_args()
    torch.manual_seed(1)
    network = NETWORKS[options.network](options.width).eval()
    randomise(network)
    channels = {"data_l": 1, "user_ab": 2, "user_map": 1}
    example = tuple(torch.rand(1, channels[name], 64, 64) for name in network.inputs)
    if options.exporter == "old":
        axes = {name: {2: "height", 3: "width"} for name in [*network.inputs, "color_ab"]}
        how = {"dynamo": False, "dynamic_axes": axes}
    else:
        size = {2: torch.export.Dim.DYNAMIC, 3: torch.export.Dim.DYNAMIC}
        how = {"dynamo": True, "dynamic_shapes": {name: size for name in network.inputs}}
    torch.onnx.export(
        network,
        example,
        str(options.out),
        input_names=network.inputs,
        output_names=["color_ab"],
        opset_version=options.opset,
        **how,
    )


if __name__ == "__main__":
    main()
