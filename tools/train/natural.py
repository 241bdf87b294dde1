"""The network `natural`: luminance -> scores of a*b* cells, a distribution of colours for each place.

A U-Net decoder on ResNet50's maps of the grey photograph predicts, at a quarter of the photograph's size, the probability of
each a*b* cell (Zhang et al. 2016, section 2.1, on a decoder like DeOldify's). The colour is the mean of that
distribution, sharpened by a temperature (their "annealed mean", section 2.3).

`Natural.forward`: L/50 - 1 as [N, 1, H, W] (H and W multiples of 32) -> scores [N, Q, H/4, W/4].
"""
import torch
import torch.nn.functional as F
from torch import nn

from colour import lab_to_linear
from teacher import MEAN_BGR, STAGES, Teacher, stage_maps

CELL = 10.0  # side of a cell, in units of a*b*
MULTIPLE = 32  # of both sides of the input
WIDTHS = (96, 128, 192, 256)  # channels of the decoder at 1/4, 1/8, 1/16, 1/32 of the size


def gamut_cells(step=CELL):
    """Centres [Q, 2] of the a*b* cells that sRGB reaches at some lightness; Q = 244 for cells of 10 units."""
    axis = torch.arange(-110, 111, step)
    a, b = torch.meshgrid(axis, axis, indexing='ij')
    ab = torch.stack((a.flatten(), b.flatten()), 1)
    inside = torch.zeros(len(ab), dtype=torch.bool)
    for lightness in range(5, 100, 5):
        lab = torch.cat((torch.full((len(ab), 1), float(lightness)), ab), 1)[:, :, None, None]
        linear = lab_to_linear(lab).flatten(1)
        inside |= ((linear > -0.02) & (linear < 1.02)).all(1)
    return ab[inside]


def expectation(scores, cells, temperature=1.0):
    """Scores [N, Q, h, w] -> the mean a*b* [N, 2, h, w] of softmax(scores / temperature)."""
    likely = torch.softmax(scores.float() / temperature, 1)
    return F.conv2d(likely, cells.T[:, :, None, None])


def shown(ab, saturation=1.0, knee=0.0):
    """a*b* [N, 2, h, w] as displayed: chroma c becomes saturation * c * c^2 / (c^2 + knee^2). Vivid colours become more vivid,
    nearly neutral ones more neutral; at c = knee the factor is half of the saturation."""
    squared = ab.pow(2).sum(1, keepdim=True)
    return ab * (saturation * squared / (squared + knee ** 2 + 1e-9))


class Backbone(nn.Module):
    """ResNet50 without its classifier, with one input channel: L/50 - 1.

    The grey photograph is L/100 * 255 in each of B, G and R, less the channel's mean; conv1 takes their weighted sum, so
    the scale, the means and the sum over channels are folded into it. Its zero padding then equals L = 50 instead of the
    mean; the network is trained and shipped in this form.
    """

    def __init__(self):
        super().__init__()
        self.taught = False
        self.convolutions = nn.ModuleDict({'conv1': nn.Conv2d(1, 64, 7, 2, 3)})
        inputs = 64
        for (stage, blocks), width in zip(STAGES, (64, 128, 256, 512)):
            for block in blocks:
                stride = 2 if block == 'a' and stage > 2 else 1
                name = f'res{stage}{block}_branch'
                if block == 'a':
                    self.convolutions[f'{name}1'] = nn.Conv2d(inputs, 4 * width, 1, stride)
                self.convolutions[f'{name}2a'] = nn.Conv2d(inputs, width, 1, stride)
                self.convolutions[f'{name}2b'] = nn.Conv2d(width, width, 3, 1, 1)
                self.convolutions[f'{name}2c'] = nn.Conv2d(width, 4 * width, 1)
                inputs = 4 * width

    @torch.no_grad()
    def load_teacher(self, folder):
        """Loads the weights of the tfjs ResNet50 in `folder`."""
        weights = {f'{name}.{part}': value for name, layer in Teacher(folder).convolutions.items()
                   for part, value in layer.state_dict().items()}
        offset = (127.5 - torch.tensor(MEAN_BGR)).view(1, 3, 1, 1)
        weights['conv1.bias'] = weights['conv1.bias'] + (weights['conv1.weight'] * offset).sum((1, 2, 3))
        weights['conv1.weight'] = weights['conv1.weight'].sum(1, keepdim=True) * 127.5
        self.convolutions.load_state_dict(weights)
        self.taught = True

    def trainable(self, first):
        """The parameters of the stages from `first` on (2 to 5; 6: none); earlier stages are frozen."""
        self.requires_grad_(False)
        chosen = [layer for name, layer in self.convolutions.items() if name.startswith('res') and int(name[3]) >= first]
        return [parameter.requires_grad_(True) for layer in chosen for parameter in layer.parameters()]

    def forward(self, luminance):
        return list(stage_maps(self.convolutions, luminance))


