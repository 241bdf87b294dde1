"""Measures norm statistics: of finished weights, as averaged weights need their own, and of weights whose norms were folded."""
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


@torch.no_grad()
def settle(model, run, batches=4):
    """Sets the moving statistics of every norm to those of its inputs over `batches` calls of `run(number)`, and compensates them in its
    weight and bias: the function stays the same, and a batch's own statistics can replace the measured ones in training.

    For weights of an ONNX file, whose norms pass everything through. Without it, training would normalise what was never normalised.
    """
    norms = [m for m in model.modules() if isinstance(m, (ShiftNorm, nn.BatchNorm2d))]
    seen = {norm: [] for norm in norms}

    def note(norm, inputs):
        values = inputs[0].float()
        seen[norm].append(torch.stack((values.mean((0, 2, 3)), values.pow(2).mean((0, 2, 3)))))

    hooks = [norm.register_forward_pre_hook(note) for norm in norms]
    model.eval()
    for number in range(batches):
        run(number)
    for hook in hooks:
        hook.remove()
    for norm, moments in seen.items():
        mean, squared = torch.stack(moments).mean(0)
        if isinstance(norm, ShiftNorm):
            norm.bias += mean - norm.mean
            norm.mean.copy_(mean)
            continue
        before, after = (torch.sqrt(variance + norm.eps) for variance in (norm.running_var, (squared - mean ** 2).clamp(min=0)))
        norm.bias += norm.weight / before * (mean - norm.running_mean)
        norm.weight *= after / before
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(after ** 2 - norm.eps)
