"""The teacher: Keras ResNet50 (ImageNet, 1000 classes) read from a tfjs layers model. It is used in training only.

Input of `Teacher.forward`: sRGB in 0..1, [N, 3, H, W]; output: scores before the softmax, [N, 1000], and the pooled features.
"""
import json
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

MEAN_BGR = (103.939, 116.779, 123.68)
FEATURES = 2048  # means of the last feature map
MAP_CHANNELS = (512, 1024)  # of the maps of stages 3 and 4
MAP_STRIDES = (8, 16)  # their cell i has its centre at pixel MAP_STRIDES * i of the input
STAGES = ((2, 'abc'), (3, 'abcd'), (4, 'abcdef'), (5, 'abc'))


def read_tfjs_weights(folder):
    """All weights of a tfjs layers model (shards of float32, or of float32 stored as float16) as {name: numpy array}."""
    folder = Path(folder)
    manifest = json.loads((folder / 'model.json').read_text())['weightsManifest']
    weights = {}
    for group in manifest:
        data = b''.join((folder / path).read_bytes() for path in group['paths'])
        offset = 0
        for entry in group['weights']:
            stored = entry.get('quantization', {}).get('dtype', 'float32')
            if entry['dtype'] != 'float32' or stored not in ('float32', 'float16'):
                raise ValueError(f"{entry['name']}: expected float32 or float16 weights, found {entry['dtype']} stored as {stored}")
            count, kind = int(np.prod(entry['shape'])), np.dtype('<f4' if stored == 'float32' else '<f2')
            weights[entry['name']] = np.frombuffer(data, kind, count, offset).astype(np.float32).reshape(entry['shape'])
            offset += kind.itemsize * count
    return weights


def write_half(folder, out):
    """Copies a tfjs layers model with its kernels in float16, in one shard: half the size. Vectors stay float32, because
    variances can exceed the range of float16."""
    weights = read_tfjs_weights(folder)
    model = json.loads((Path(folder) / 'model.json').read_text())
    half = {'quantization': {'dtype': 'float16', 'original_dtype': 'float32'}}
    entries = [{'name': name, 'shape': list(array.shape), 'dtype': 'float32'} | (half if array.ndim > 1 else {}) for name, array in weights.items()]
    model['weightsManifest'] = [{'paths': ['weights.bin'], 'weights': entries}]
    Path(out).mkdir(parents=True, exist_ok=True)
    (Path(out) / 'model.json').write_text(json.dumps(model))
    (Path(out) / 'weights.bin').write_bytes(b''.join(array.astype('<f2' if array.ndim > 1 else '<f4').tobytes() for array in weights.values()))


def stage_maps(convolutions, x):
    """Yields ResNet50's feature maps after each stage: 256, 512, 1024, 2048 channels at 1/4, 1/8, 1/16, 1/32 of the input's size.

    `convolutions` holds them by Keras' names, with their norms folded in; `x` is the input of conv1.
    """
    x = F.max_pool2d(F.relu(convolutions['conv1'](x)), 3, 2, 1)
    for stage, blocks in STAGES:
        for block in blocks:
            name = f'res{stage}{block}_branch'
            y = F.relu(convolutions[f'{name}2a'](x))
            y = F.relu(convolutions[f'{name}2b'](y))
            y = convolutions[f'{name}2c'](y)
            x = F.relu(y + (convolutions[f'{name}1'](x) if block == 'a' else x))
        yield x


class Teacher(nn.Module):
    """ResNet50 with its batch norms folded into the convolutions."""

    def __init__(self, folder):
        super().__init__()
        weights = read_tfjs_weights(folder)
        topology = json.loads((Path(folder) / 'model.json').read_text())['modelTopology']['model_config']['config']
        self.epsilon = {layer['name']: layer['config'].get('epsilon') for layer in topology['layers']}
        self.convolutions = nn.ModuleDict()
        self._add(weights, 'conv1', 'bn_conv1', 2, 3)
        for stage, blocks in STAGES:
            for block in blocks:
                stride = 2 if block == 'a' and stage > 2 else 1
                name = f'{stage}{block}_branch'
                if block == 'a':
                    self._add(weights, f'res{name}1', f'bn{name}1', stride, 0)
                self._add(weights, f'res{name}2a', f'bn{name}2a', stride, 0)
                self._add(weights, f'res{name}2b', f'bn{name}2b', 1, 1)
                self._add(weights, f'res{name}2c', f'bn{name}2c', 1, 0)
        self.classifier = nn.Linear(2048, 1000)
        self.classifier.weight.data = torch.tensor(weights['fc1000/kernel'].T.copy())
        self.classifier.bias.data = torch.tensor(weights['fc1000/bias'])
        self.register_buffer('mean', torch.tensor(MEAN_BGR).view(1, 3, 1, 1))
        self.requires_grad_(False).eval()

    def _add(self, weights, conv_name, norm_name, stride, padding):
        kernel = weights[f'{conv_name}/kernel'].transpose(3, 2, 0, 1)
        bias = weights.get(f'{conv_name}/bias', 0.0)
        scale = weights[f'{norm_name}/gamma'] / np.sqrt(weights[f'{norm_name}/moving_variance'] + self.epsilon[norm_name])
        conv = nn.Conv2d(kernel.shape[1], kernel.shape[0], kernel.shape[2], stride, padding)
        conv.weight.data = torch.tensor(kernel * scale[:, None, None, None])
        conv.bias.data = torch.tensor((bias - weights[f'{norm_name}/moving_mean']) * scale + weights[f'{norm_name}/beta'])
        self.convolutions[conv_name] = conv

    def maps(self, rgb):
        """Yields the feature maps after each stage, see stage_maps()."""
        return stage_maps(self.convolutions, rgb.flip(1) * 255.0 - self.mean)

    def answers(self, rgb):
        """(scores [N, 1000], the features that they are computed from [N, FEATURES], the maps of stages 3 and 4)."""
        _, third, fourth, last = self.maps(rgb)
        features = last.float().mean((2, 3))
        return self.classifier(features), features, (third, fourth)

    def forward(self, rgb):
        """answers() without the maps."""
        return self.answers(rgb)[:2]
