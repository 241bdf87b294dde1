"""Batches of augmented crops, computed on the training device from uint8 pools.

Every choice of step `k` comes from a generator seeded with (seed, k), so a resumed run sees the same batches.
"""
import math

import numpy as np
import torch
import torch.nn.functional as F


def step_generator(seed, step):
    return np.random.default_rng((seed, step))


def transforms(random, count, low, high, rotate=0.0, shear=0.0, zoom=0.0, square=0.12, flip=True):
    """Random affine maps [count, 2, 3] from the output crop to the photograph, both in -1..1 coordinates.

    The crop's side is uniform in low..high of the photograph's; `square` is the spread of its aspect (log);
    `rotate` and `shear` are in degrees, `zoom` a spread about 1. Crops stay inside the photograph as far as possible.
    """
    side = random.uniform(low, high, count) * np.exp(random.uniform(-zoom, zoom, count))
    aspect = np.exp(random.uniform(-square, square, count) / 2)
    angle = np.radians(random.uniform(-rotate, rotate, count))
    slant = np.tan(np.radians(random.uniform(-shear, shear, count)))
    sx, sy = np.minimum(side * aspect, high), np.minimum(side / aspect, high)
    mirror = np.where(random.random(count) < 0.5, -1.0, 1.0) if flip else np.ones(count)
    cx = random.uniform(-1, 1, count) * np.maximum(1 - sx, 0)
    cy = random.uniform(-1, 1, count) * np.maximum(1 - sy, 0)
    theta = np.empty((count, 2, 3), np.float32)
    theta[:, 0, 0], theta[:, 0, 1] = mirror * sx * np.cos(angle), sy * (slant - np.sin(angle))
    theta[:, 1, 0], theta[:, 1, 1] = mirror * sx * np.sin(angle), sy * np.cos(angle)
    theta[:, 0, 2], theta[:, 1, 2] = cx, cy
    return torch.from_numpy(theta)


def fixed_crops(pool, indices, numbers, low):
    """The crops `numbers` of photographs of a pool, always the same, as transforms() without mirroring; number 0 is the whole photograph."""
    whole_photograph = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    return torch.stack([transforms(np.random.default_rng((31, pool, index, number)), 1, low, 1.0, flip=False)[0] if number else whole_photograph
                        for index, number in zip(indices, numbers)])


def mirrored(theta, random):
    """The same crops, half of them mirrored."""
    theta = theta.clone()
    theta[:, :, 0] *= torch.from_numpy(np.where(random.random(len(theta)) < 0.5, -1.0, 1.0).astype(np.float32))[:, None]
    return theta


def warp(pixels, theta, size):
    """uint8 [N, h, w, 3] -> sRGB 0..1 [N, 3, size, size]: sampled at twice the size, then averaged 2x2."""
    images = pixels.permute(0, 3, 1, 2).float().div_(255.0)
    return F.avg_pool2d(warp_maps(images, theta, size * 2), 2)


def warp_maps(maps, theta, size):
    """Maps [N, C, h, w] of whole photographs -> those of their crops, [N, C, size, size]."""
    grid = F.affine_grid(theta.to(maps.device), (len(maps), 1, size, size), align_corners=False)
    return F.grid_sample(maps, grid, mode='bilinear', padding_mode='reflection', align_corners=False)


def whole(pixels, size, flip=None):
    """Whole photographs, antialiased to [N, 3, size, size] in 0..1; mirrored where `flip` is true."""
    images = pixels.permute(0, 3, 1, 2).float().div_(255.0)
    if images.shape[-1] != size:
        images = F.interpolate(images, size=(size, size), mode='bilinear', antialias=True, align_corners=False)
    if flip is not None:
        images = torch.where(flip.view(-1, 1, 1, 1).to(images.device), images.flip(3), images)
    return images


class Sampler:
    """Draws photographs epoch by epoch (each once per epoch) from several pools, mixed in proportion to `shares`."""

    def __init__(self, pools, device, shares=None, seed=0, limit=None, subset='training'):
        self.pools, self.device, self.seed = pools, device, seed
        self.members = [getattr(pool, subset) for pool in pools]
        if limit:
            self.members = [np.sort(np.random.default_rng(7).permutation(m)[:limit]) for m in self.members]
        total = sum(len(m) for m in self.members)
        self.shares = shares or [len(m) / total for m in self.members]
        self.resident = None
        if torch.device(device).type == 'cuda':  # all photographs live in accelerator memory
            self.resident = [torch.from_numpy(np.ascontiguousarray(p.pixels)).to(device) for p in pools]

    def indices(self, pool, start, count):
        """`count` photographs of a pool from position `start` of its endless shuffled sequence."""
        members, result = self.members[pool], []
        while count > 0:
            epoch, offset = divmod(start, len(members))
            order = np.random.default_rng((self.seed, 91, pool, epoch)).permutation(members)
            result.append(order[offset:offset + count])
            start, count = start + len(result[-1]), count - len(result[-1])
        return np.concatenate(result)

    def pixels(self, pool, indices):
        if self.resident:
            return self.resident[pool][torch.from_numpy(indices).to(self.device)]
        return torch.from_numpy(self.pools[pool].pixels[np.sort(indices)][np.argsort(np.argsort(indices))]).to(self.device)

    def batches(self, count, size):
        """The batches of the first `count` steps; fewer and smaller ones where there are not as many photographs."""
        photographs = sum(map(len, self.members))
        for step in range(min(count, -(-photographs // size))):
            yield self.batch(step, min(size, photographs))

    def batch(self, step, size):
        """[(pool index, photograph indices, uint8 pixels)] of one step, one entry for each pool."""
        parts, used = [], 0
        for number, share in enumerate(self.shares):
            last = number == len(self.shares) - 1
            count = size - used if last else min(math.floor(size * share + 0.5), size - used)
            used += count
            if count:
                first = step * count
                indices = self.indices(number, first, count)
                parts.append((number, indices, self.pixels(number, indices)))
        return parts
