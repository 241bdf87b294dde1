"""Networks of the shape of DeOldify's generators, fastai's dynamic U-Nets on ResNets (He et al. 2015): RGB 0..255 -> RGB 0..255."""

import torch
from shared import MEAN_AND_DEVIATION, PixelShuffle, channels, spectral
from torch import nn


class Block(nn.Module):
    """A residual block: two 3x3 convolutions (34 layers), or 1x1, 3x3 and 1x1 (101 layers), with the stride on the first 3x3."""

    def __init__(self, inputs, outputs, stride, bottleneck):
        super().__init__()
        inner = outputs // 4 if bottleneck else outputs
        shapes = [(inputs, inner, 1), (inner, inner, 3), (inner, outputs, 1)] if bottleneck else [(inputs, inner, 3), (inner, outputs, 3)]
        strides = [1, stride, 1] if bottleneck else [stride, 1]
        layers = []
        for (a, b, size), step in zip(shapes, strides):
            layers += [nn.Conv2d(a, b, size, step, size // 2, bias=False), nn.BatchNorm2d(b), nn.ReLU()]
        self.body = nn.Sequential(*layers[:-1])
        nn.init.constant_(self.body[-1].weight, 0.2)  # small, because up to 33 blocks are added up
        same = stride == 1 and inputs == outputs
        self.shortcut = nn.Identity() if same else nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        return torch.relu(self.body(x) + self.shortcut(x))


def spectral_block(inputs, outputs):
    return nn.Sequential(spectral(nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)), nn.ReLU(), nn.BatchNorm2d(outputs))


class SelfAttention(nn.Module):
    """Attention over all pixels (Zhang et al. 2019), as in fastai: softmax over the queries."""

    def __init__(self, width):
        super().__init__()
        keys = max(1, width // 8)
        self.query, self.key, self.value = (spectral(nn.Conv1d(width, n, 1, bias=False)) for n in (keys, keys, width))
        self.gamma = nn.Parameter(torch.tensor([0.5]))

    def forward(self, x):
        size = x.size()
        flat = x.view(*size[:2], -1)
        beta = torch.bmm(self.query(flat).permute(0, 2, 1), self.key(flat)).softmax(dim=1)
        return (self.gamma * torch.bmm(self.value(flat), beta) + flat).view(*size)


class Up(nn.Module):
    """A block of the decoder: twice the size, joined with a feature of the encoder."""

    def __init__(self, inputs, up, skip, outputs, convolutions, attention):
        super().__init__()
        self.shuffle, self.norm = PixelShuffle(inputs, up), nn.BatchNorm2d(skip)
        blocks = [spectral_block(up + skip, outputs)] + [spectral_block(outputs, outputs) for _ in range(convolutions - 1)]
        self.body = nn.Sequential(nn.ReLU(), *blocks, *([SelfAttention(outputs)] if attention else []))

    def forward(self, x, skip):
        return self.body(torch.cat((self.shuffle(x), self.norm(skip)), 1))


class DeOldify(nn.Module):
    inputs, output = {"input": 3}, "output"
    fixed_size = False

    def __init__(self, width, wide=False):
        super().__init__()
        published, depths = ((64, 256, 512, 1024, 2048), (3, 4, 23, 3)) if wide else ((64, 64, 128, 256, 512), (3, 4, 6, 3))
        widths = [channels(n, width) for n in published]
        self.register_buffer("normal", MEAN_AND_DEVIATION.clone())
        self.stem = nn.Sequential(nn.Conv2d(3, widths[0], 7, 2, 3, bias=False), nn.BatchNorm2d(widths[0]), nn.ReLU())
        self.pool = nn.MaxPool2d(3, 2, 1)
        self.stages, inputs = nn.ModuleList(), widths[0]
        for stage, (outputs, depth) in enumerate(zip(widths[1:], depths)):
            steps = [2 if stage and number == 0 else 1 for number in range(depth)]
            sizes = [inputs] + [outputs] * depth
            self.stages.append(nn.Sequential(*(Block(a, b, step, wide) for a, b, step in zip(sizes, sizes[1:], steps))))
            inputs = outputs
        self.middle = nn.Sequential(nn.BatchNorm2d(inputs), nn.ReLU(), spectral_block(inputs, 2 * inputs), spectral_block(2 * inputs, inputs))
        self.up = nn.ModuleList()
        for number, skip in enumerate(widths[3::-1]):
            last = number == 3
            if wide:  # 512 * nf_factor / 2 channels, nf_factor 2
                up = outputs = channels(256 if last else 512, width)
            else:  # nf_factor 1.5; the last block has half of the channels
                up = inputs // 2
                outputs = int(((up + skip) // 2 if last else up + skip) * 1.5) // 2 * 2
            self.up.append(Up(inputs, up, skip, outputs, 1 if wide else 2, number == 1))
            inputs = outputs
        self.last = PixelShuffle(inputs, inputs, blur=False)
        inputs += 3
        convolutions = [spectral(nn.Conv2d(inputs, inputs, 3, padding=1)) for _ in range(2)]
        self.residual = nn.Sequential(convolutions[0], nn.ReLU(), convolutions[1], nn.ReLU())
        self.colours = spectral(nn.Conv2d(inputs, 3, 1))

    def forward(self, rgb):
        mean, deviation = self.normal
        image = (rgb / 255 - mean) / deviation
        x = self.stem(image)
        features = [x]
        x = self.pool(x)
        for stage in self.stages:
            x = stage(x)
            features.append(x)
        x = self.middle(x)
        for up, skip in zip(self.up, features[3::-1]):
            x = up(x, skip)
        x = torch.cat((self.last(x), image), 1)
        x = self.colours(x + self.residual(x))
        x = torch.sigmoid(x) * 6 - 3
        return (x * deviation + mean).clamp(0, 1) * 255
