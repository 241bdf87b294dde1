"""Measures norm statistics for finished weights: averaged weights need their own statistics."""
import torch
from torch import nn

from inception import ShiftNorm


@torch.no_grad()
def recalibrate(model, run, batches):
    """Replaces the moving statistics of every norm by their mean over `batches` calls of `run(number)`.

    Everything else is in evaluation mode: all residual blocks run, nothing is dropped.
    """
    norms = [m for m in model.modules() if isinstance(m, (ShiftNorm, nn.BatchNorm2d))]
    momenta = [norm.momentum for norm in norms]
    model.eval()
    for norm in norms:
        norm.train()
    for number in range(batches):
        for norm in norms:
            norm.momentum = 1.0 / (number + 1)
        run(number)
    for norm, momentum in zip(norms, momenta):
        norm.momentum = momentum
    return model.eval()
