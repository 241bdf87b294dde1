"""A network of the shape of DDColor (Kang et al. 2023, figure 3) on ConvNeXt (Liu et al. 2022, section 3): RGB 0..1 -> a*b*."""

import math

import torch
from shared import MEAN_AND_DEVIATION, PixelShuffle, channels, spectral
from torch import nn
from torch.nn import functional as F

ENCODERS = {"tiny": ((96, 192, 384, 768), (3, 3, 9, 3)), "large": ((192, 384, 768, 1536), (3, 3, 27, 3))}
QUERIES, HEADS, LAYERS = 100, 8, 9


class ChannelNorm(nn.LayerNorm):
    """A layer norm over the channels of [N, C, H, W], written out."""

    def forward(self, x):
        mean = x.mean(1, keepdim=True)
        variance = (x - mean).pow(2).mean(1, keepdim=True)
        normalised = (x - mean) / torch.sqrt(variance + self.eps)
        return self.weight[:, None, None] * normalised + self.bias[:, None, None]


class ConvNextBlock(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.depthwise = nn.Conv2d(width, width, 7, padding=3, groups=width)
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.wide, self.narrow = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.scale = nn.Parameter(torch.full((width,), 0.2))

    def forward(self, x):
        y = self.norm(self.depthwise(x).permute(0, 2, 3, 1))
        y = self.scale * self.narrow(F.gelu(self.wide(y)))
        return x + y.permute(0, 3, 1, 2)


class Encoder(nn.Module):
    """The features at 1/4, 1/8, 1/16 and 1/32 of the size, each with a layer norm."""

    def __init__(self, widths, depths):
        super().__init__()
        stem = nn.Sequential(nn.Conv2d(3, widths[0], 4, 4), ChannelNorm(widths[0], eps=1e-6))
        down = [nn.Sequential(ChannelNorm(a, eps=1e-6), nn.Conv2d(a, b, 2, 2)) for a, b in zip(widths, widths[1:])]
        self.down = nn.ModuleList([stem, *down])
        self.stages = nn.ModuleList(
            nn.Sequential(*(ConvNextBlock(width) for _ in range(depth))) for width, depth in zip(widths, depths)
        )
        self.norms = nn.ModuleList(ChannelNorm(width, eps=1e-6) for width in widths)

    def forward(self, x):
        features = []
        for down, stage, norm in zip(self.down, self.stages, self.norms):
            x = stage(down(x))
            features.append(norm(x))
        return features


def positions(x, hidden):
    """The sine encoding of positions (Carion et al. 2020), normalised: [1, hidden, h, w]."""
    ones = torch.ones_like(x[:, 0])
    half = hidden // 2
    steps = torch.arange(half, dtype=torch.float32, device=x.device)
    periods = 10000 ** (2 * torch.div(steps, 2, rounding_mode="floor") / half)
    encoded = []
    for axis in (1, 2):
        counted = ones.cumsum(axis)
        last = counted[:, -1:, :] if axis == 1 else counted[:, :, -1:]
        phase = (counted / (last + 1e-6) * 2 * math.pi)[..., None] / periods
        encoded.append(torch.stack((phase[..., 0::2].sin(), phase[..., 1::2].cos()), dim=4).flatten(3))
    return torch.cat(encoded, dim=3).permute(0, 3, 1, 2)


class Layer(nn.Module):
    """Attention of the queries to a feature, to each other, and two linear layers."""

    def __init__(self, hidden):
        super().__init__()
        self.cross, self.own = nn.MultiheadAttention(hidden, HEADS), nn.MultiheadAttention(hidden, HEADS)
        self.wide, self.narrow = nn.Linear(hidden, 8 * hidden), nn.Linear(8 * hidden, hidden)
        self.norms = nn.ModuleList(nn.LayerNorm(hidden) for _ in range(3))

    def forward(self, x, places, values, keys):
        x = self.norms[0](x + self.cross(x + places, keys, values)[0])
        x = self.norms[1](x + self.own(x + places, x + places, x)[0])
        return self.norms[2](x + self.narrow(torch.relu(self.wide(x))))


class DDColor(nn.Module):
    inputs, output = {"input": 3}, "output"
    fixed_size = True

    def __init__(self, width, size="tiny"):
        super().__init__()
        published, depths = ENCODERS[size]
        widths = [channels(n, width) for n in published]
        hidden = channels(256, width)
        tos = [channels(512, width), channels(512, width), hidden]
        self.hidden = hidden
        self.encoder = Encoder(widths, depths)
        self.register_buffer("normal", MEAN_AND_DEVIATION.clone())
        froms = [widths[3], *tos]
        self.shuffles = nn.ModuleList(PixelShuffle(a, b) for a, b in zip(froms, tos))
        self.norms = nn.ModuleList(nn.BatchNorm2d(n) for n in widths[2::-1])
        self.joins = nn.ModuleList(
            nn.Sequential(
                nn.ReLU(), spectral(nn.Conv2d(to + skip, to, 3, padding=1, bias=False)), nn.ReLU(), nn.BatchNorm2d(to)
            )
            for to, skip in zip(tos, widths[2::-1])
        )
        self.last = PixelShuffle(hidden, hidden, 4)
        self.project = nn.ModuleList(nn.Identity() if n == hidden else nn.Conv2d(n, hidden, 1) for n in tos)
        self.levels = nn.Parameter(torch.rand(3, hidden) - 0.5)
        self.queries, self.places = (nn.Parameter(torch.rand(QUERIES, 1, hidden) * 2 - 1) for _ in range(2))
        self.layers = nn.ModuleList(Layer(hidden) for _ in range(LAYERS))
        self.norm = nn.LayerNorm(hidden)
        linear = [nn.Linear(hidden, hidden) for _ in range(3)]
        self.embed = nn.Sequential(linear[0], nn.ReLU(), linear[1], nn.ReLU(), linear[2])
        self.colours = spectral(nn.Conv2d(QUERIES + 3, 2, 1))

    def forward(self, rgb):
        image = (rgb - self.normal[0]) / self.normal[1]
        features = self.encoder(image)
        x, scales = features[3], []
        for shuffle, norm, join, skip in zip(self.shuffles, self.norms, self.joins, features[2::-1]):
            x = join(torch.cat((shuffle(x), norm(skip)), 1))
            scales.append(x)
        memory = []
        for scale, project, level in zip(scales, self.project, self.levels):
            values = (project(scale) + level[:, None, None]).flatten(2).permute(2, 0, 1)
            memory.append((values, values + positions(scale, self.hidden).flatten(2).permute(2, 0, 1)))
        queries = self.queries
        for number, layer in enumerate(self.layers):
            queries = layer(queries, self.places, *memory[number % 3])
        queries = self.embed(self.norm(queries).transpose(0, 1))
        maps = torch.einsum("bqc,bchw->bqhw", queries, self.last(x))
        return self.colours(torch.cat((maps, image), 1))