def block(inputs, outputs):
    return nn.Sequential(nn.BatchNorm2d(inputs), nn.ReLU(), nn.Conv2d(inputs, outputs, 3, 1, 1, bias=False),
                         nn.BatchNorm2d(outputs), nn.ReLU())


def doubled(x):
    return F.interpolate(x, scale_factor=2.0, mode='nearest')


class Head(nn.Module):
    """The decoder: the backbone's maps and L/50 - 1 -> scores of the cells [N, Q, H/4, W/4]."""

    def __init__(self, cells, widths=WIDTHS):
        super().__init__()
        w2, w3, w4, w5 = widths
        self.l5, self.l4 = nn.Conv2d(2048, w5, 1), nn.Conv2d(1024, w4, 1)
        self.l3, self.l2 = nn.Conv2d(512, w3, 1), nn.Conv2d(256, w2, 1)
        self.glob = nn.Linear(2048, w5)
        self.drop = nn.Dropout2d(0.1)
        self.b5, self.b4, self.b3 = block(w5, w4), block(w4, w3), block(w3, w2)
        self.lum = nn.Conv2d(1, w2, 3, 2, 1)
        self.b2 = block(w2, w2)
        self.c2 = nn.Sequential(nn.Conv2d(w2, w2, 3, 1, 2, dilation=2, bias=False), nn.BatchNorm2d(w2), nn.ReLU())
        self.out = nn.Conv2d(w2, len(cells), 1)
        self.register_buffer('cells', cells)

    def features(self, maps, luminance):
        """What the scores are computed from, [N, WIDTHS[0], H/4, W/4]."""
        m2, m3, m4, m5 = maps
        overall = self.glob(m5.float().mean((2, 3)))[:, :, None, None]
        x = self.b5(self.l5(self.drop(m5)) + overall.to(m5.dtype))
        x = self.b4(doubled(x) + self.l4(self.drop(m4)))
        x = self.b3(doubled(x) + self.l3(self.drop(m3)))
        x = self.b2(doubled(x) + self.l2(m2) + F.avg_pool2d(self.lum(luminance), 2))
        return x + self.c2(x)

    def forward(self, maps, luminance):
        return self.out(self.features(maps, luminance))


class Natural(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone, self.head = Backbone(), Head(gamut_cells())
        self.folded = False  # whether the norms pass everything through, because the weights come from an ONNX file: see norms.settle()

    @property
    def cells(self):
        return self.head.cells

    def features(self, luminance):
        """See Head.features()."""
        return self.head.features(self.backbone(luminance), luminance)

    def forward(self, luminance):
        return self.head.out(self.features(luminance))

    def start(self, path):
        """Loads weights from a file: natural.onnx; or one that may contain a part of them: a checkpoint of train_natural.py (its
        averaged weights), a file of weights in float16, or either with the decoder alone. Stages of the backbone may be missing only
        where load_teacher() gave them their weights."""
        if str(path).endswith('.onnx'):
            from warm_start import start_natural  # needs the package onnx, which a machine for training may lack
            return start_natural(self, path)
        state = torch.load(path, map_location='cpu')
        state = state.get('average', state)
        if 'cells' in state:  # a decoder alone, without the prefix
            state = {f'head.{name}': value for name, value in state.items()}
        state = {name: value.float() if value.is_floating_point() else value for name, value in state.items()}
        missing, unknown = self.load_state_dict(state, strict=False)
        wrong = unknown + [name for name in missing if not name.startswith('backbone.')]
        if wrong:
            raise ValueError(f'{path}: not weights of this network: {", ".join(wrong[:4])} missing or unknown')
        if missing and not self.backbone.taught:
            raise ValueError(f'{path}: lacks {len(missing)} weights of the backbone, such as {missing[0]}: name the folder of ResNet50 with --teacher')
