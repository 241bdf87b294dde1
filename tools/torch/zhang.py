"""Networks of the shape of ECCV16 (Zhang et al. 2016, figure 2) and SIGGRAPH17 (Zhang et al. 2017, figure 2): L* -> a*b*."""

import torch
from shared import channels
from torch import nn


def block(widths, dilation=1, last_stride=1):
    """3x3 convolutions with ReLUs, then a batch norm."""
    layers = []
    for i, (inner, outer) in enumerate(zip(widths, widths[1:])):
        stride = last_stride if i == len(widths) - 2 else 1
        layers += [nn.Conv2d(inner, outer, 3, stride, dilation, dilation), nn.ReLU(True)]
    return nn.Sequential(*layers, nn.BatchNorm2d(widths[-1]))


class Eccv16(nn.Module):
    inputs, output = {"data_l": 1}, "color_ab"
    fixed_size = False

    def __init__(self, width):
        super().__init__()
        a, b, c, d, bins = (channels(n, width) for n in (64, 128, 256, 512, 313))
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
    inputs, output = {"data_l": 1, "user_ab": 2, "user_map": 1}, "color_ab"
    fixed_size = False

    def __init__(self, width):
        super().__init__()
        a, b, c, d = (channels(n, width) for n in (64, 128, 256, 512))
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
