"""Exports networks of the shape of published colorizers with random weights from PyTorch, as their users do.

    python tools/torch/export.py OUT --network ddcolor-tiny --exporter new --width 0.25

The definitions beside this file are this project's own, from the papers. test/shared/colorizers writes the same networks without PyTorch.
Needs torch, onnx and, for the newer exporter, onnxscript.
"""

import argparse
from functools import partial
from pathlib import Path

import torch
from ddcolor import DDColor
from deoldify import DeOldify
from torch import nn
from torch.nn.utils.spectral_norm import SpectralNorm
from zhang import Eccv16, Siggraph17

NETWORKS = {
    "eccv16": Eccv16,
    "siggraph17": Siggraph17,
    "ddcolor-tiny": DDColor,
    "ddcolor-large": partial(DDColor, size="large"),
    "deoldify": DeOldify,
    "deoldify-wide": partial(DeOldify, wide=True),
}


@torch.no_grad()
def randomise(module):
    """Weights and statistics of the size that training leaves."""
    for layer in module.modules():
        for hook in layer._forward_pre_hooks.values():
            if isinstance(hook, SpectralNorm):
                hook.n_power_iterations = 20
                hook.compute_weight(layer, do_power_iteration=True)
        if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d)) and not hasattr(layer, "weight_orig"):
            nn.init.kaiming_uniform_(layer.weight)
        if isinstance(layer, nn.BatchNorm2d):
            nn.init.uniform_(layer.running_mean, 0.2, 0.6)
            nn.init.uniform_(layer.running_var, 0.4, 0.8)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--network", choices=NETWORKS, default="siggraph17")
    parser.add_argument("--exporter", choices=["old", "new"], default="old")
    parser.add_argument("--width", type=float, default=1, help="share of the published channels")
    parser.add_argument("--pixels", type=int, default=64, help="height and width of the example; DDColor's files have this size only")
    parser.add_argument("--opset", type=int, default=17)
    options = parser.parse_args()
    torch.manual_seed(1)
    network = NETWORKS[options.network](options.width).eval()
    randomise(network)
    example = tuple(torch.rand(1, channels, options.pixels, options.pixels) for channels in network.inputs.values())
    how = {"dynamo": options.exporter == "new"}
    if not network.fixed_size and options.exporter == "old":
        how["dynamic_axes"] = {name: {2: "height", 3: "width"} for name in [*network.inputs, network.output]}
    if not network.fixed_size and options.exporter == "new":
        sizes = {2: torch.export.Dim.DYNAMIC, 3: torch.export.Dim.DYNAMIC}
        how["dynamic_shapes"] = tuple(sizes for _ in network.inputs)
    torch.onnx.export(
        network,
        example,
        str(options.out),
        input_names=list(network.inputs),
        output_names=[network.output],
        opset_version=options.opset,
        **how,
    )


if __name__ == "__main__":
    main()
