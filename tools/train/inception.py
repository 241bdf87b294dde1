"""Inception-ResNet-v2 (Szegedy et al. 2016) with the layer table of Keras: 55,873,736 parameters with 1000 classes.

Input [N, 3, H, W], a grey photograph (L/50 - 1) stacked three times; output [N, classes] scores before the softmax.
Batch norm has no scale and epsilon 1e-3. Any H, W from 75 up is accepted.
"""
import torch
import torch.nn.functional as F
from torch import nn

EPSILON = 1e-3
FEATURES = 1536  # means of the last feature map
MAP_CHANNELS = (320, 1088)  # of the first two maps of InceptionResNetV2.maps()
MAP_CELLS = ((8, 13), (16, 21))  # their cell i has its centre at pixel a * i + b of the input, as the stem's convolutions have no padding


class ConvNorm(nn.Module):
    """Convolution without bias, batch norm without scale (only a shift), ReLU; optionally a max pool.

    The pool runs before the norm and ReLU: the result is the same, since both rise monotonically, and it costs less.
    """

    def __init__(self, inputs, outputs, kernel=1, stride=1, same=True, pool=False):
        super().__init__()
        kernel = (kernel, kernel) if isinstance(kernel, int) else kernel
        padding = tuple(k // 2 for k in kernel) if same else 0
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=False)
        self.norm = ShiftNorm(outputs)
        self.pool = pool

    def forward(self, x):
        x = self.conv(x)
        if self.pool:
            x = F.max_pool2d(x, 3, 2)
        return F.relu(self.norm(x), inplace=True)


class ShiftNorm(nn.Module):
    """Batch norm with a trained shift and no scale; statistics per channel."""

    def __init__(self, channels, momentum=0.05):
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(channels))
        self.register_buffer('mean', torch.zeros(channels))
        self.register_buffer('variance', torch.ones(channels))
        self.register_buffer('one', torch.ones(channels), persistent=False)
        self.momentum = momentum

    def forward(self, x):
        return F.batch_norm(x, self.mean, self.variance, self.one, self.bias, self.training, self.momentum, EPSILON)

    def folded(self, weight, bias=None):
        """The weight and bias of the convolution that equals this norm after a convolution, in float32."""
        scale = (self.variance.float() + EPSILON).rsqrt()
        start = 0.0 if bias is None else bias.float()
        folded_bias = self.bias.float() + (start - self.mean.float()) * scale
        return weight.float() * scale[:, None, None, None], folded_bias


class Residual(nn.Module):
    """x + scale * conv1x1(concatenated branches), then ReLU unless it is the last block."""

    def __init__(self, channels, branches, scale, activation=True):
        super().__init__()
        self.branches = nn.ModuleList(nn.Sequential(*branch) for branch in branches)
        width = sum(branch[-1].conv.out_channels for branch in branches)
        self.up = nn.Conv2d(width, channels, 1)
        self.scale, self.activation = scale, activation
        self.keep = 1.0  # share of training steps in which the block runs: evaluation scales its update by it

    @property
    def evaluation_scale(self):
        return self.scale * self.keep

    def forward(self, x):
        scale = self.scale if self.training else self.evaluation_scale
        update = self.up(torch.cat([branch(x) for branch in self.branches], 1))
        x = x + scale * update.to(x.dtype)
        return F.relu(x, inplace=True) if self.activation else x


def block35():
    return Residual(320, [
        [ConvNorm(320, 32)],
        [ConvNorm(320, 32), ConvNorm(32, 32, 3)],
        [ConvNorm(320, 32), ConvNorm(32, 48, 3), ConvNorm(48, 64, 3)]], 0.17)


def block17():
    return Residual(1088, [
        [ConvNorm(1088, 192)],
        [ConvNorm(1088, 128), ConvNorm(128, 160, (1, 7)), ConvNorm(160, 192, (7, 1))]], 0.10)


def block8(last=False):
    return Residual(2080, [
        [ConvNorm(2080, 192)],
        [ConvNorm(2080, 192), ConvNorm(192, 224, (1, 3)), ConvNorm(224, 256, (3, 1))]],
        1.0 if last else 0.20, activation=not last)


