"""What the definitions of several networks share."""

import torch
from torch import nn
from torch.nn import functional as F

MEAN_AND_DEVIATION = torch.tensor([[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]])[:, None, :, None, None]  # ImageNet's


def channels(published, width):
    """A number of channels at a share of the published width: at full width as published, else a multiple of 8."""
    return published if width == 1 else max(8, round(published * width / 8) * 8)


def spectral(layer):
    """The layer with a spectral norm (Miyato et al. 2018), which exporters leave unfolded."""
    return nn.utils.spectral_norm(layer)


class PixelShuffle(nn.Module):
    """Upsampling as in fastai: a 1x1 convolution, a pixel shuffle and, with `blur`, the mean over 2x2 pixels."""

    def __init__(self, inputs, outputs, scale=2, blur=True):
        super().__init__()
        wide = outputs * scale**2
        self.body = nn.Sequential(
            spectral(nn.Conv2d(inputs, wide, 1, bias=False)), nn.BatchNorm2d(wide), nn.ReLU(), nn.PixelShuffle(scale)
        )
        self.blur = blur

    def forward(self, x):
        x = self.body(x)
        return F.avg_pool2d(F.pad(x, (1, 0, 1, 0), mode="replicate"), 2, 1) if self.blur else x
