"""Loads the weights of shipped ONNX files (int8, norms folded) into the training networks, to continue training or to learn from them.

The convolutions get the folded weights, and the norms then add the folded bias and do nothing else. Before such weights are trained,
norms.settle() measures statistics for their norms, because training normalises by those of a batch.
"""
from pathlib import Path

import numpy as np
import torch

from inception import EPSILON, ConvNorm
from onnx_networks import with_average_pool


class Weights:
    """The initializers of an ONNX file that onnx_networks.py wrote, as float32 tensors."""

    def __init__(self, path):
        import onnx
        from onnx import numpy_helper
        self.path = path
        self.arrays = {entry.name: numpy_helper.to_array(entry) for entry in onnx.load(str(path)).graph.initializer}

    def __call__(self, name):
        if f'{name}_int8' in self.arrays:
            values = self.arrays[f'{name}_int8'].astype(np.float32)
            array = values * self.arrays[f'{name}_scale'].reshape((-1,) + (1,) * (values.ndim - 1))
        elif f'{name}_f16' in self.arrays:
            array = self.arrays[f'{name}_f16'].astype(np.float32)
        elif name in self.arrays:
            array = self.arrays[name]
        else:
            raise KeyError(f'{self.path}: no weight {name}: not a file of this network')
        return torch.from_numpy(np.array(array, np.float32))


def put_back(conv, norm, weight, bias):
    """The folded weight and bias into a convolution and the norm after it (None: the convolution has the bias)."""
    conv.weight.copy_(weight)
    if norm is None:
        conv.bias.copy_(bias)
        return
    norm.bias.copy_(bias)
    norm.mean.zero_()
    norm.variance.fill_(1 - EPSILON)


def pass_through(norm, bias=0.0):
    """Makes a BatchNorm2d add `bias` and nothing else, in evaluation."""
    norm.weight.fill_(1)
    norm.bias.copy_(torch.as_tensor(bias))
    norm.running_mean.zero_()
    norm.running_var.fill_(1 - norm.eps)


@torch.no_grad()
def start_embedder(model, folder):
    """InceptionResNetV2 <- embedder.onnx of a model folder."""
    weights = Weights(Path(folder) / 'embedder.onnx')
    for number, block in enumerate((m for m in model.modules() if isinstance(m, ConvNorm)), 1):
        put_back(block.conv, block.norm, weights(f'conv{number}_weight'), weights(f'conv{number}_bias'))
    for stage, blocks in (('block35', model.blocks35), ('block17', model.blocks17), ('block8', model.blocks8)):
        for number, block in enumerate(blocks, 1):
            for part in ('weight', 'bias'):
                getattr(block.up, part).copy_(weights(f'{stage}_{number}_up_{part}') / block.evaluation_scale)
    model.classifier.weight.copy_(weights('classifier_weight'))
    model.classifier.bias.copy_(weights('classifier_bias'))


@torch.no_grad()
def start_colorizer(model, folder):
    """Colorizer <- colorizer.onnx of a model folder."""
    weights = Weights(Path(folder) / 'colorizer.onnx')
    for layer in model.layers():
        weight = weights(f'{layer.name}_weight')
        weight[:, layer.scaled_from:] /= layer.scale
        put_back(layer.conv, layer.norm, weight, weights(f'{layer.name}_bias'))


@torch.no_grad()
def start_natural(model, path):
    """Natural <- natural.onnx."""
    weights = Weights(path)
    for name, layer in model.backbone.convolutions.items():
        put_back(layer, None, weights(f'{name}_weight'), weights(f'{name}_bias'))
    head = model.head
    for level in (5, 4, 3, 2):
        lateral, block = getattr(head, f'l{level}'), getattr(head, f'b{level}')
        put_back(lateral, None, weights(f'lateral{level}_weight'), weights(f'lateral{level}_bias'))
        pass_through(block[0])
        block[2].weight.copy_(weights(f'block{level}_weight'))
        pass_through(block[3], weights(f'block{level}_bias'))
    put_back(head.glob, None, weights('overall_weight').flatten(1), weights('overall_bias'))
    put_back(head.lum, None, without_average_pool(weights('light_weight')), weights('light_bias'))
    head.c2[0].weight.copy_(weights('around_weight'))
    pass_through(head.c2[1], weights('around_bias'))
    put_back(head.out, None, weights('scores_weight'), weights('scores_bias'))
    model.folded = True


def without_average_pool(joined):
    """The 3x3 kernels from which with_average_pool() of onnx_networks.py made these of 5x5."""
    basis = torch.eye(9).reshape(9, 1, 3, 3)
    return torch.linalg.lstsq(with_average_pool(basis).flatten(1).T, joined.flatten(1).T).solution.T.reshape(len(joined), 1, 3, 3)