class Mixed(nn.Module):
    """Branches concatenated on the channels; `pool` adds a pooled branch ('avg' before its conv, or 'max')."""

    def __init__(self, branches, pool, pool_conv=None):
        super().__init__()
        self.branches = nn.ModuleList(nn.Sequential(*branch) for branch in branches)
        self.pool, self.pool_conv = pool, pool_conv

    def forward(self, x):
        outputs = [branch(x) for branch in self.branches]
        if self.pool == 'avg':
            pooled = F.avg_pool2d(x, 3, 1, 1, count_include_pad=False)
            outputs.append(self.pool_conv(pooled))
        else:
            outputs.append(F.max_pool2d(x, 3, 2))
        return torch.cat(outputs, 1)


class InceptionResNetV2(nn.Module):
    """See the module's description. `keep` is the probability with which a residual block runs in training
    (stochastic depth, whole batch at once, which saves its cost); in evaluation its update is scaled by `keep`."""

    def __init__(self, classes=1000, keep=1.0):
        super().__init__()
        self.stem = nn.Sequential(
            ConvNorm(3, 32, 3, 2, same=False), ConvNorm(32, 32, 3, same=False), ConvNorm(32, 64, 3, pool=True),
            ConvNorm(64, 80, 1), ConvNorm(80, 192, 3, same=False, pool=True))
        self.mixed_5b = Mixed([
            [ConvNorm(192, 96)],
            [ConvNorm(192, 48), ConvNorm(48, 64, 5)],
            [ConvNorm(192, 64), ConvNorm(64, 96, 3), ConvNorm(96, 96, 3)]], 'avg', ConvNorm(192, 64))
        self.blocks35 = nn.ModuleList(block35() for _ in range(10))
        self.mixed_6a = Mixed([
            [ConvNorm(320, 384, 3, 2, same=False)],
            [ConvNorm(320, 256), ConvNorm(256, 256, 3), ConvNorm(256, 384, 3, 2, same=False)]], 'max')
        self.blocks17 = nn.ModuleList(block17() for _ in range(20))
        self.mixed_7a = Mixed([
            [ConvNorm(1088, 256), ConvNorm(256, 384, 3, 2, same=False)],
            [ConvNorm(1088, 256), ConvNorm(256, 288, 3, 2, same=False)],
            [ConvNorm(1088, 256), ConvNorm(256, 288, 3), ConvNorm(288, 320, 3, 2, same=False)]], 'max')
        self.blocks8 = nn.ModuleList([block8() for _ in range(9)] + [block8(last=True)])
        self.conv_7b = ConvNorm(2080, 1536)
        self.classifier = nn.Linear(FEATURES, classes)
        for block in (*self.blocks35, *self.blocks17, *self.blocks8[:-1]):
            block.keep = keep
        self.initialise()

    def initialise(self):
        """He initialisation of the convolutions; the classifier starts at zero."""
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, nonlinearity='relu')
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
        nn.init.normal_(self.classifier.weight, std=0.01)
        nn.init.zeros_(self.classifier.bias)

    def residual(self, blocks, x):
        for block in blocks:
            if self.training and block.keep < 1.0 and torch.rand(()).item() >= block.keep:
                continue
            x = block(x)
        return x

    def maps(self, x):
        """The feature maps after the blocks of 35 x 35 and of 17 x 17 (those are their sizes at 299 pixels), and the last one: 320, 1088
        and 1536 channels. MAP_CELLS says where the cells of the first two lie."""
        early = self.residual(self.blocks35, self.mixed_5b(self.stem(x)))
        middle = self.residual(self.blocks17, self.mixed_6a(early))
        return early, middle, self.conv_7b(self.residual(self.blocks8, self.mixed_7a(middle)))

    def features(self, x):
        """Mean of the last feature map, [N, FEATURES]."""
        return self.maps(x)[-1].float().mean((2, 3))

    def forward(self, x):
        return self.classifier(self.features(x))


def parameter_count(model):
    """Parameters as Keras counts them: weights plus the norm's moving mean and variance."""
    return sum(p.numel() for p in model.parameters()) + sum(b.numel() for n, b in model.named_buffers() if not n.endswith('one'))
