"""Norm statistics measured again for finished weights: averaged weights need their own."""
import torch

from inception import Residual, ShiftNorm


@torch.no_grad()
def recalibrate(model, run, batches):
    """Replaces the moving statistics of every norm by their mean over `batches` calls of `run(number)`.

    Residual blocks all run, with the scale they have in evaluation.
    """
    norms = [m for m in model.modules() if isinstance(m, ShiftNorm)]
    blocks = [(m, m.scale, m.keep) for m in model.modules() if isinstance(m, Residual)]
    momenta = [norm.momentum for norm in norms]
    for block, scale, keep in blocks:
        block.scale, block.keep = scale * keep, 1.0
    model.train()
    for number in range(batches):
        for norm in norms:
            norm.momentum = 1.0 / (number + 1)
        run(number)
    for norm, momentum in zip(norms, momenta):
        norm.momentum = momentum
    for block, scale, keep in blocks:
        block.scale, block.keep = scale, keep
    return model.eval()
