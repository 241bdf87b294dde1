"""Adds the damage of old photographs to crops: the network sees the damage, its targets stay clean.

Works on lightness [N, 1, H, W] in 0..1 (L*/100), on any device. Each kind processes only the photographs that it was drawn
for, so most of a batch costs nothing. All kinds are visual approximations in L* instead of the densities of film and
paper: grain is Gaussian, JPEG is the real 8x8 transform and rounding applied to L* alone, a halftone is a cosine screen
at an angle. Sizes are in pixels of the crop.

`Damage.lightness` needs the colour crop, because old plates record red as dark and blue as light. Sepia converted to grey
is a tone curve (`fade`), because its L* is a monotonic function of the original grey.
"""
import math

import numpy as np
import torch
import torch.nn.functional as F

from colour import rgb_to_lab


def column(values, like):
    """One number per photograph, as [N, 1, 1, 1]."""
    return torch.as_tensor(np.asarray(values, np.float32), device=like.device).view(-1, 1, 1, 1)


def field(x, cells, generator):
    """Smooth noise of the shape of x with mean 0 and a deviation near 1; its scale is 1/`cells` of the crop."""
    coarse = torch.randn(len(x), 1, cells, cells, generator=generator, device=x.device)
    return F.interpolate(coarse, size=x.shape[-2:], mode='bicubic', align_corners=False)


def coordinates(x):
    """(down, across), each [1, 1, H, W] or broadcast to it, in -1..1."""
    height, width = x.shape[-2:]
    down = torch.linspace(-1, 1, height, device=x.device).view(1, 1, -1, 1)
    return down, torch.linspace(-1, 1, width, device=x.device).view(1, 1, 1, -1)


def fade(x, random, generator):
    """A tone curve: lighter blacks, darker whites, and a gamma. Also serves for sepia converted to grey."""
    count = len(x)
    low, high = column(random.uniform(0, 0.3, count), x), column(random.uniform(0.7, 1, count), x)
    return low + (high - low) * x.clamp(min=1e-3) ** column(np.exp(random.uniform(-0.5, 0.5, count)), x)


def grain(x, random, generator):
    """Gaussian noise of one or two pixels, strongest in middle tones."""
    noise = torch.randn(x.shape, generator=generator, device=x.device)
    soft = F.avg_pool2d(noise, 3, 1, 1) * 2.2
    coarse = column(random.uniform(0, 1, len(x)), x)
    strength = column(random.uniform(0.01, 0.07, len(x)), x)
    return x + strength * (noise + coarse * (soft - noise)) * (0.4 + 2.4 * x * (1 - x))


def blur(x, random, generator):
    """Gaussian, with a deviation of 0.5 to 2 pixels."""
    sigma = random.uniform(0.5, 2.0, len(x))
    taps = torch.arange(-5, 6, device=x.device, dtype=x.dtype)
    kernel = torch.exp(-taps ** 2 / (2 * column(sigma, x).view(-1, 1) ** 2))
    kernel = kernel / kernel.sum(1, keepdim=True)
    rows = F.pad(x.transpose(0, 1), (5, 5, 5, 5), mode='reflect')  # photographs as channels, each with its own kernel
    rows = F.conv2d(rows, kernel.view(-1, 1, 11, 1), groups=len(x))
    return F.conv2d(rows, kernel.view(-1, 1, 1, 11), groups=len(x)).transpose(0, 1)


def vignette(x, random, generator):
    """Corners darker (usually) or lighter, around a centre near the middle."""
    down, across = coordinates(x)
    y, z = (column(random.uniform(-0.3, 0.3, len(x)), x) for _ in range(2))
    distance = ((down - y) ** 2 + (across - z) ** 2) / 2
    amount = column(np.where(random.random(len(x)) < 0.75, random.uniform(0.2, 0.8, len(x)), -random.uniform(0.1, 0.4, len(x))), x)
    return torch.where(amount > 0, x * (1 - amount * distance), x - amount * distance * (1 - x))


def stains(x, random, generator):
    """Translucent patches with soft or sharp edges, darker or lighter."""
    shape = field(x, int(random.integers(3, 9)), generator)
    inside = torch.sigmoid((shape - column(random.uniform(0.6, 1.4, len(x)), x)) * column(random.uniform(3, 25, len(x)), x))
    tone = column(np.where(random.random(len(x)) < 0.5, random.uniform(0, 0.4, len(x)), random.uniform(0.7, 1, len(x))), x)
    return x + inside * column(random.uniform(0.15, 0.7, len(x)), x) * (tone - x)


