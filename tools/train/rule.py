"""The rule that the weights and the display of `natural` are chosen by, and its differentiable form for a last stage of training.

    cost = E + max(0, 0.8 - C) / 5 + max(0, 0.9 - K) / 4

E is the ab-RMSE divided by that of grey (both summed over photographs). C is the colourfulness (Hasler and Suesstrunk 2003) divided by
the photographs'. K is the fraction of pixels with a true chroma below 4 whose chroma stays below 8. So one point of error is worth
five points of colourfulness below 80 %, or four points of neutral pixels below 90 %. Colour beyond 80 % counts for nothing: nobody can
know all colours, so a picture as colourful as the photograph has many that are wrong.
"""
import torch

from colour import lab_to_rgb
from measures import NEUTRAL, STAYS, colourfulness
from natural import expectation, shown

COLOURFUL, KEPT = 0.8, 0.9  # more of either counts for nothing
SOFTNESS = 1.5  # chroma over which a pixel goes from kept to not kept in the differentiable form


def cost(error, colourful, kept):
    """The value that the rule minimises, of E, C and K as numbers or as tensors without dimensions."""
    return error + max(0.0, COLOURFUL - colourful) / 5 + max(0.0, KEPT - kept) / 4


def rule_loss(scores, cells, lightness, target, display):
    """The rule's cost of a batch, as a loss, before clipping to the gamut: scores [N, cells, h, w], true L* [N, 1, h, w] and a*b* [N, 2, h, w].
    `display` is (temperature, saturation, knee) of shown(). Whether a neutral pixel is kept is a sigmoid of its chroma."""
    temperature, saturation, knee = display
    ab = shown(expectation(scores, cells, temperature), saturation, knee)
    error = torch.sqrt((ab - target).pow(2).mean((1, 2, 3)) + 1e-4).sum() / torch.sqrt(target.pow(2).mean((1, 2, 3))).sum()
    with torch.no_grad():
        truth = colourfulness(lab_to_rgb(torch.cat((lightness, target), 1))).mean()
    colourful = colourfulness(lab_to_rgb(torch.cat((lightness, ab), 1))).mean() / truth
    chroma, neutral = torch.sqrt(ab.pow(2).sum(1) + 1e-4), target.norm(dim=1) < NEUTRAL
    kept = torch.sigmoid((STAYS - chroma) / SOFTNESS)[neutral].mean() if neutral.any() else torch.ones((), device=ab.device)
    return cost(error, colourful, kept)
