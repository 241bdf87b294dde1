"""How rare a colour is in photographs: weights for the colour loss (Zhang et al. 2016, section 2.2)."""
import numpy as np
import torch

from colour import rgb_to_lab
from sampling import whole

STEP, HALF = 10.0, 11  # cells of 10 x 10 in a*b*, from -115 to 115


def _cells(ab):
    """a*b* [N, 2, h, w] -> cell numbers [N, h, w]."""
    cells = torch.round(ab / STEP).clamp(-HALF, HALF).long() + HALF
    return cells[:, 0] * (2 * HALF + 1) + cells[:, 1]


@torch.no_grad()
def rarity_table(pools, device, photographs=1500, mix=0.5):
    """Weight of each a*b* cell, 1 / ((1 - mix) * share + mix / cells), mean 1 over the training photographs' pixels."""
    width = 2 * HALF + 1
    counts = torch.zeros(width * width, device=device)
    for pool in pools:
        chosen = np.sort(np.random.default_rng(5).permutation(pool.training)[:photographs])
        for start in range(0, len(chosen), 250):
            pixels = torch.from_numpy(pool.pixels[chosen[start:start + 250]]).to(device)
            counts += torch.bincount(_cells(rgb_to_lab(whole(pixels, 32))[:, 1:]).flatten(), minlength=width * width)
    share = (counts / counts.sum()).view(1, 1, width, width)
    kernel = torch.tensor([0.05, 0.25, 0.4, 0.25, 0.05], device=device)
    kernel = (kernel[:, None] * kernel[None]).view(1, 1, 5, 5)
    smooth = torch.nn.functional.conv2d(share, kernel, padding=2).flatten()
    used = (counts > 0).sum()
    weights = 1 / ((1 - mix) * smooth + mix / used)
    return weights / (weights * share.flatten()).sum()


def rarity_weights(ab, table, exponent):
    """Weights [N, 1, h, w] of a*b* [N, 2, h, w]; their mean over photographs stays near 1 for exponents up to 1."""
    weights = (table ** exponent)[_cells(ab)]
    return weights.clamp(max=8.0)[:, None]