def scratches(x, random, generator):
    """Scratches: broken lines, mostly vertical, light or dark; and specks of dust."""
    down, across = coordinates(x)
    size, lines = x.shape[-1], 4
    angle = random.normal(0, 0.12, (len(x), lines)) + np.where(random.random((len(x), lines)) < 0.3, random.uniform(0, math.pi, (len(x), lines)), 0)
    cover = torch.zeros_like(x)
    for line in range(lines):
        cos, sin = column(np.cos(angle[:, line]), x), column(np.sin(angle[:, line]), x)
        bow = column(random.normal(0, 0.05, len(x)), x) * (down * cos - across * sin) ** 2
        distance = (across * cos + down * sin + bow - column(random.uniform(-1, 1, len(x)), x)).abs() * (size / 2)
        there = column(random.random(len(x)) < 0.6, x) * column(random.uniform(0.3, 1, len(x)), x)
        cover = torch.maximum(cover, there * (column(random.uniform(0.6, 1.4, len(x)), x) - distance).clamp(0, 1))
    cover = cover * (field(x, 10, generator) > -0.6)
    points = (torch.rand(x.shape, generator=generator, device=x.device) < column(random.uniform(0, 0.0015, len(x)), x)).float()
    specks = F.avg_pool2d(points, 3, 1, 1) * 8
    tone = column(np.where(random.random(len(x)) < 0.65, random.uniform(0.8, 1, len(x)), random.uniform(0, 0.2, len(x))), x)
    return x + torch.maximum(cover, specks).clamp(max=1) * (tone - x)


def halftone(x, random, generator):
    """A printed screen: dots whose area follows the tone, seen a little out of focus."""
    height, width = x.shape[-2:]
    down, across = (torch.arange(n, device=x.device, dtype=x.dtype).view(shape) for n, shape in ((height, (1, 1, -1, 1)), (width, (1, 1, 1, -1))))
    pitch = 2 * math.pi / random.uniform(2.6, 5.0, len(x))
    angle = random.uniform(0, math.pi / 2, len(x))
    cos, sin = column(np.cos(angle) * pitch, x), column(np.sin(angle) * pitch, x)
    screen = 0.5 + 0.25 * (torch.cos(across * cos + down * sin) + torch.cos(down * cos - across * sin))
    dots = torch.sigmoid((x - screen) * column(random.uniform(4, 14, len(x)), x))
    return x + column(random.uniform(0.2, 0.8, len(x)), x) * (dots - x)


LUMINANCE_TABLE = torch.tensor([  # the example table of the JPEG standard (ITU-T T.81, table K.1)
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62,
    18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101,
    72, 92, 95, 98, 112, 100, 103, 99], dtype=torch.float32).view(8, 8)


def jpeg(x, random, generator):
    """8x8 transform, rounded to the table of a quality of 8 to 60, and back. Needs sides that are multiples of 8."""
    count, _, height, width = x.shape
    quality = random.uniform(8, 60, count)
    scale = np.where(quality < 50, 50 / quality, 2 - quality / 50)
    table = (LUMINANCE_TABLE.to(x.device) * column(scale, x).view(-1, 1, 1)).clamp(min=1)[:, None, None] / 255
    k = torch.arange(8, device=x.device, dtype=x.dtype)
    basis = torch.cos(math.pi / 8 * (k[None] + 0.5) * k[:, None]) * torch.where(k[:, None] == 0, 8 ** -0.5, 0.5)
    blocks = x.reshape(count, height // 8, 8, width // 8, 8).transpose(2, 3) - 0.5
    coefficients = torch.round(basis @ blocks @ basis.T / table) * table
    return (basis.T @ coefficients @ basis + 0.5).transpose(2, 3).reshape(x.shape)


# in the order in which photographs are damaged: lens, film, ageing, print, scan
KINDS = ((blur, 0.3), (vignette, 0.25), (grain, 0.45), (fade, 0.55), (stains, 0.2), (scratches, 0.25), (halftone, 0.08), (jpeg, 0.3))
PLATE = 0.12  # fraction of the damaged photographs taken on an old plate, which is nearly insensitive to red


class Damage:
    """Damages a fraction of the photographs; to these it applies each kind with its own probability.

    `lightness(rgb, random)`: sRGB crops [N, 3, H, W] in 0..1 -> damaged L*/100 [N, 1, H, W]; `random`, a NumPy
    generator, is the only source of randomness, so a step can be repeated.
    """

    def __init__(self, share=0.4):
        self.share = share

    def lightness(self, rgb, random):
        clean = rgb_to_lab(rgb)[:, :1] / 100
        chosen = np.flatnonzero(random.random(len(rgb)) < self.share)
        if not len(chosen):
            return clean
        generator = torch.Generator(rgb.device).manual_seed(int(random.integers(2 ** 62)))
        here = torch.from_numpy(chosen).to(rgb.device)
        x = clean[here]
        plates = np.flatnonzero(random.random(len(chosen)) < PLATE)
        if len(plates):
            x[torch.from_numpy(plates).to(rgb.device)] = plate(rgb[here][torch.from_numpy(plates).to(rgb.device)], random)
        for kind, probability in KINDS:
            members = np.flatnonzero(random.random(len(chosen)) < probability)
            if len(members):
                index = torch.from_numpy(members).to(rgb.device)
                x[index] = kind(x[index], random, generator).clamp(0, 1)
        return clean.index_copy(0, here, x)


def plate(rgb, random):
    """Grey as an orthochromatic or a blue-sensitive plate sees it: a sum of the channels with little or no red."""
    red, green = random.uniform(0, 0.15, len(rgb)), random.uniform(0.1, 0.6, len(rgb))
    shares = torch.as_tensor(np.stack((red, green, 1 - red - green), 1).astype(np.float32), device=rgb.device)
    return (rgb * shares[:, :, None, None]).sum(1, keepdim=True)
