"""The colour teacher: the network `natural`, whose colours and features of whole grey photographs the colorizer learns.

Its mean colours vary far less than those of single photographs, and its features tell grass from sand, because ResNet50 was
trained on a million photographs. docs/decisions/colour-teacher.md has the reasons.
"""
from pathlib import Path

import torch

import loop
from colour import CHROMA_SCALE, rgb_to_lab
from data import Kept, fingerprint
from natural import MULTIPLE, WIDTHS, Natural, expectation
from sampling import whole

WIDTH = WIDTHS[0]  # channels of its features


class ColourTeacher:
    """Its answers for photographs, each computed once and kept in `cache`; without a cache in memory.

    `weights`: a checkpoint of train_natural.py or a file of weights; `folder`: the tfjs ResNet50, for what the file lacks.
    """

    def __init__(self, weights, folder, pools, size, temperature, device, precision, cache=None):
        if size % MULTIPLE:
            raise SystemExit(f'--colour-size {size}: expected a multiple of {MULTIPLE}')
        network = Natural()
        network.backbone.load_teacher(folder)
        network.start(weights)
        self.network = network.to(device, memory_format=torch.channels_last).requires_grad_(False).eval()
        self.size, self.temperature, self.device, self.precision = size, temperature, device, precision
        shapes = [(2, size // 4, size // 4), (WIDTH, size // 8, size // 8)]
        stem = cache and Path(cache) / f'natural-{fingerprint(weights)}-{size}-{temperature}'
        self.kept = [Kept(len(pool), shapes, stem and f'{stem}-{pool.size}-{len(pool)}') for pool in pools]

    @property
    def cells(self):
        return self.network.cells

    def scores(self, features):
        """Features [N, WIDTH, h, w] -> scores of the cells [N, Q, h, w]."""
        return self.network.head.out(features)

    @torch.no_grad()
    def fresh(self, pixels):
        """(a*b*/128 [N, 2, size/4, size/4], features [N, WIDTH, size/8, size/8]) of photographs, computed now."""
        luminance = rgb_to_lab(whole(pixels, self.size))[:, :1] / 50 - 1
        with loop.autocast(self.device, self.precision):
            features = self.network.features(luminance.contiguous(memory_format=torch.channels_last))
            scores = self.scores(features)
        return expectation(scores, self.cells, self.temperature) / CHROMA_SCALE, torch.nn.functional.avg_pool2d(features.float(), 2)

    def __call__(self, pool, indices, pixels):
        def compute(missing):
            return self.fresh(pixels[torch.from_numpy(missing).to(pixels.device)])
        return self.kept[pool](indices, compute, self.device)
