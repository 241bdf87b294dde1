"""The two colorizing networks, described by tables, so that training and export read the same definition.

`forward(luminance, embedding)`: luminance [N, 1, H, W] (L/50 - 1; H, W multiples of 8) and embedding [N, E] give
a*b*/128 as [N, 2, H, W]; `upsample=False` skips the last upsampling ([N, 2, H/2, W/2]), which is sufficient for the
loss because that upsampling is nearest. The embedding of the strided network has TF-slim's background class before ImageNet's
1000. It takes 1000 scores too: the background's is then 0, as in training, and its weights stay 0.

Training adds a batch norm (shift only: the scale would be redundant before ReLU and another convolution) to every
convolution but the last; `layers()` returns the shipped network with these norms folded.
"""
import torch
import torch.nn.functional as F
from torch import nn

from inception import ShiftNorm

# (name, outputs, kernel, stride, what follows: 'pool', 'up' or None)
TABLE = {
    'embedding': 1000,
    'encoder': (('enc1', 128, 3, 1, 'pool'), ('enc2', 128, 4, 1, None), ('enc3', 128, 3, 1, 'pool'),
                ('enc4', 256, 4, 1, None), ('enc5', 256, 3, 1, 'pool'), ('enc6', 256, 4, 1, None),
                ('enc7', 256, 3, 1, None), ('enc8', 256, 3, 1, None)),
    'decoder': (('dec1', 128, 3, 1, None), ('dec2', 64, 3, 1, 'up'), ('dec3', 128, 3, 1, 'up'), ('dec4', 64, 4, 1, None),
                ('dec5', 64, 3, 1, None), ('dec6', 32, 2, 1, None), ('dec7', 2, 3, 1, 'up')),
}
STRIDED = {
    'embedding': 1001,
    'encoder': (('enc1', 64, 3, 2, None), ('enc2', 128, 3, 1, None), ('enc3', 128, 3, 2, None), ('enc4', 256, 3, 1, None),
                ('enc5', 256, 3, 2, None), ('enc6', 512, 3, 1, None), ('enc7', 512, 3, 1, None), ('enc8', 256, 3, 1, None)),
    'decoder': (('dec1', 128, 3, 1, 'up'), ('dec2', 64, 3, 1, None), ('dec3', 64, 3, 1, 'up'), ('dec4', 32, 3, 1, None),
                ('dec5', 2, 3, 1, 'up')),
}
NETWORKS = {'table': TABLE, 'strided': STRIDED}
CLASSES = 1000  # of ImageNet
FUSION = 256
EMBEDDING_SCALE = 0.1  # in training; folded into the fusion's weights


def same_pads(kernel, stride):
    """Pads (before, after) on each axis for sizes that the stride divides; the odd pixel goes at the end."""
    total = max(kernel - stride, 0)
    return total // 2, total - total // 2


class Layer(nn.Module):
    """Padded convolution, then optionally max pool 2, norm and ReLU (or tanh for the last), optionally doubling."""

    def __init__(self, inputs, name, outputs, kernel, stride, then, norm, last=False):
        super().__init__()
        self.name, self.kernel, self.stride, self.then, self.last = name, kernel, stride, then, last
        self.pads = same_pads(kernel, stride)
        self.symmetric = self.pads[0] == self.pads[1]
        self.norm = ShiftNorm(outputs) if norm and not last else None
        self.scaled_from, self.scale = inputs, 1.0  # input channels from here on are multiplied by `scale` first
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, self.pads[0] if self.symmetric else 0, bias=self.norm is None)
        nn.init.kaiming_normal_(self.conv.weight, nonlinearity='relu')
        if last:
            nn.init.normal_(self.conv.weight, std=0.01)
        if self.conv.bias is not None:
            nn.init.zeros_(self.conv.bias)

    def forward(self, x, upsample=True):
        if not self.symmetric:
            before, after = self.pads
            x = F.pad(x, (before, after, before, after))
        x = self.conv(x)
        if self.last:
            x = torch.tanh(x.float())
        else:
            if self.then == 'pool':  # before the norm: the same result, and cheaper
                x = F.max_pool2d(x, 2)
            x = F.relu(self.norm(x) if self.norm else x, inplace=True)
        if self.then == 'up' and upsample:
            x = F.interpolate(x, scale_factor=2.0, mode='nearest')
        return x

    def folded(self):
        """(weight, bias) of the shipped convolution, float32."""
        weight = self.conv.weight.detach().float().clone()
        weight[:, self.scaled_from:] *= self.scale
        if self.norm is None:
            return weight, self.conv.bias.detach().float()
        weight, bias = self.norm.folded(weight)
        return weight.detach(), bias.detach()


class Colorizer(nn.Module):
    def __init__(self, network='table', norm=True):
        super().__init__()
        table = NETWORKS[network]
        self.network, self.embedding_width = network, table['embedding']
        self.encoder, channels = self._chain(table['encoder'], 1, norm)
        self.fusion = Layer(channels + self.embedding_width, 'fusion', FUSION, 1, 1, None, norm)
        # class scores spread wider than the encoder's features and are four times as many: scaled, they learn steadily
        self.fusion.scaled_from, self.fusion.scale = channels, EMBEDDING_SCALE
        self.decoder, _ = self._chain(table['decoder'], FUSION, norm, ends=True)
        self.split = channels
        with torch.no_grad():
            self.fusion.conv.weight[:, channels:channels + self.embedding_width - CLASSES] = 0

    @staticmethod
    def _chain(rows, channels, norm, ends=False):
        layers = []
        for number, (name, outputs, kernel, stride, then) in enumerate(rows):
            last = ends and number == len(rows) - 1
            layers.append(Layer(channels, name, outputs, kernel, stride, then, norm, last))
            channels = outputs
        return nn.ModuleList(layers), channels

    def fused(self, luminance, embedding):
        """Features after the fusion, [N, 256, H/8, W/8]."""
        x = luminance
        for layer in self.encoder:
            x = layer(x)
        embedding = F.pad(embedding, (self.embedding_width - embedding.shape[1], 0))
        # the embedding is the same everywhere, so its part of the 1x1 fusion is computed once per photograph
        weight, bias = self.fusion.conv.weight, self.fusion.conv.bias
        local = F.conv2d(x, weight[:, :self.split], bias)
        whole = F.linear(embedding * self.fusion.scale, weight[:, self.split:, 0, 0])
        x = local + whole.to(local.dtype)[:, :, None, None]
        return F.relu(self.fusion.norm(x) if self.fusion.norm else x, inplace=True)

    def decoded(self, fused, upsample=True):
        """a*b*/128 from the output of fused()."""
        x = fused
        for layer in self.decoder:
            x = layer(x, upsample=upsample or not layer.last)
        return x

    def forward(self, luminance, embedding, upsample=True):
        return self.decoded(self.fused(luminance, embedding), upsample)

    def layers(self):
        """All layers in order: encoder, fusion, decoder."""
        return [*self.encoder, self.fusion, *self.decoder]
