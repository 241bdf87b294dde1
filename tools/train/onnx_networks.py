"""The trained networks as ONNX graphs: norms folded, weights int8 per output channel."""
import numpy as np
import torch

from colour import CHROMA_SCALE
from inception import ConvNorm
from onnx_writer import Graph
from teacher import STAGES


def _array(tensor):
    return tensor.detach().float().cpu().numpy()


class EmbedderWriter:
    """Inception-ResNet-v2: `image` [1, 3, height, width] -> `embedding` [1, classes], the scores before the softmax."""

    def __init__(self, model, precision='int8'):
        self.model, self.precision, self.graph, self.count = model, precision, Graph('embedder'), 0

    def convolution(self, x, block):
        """One ConvNorm with its ReLU and pool."""
        assert isinstance(block, ConvNorm)
        self.count += 1
        name = f'conv{self.count}'
        weight, bias = block.norm.folded(block.conv.weight)
        padding = block.conv.padding
        pads = (padding[0], padding[1], padding[0], padding[1])
        x = self.graph.conv(x, name, _array(weight), _array(bias), block.conv.stride[0], pads, self.precision)
        x = self.graph.relu(x)
        return self.max_pool(x, f'{name}_pool') if block.pool else x

    def max_pool(self, x, name):
        return self.graph.add('MaxPool', [x], name, kernel_shape=[3, 3], strides=[2, 2])

    def chain(self, x, blocks):
        for block in blocks:
            x = self.convolution(x, block)
        return x

    def mixed(self, x, name, block):
        outputs = [self.chain(x, branch) for branch in block.branches]
        if block.pool == 'avg':
            pooled = self.graph.add('AveragePool', [x], f'{name}_pool', kernel_shape=[3, 3], strides=[1, 1],
                                    pads=[1, 1, 1, 1], count_include_pad=0)
            outputs.append(self.convolution(pooled, block.pool_conv))
        else:
            outputs.append(self.max_pool(x, f'{name}_pool'))
        return self.graph.add('Concat', outputs, name, axis=1)

    def residual(self, x, name, block):
        """x + scale * up(branches): the scale, and the share of training steps the block ran in, go into the weights."""
        joined = self.graph.add('Concat', [self.chain(x, branch) for branch in block.branches], f'{name}_concat', axis=1)
        scale = block.evaluation_scale
        update = self.graph.conv(joined, f'{name}_up', _array(block.up.weight) * scale, _array(block.up.bias) * scale,
                                 precision=self.precision)
        x = self.graph.add('Add', [x, update], name)
        return self.graph.relu(x) if block.activation else x

    def write(self, path, properties=None):
        model, graph = self.model, self.graph
        x = graph.input('image', [1, 3, 'height', 'width'])
        x = self.mixed(self.chain(x, model.stem), 'mixed_5b', model.mixed_5b)
        for stage, blocks, transition in (('block35', model.blocks35, 'mixed_6a'), ('block17', model.blocks17, 'mixed_7a'),
                                          ('block8', model.blocks8, None)):
            for number, block in enumerate(blocks, 1):
                x = self.residual(x, f'{stage}_{number}', block)
            if transition:
                x = self.mixed(x, transition, getattr(model, transition))
        x = self.convolution(x, model.conv_7b)
        x = graph.add('Flatten', [graph.add('GlobalAveragePool', [x], 'average')], 'features', axis=1)
        inputs = [x, graph.weight('classifier_weight', _array(model.classifier.weight), self.precision),
                  graph.constant('classifier_bias', _array(model.classifier.bias))]
        graph.add('Gemm', inputs, 'embedding', transB=1)
        graph.output('embedding', [1, model.classifier.out_features])
        graph.save(path, properties)


def write_colorizer(model, path, precision='int8', ends='f32', properties=None):
    """`luminance` [1, 1, height, width] and `embedding` [1, E] -> `ab` [1, 2, height, width].

    `ends` is the precision of the first and the last convolution, which are small.
    """
    graph, width = Graph('colorizer'), model.embedding_width
    x = graph.input('luminance', [1, 1, 'height', 'width'])
    embedding = graph.input('embedding', [1, width])
    layers = model.layers()
    for layer in layers:
        if layer.name == 'fusion':
            x = _concatenate_embedding(graph, x, embedding, width)
        weight, bias = layer.folded()
        before, after = layer.pads
        used = ends if layer in (layers[0], layers[-1]) else precision
        x = graph.conv(x, layer.name, _array(weight), _array(bias), layer.stride, (before, before, after, after), used)
        x = graph.add('Tanh', [x], f'{layer.name}_tanh') if layer.last else graph.relu(x)
        if layer.then == 'pool':
            x = graph.add('MaxPool', [x], f'{layer.name}_pool', kernel_shape=[2, 2], strides=[2, 2])
        if layer.then == 'up':
            x = graph.double(x, 'ab' if layer.last else f'{layer.name}_up')
    graph.output('ab', [1, 2, 'height', 'width'])
    graph.save(path, properties)


class NaturalWriter:
    """`natural`: `luminance` [1, 1, height, width] -> `scores` [1, Q, height/4, width/4]; or, with a temperature, `ab`
    [1, 2, height/4, width/4], the mean a*b*/128 of softmax(scores / temperature).

    The decoder's norms before a sum are folded into the convolutions that are summed: the one that comes through a ReLU
    takes a scale because relu(s x) = s relu(x) for s > 0. `ends` is the precision of the convolutions that see the
    luminance and of the one that gives the scores, which are small.
    """

    def __init__(self, model, precision='int8', ends='f32'):
        self.backbone, self.head, self.cells = model.backbone.convolutions, model.head, model.cells
        self.graph, self.precision, self.ends = Graph('natural'), precision, ends

    def convolution(self, x, name, layer, scale=1.0, shift=0.0, precision=None):
        """A convolution whose outputs are scaled and shifted."""
        scale, shift = (torch.as_tensor(value).expand(layer.out_channels) for value in (scale, shift))
        bias = shift if layer.bias is None else layer.bias * scale + shift
        padding = layer.padding[0]
        return self.graph.conv(x, name, _array(layer.weight * scale[:, None, None, None]), _array(bias), layer.stride[0], [padding] * 4,
                               precision or self.precision, layer.dilation[0])

    def stage_maps(self, luminance):
        """ResNet50's maps after each stage, as stage_maps() of teacher.py."""
        graph, layers, maps = self.graph, self.backbone, []
        x = graph.relu(self.convolution(luminance, 'conv1', layers['conv1'], precision=self.ends))
        x = graph.add('MaxPool', [x], 'pool1', kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
        for stage, blocks in STAGES:
            for block in blocks:
                name = f'res{stage}{block}_branch'
                y = graph.relu(self.convolution(x, f'{name}2a', layers[f'{name}2a']))
                y = graph.relu(self.convolution(y, f'{name}2b', layers[f'{name}2b']))
                y = self.convolution(y, f'{name}2c', layers[f'{name}2c'])
                skip = self.convolution(x, f'{name}1', layers[f'{name}1']) if block == 'a' else x
                x = graph.relu(graph.add('Add', [y, skip], f'res{stage}{block}'))
            maps.append(x)
        return maps

    def level(self, number, parts, later):
        """The sum of `parts`, which the level's first norm is folded into, ReLU, convolution, norm, ReLU, and the scale `later`."""
        block = getattr(self.head, f'b{number}')
        x = parts[0]
        for index, part in enumerate(parts[1:]):
            x = self.graph.add('Add', [x, part], f'sum{number}_{index}')
        return self.convolution_norm(self.graph.relu(x), f'block{number}', block[2], block[3], later)

    def convolution_norm(self, x, name, layer, norm, later=1.0):
        """Convolution, norm, ReLU, and a scale that can go before the ReLU."""
        scale, shift = _affine(norm)
        return self.graph.relu(self.convolution(x, name, layer, scale * later, shift * later))

    def write(self, path, temperature=None, properties=None):
        graph, head = self.graph, self.head
        luminance = graph.input('luminance', [1, 1, 'height', 'width'])
        m2, m3, m4, m5 = self.stage_maps(luminance)
        norms = {number: _affine(getattr(head, f'b{number}')[0]) for number in (5, 4, 3, 2)}
        for number in (4, 3, 2):
            if norms[number][0].min() <= 0:
                raise ValueError(f'b{number}: its norm has a scale below 0, which cannot go before the ReLU that it follows')
        mean = graph.add('GlobalAveragePool', [m5], 'average')
        overall = torch.nn.Conv2d(*reversed(head.glob.weight.shape), 1)
        overall.weight, overall.bias = torch.nn.Parameter(head.glob.weight[:, :, None, None]), head.glob.bias
        x = self.level(5, [self.convolution(m5, 'lateral5', head.l5, *norms[5]), self.convolution(mean, 'overall', overall, norms[5][0])],
                       norms[4][0])
        x = self.level(4, [self.convolution(m4, 'lateral4', head.l4, *norms[4]), graph.double(x, 'double5')], norms[3][0])
        x = self.level(3, [self.convolution(m3, 'lateral3', head.l3, *norms[3]), graph.double(x, 'double4')], norms[2][0])
        scale = norms[2][0]
        light = graph.conv(luminance, 'light', _array(with_average_pool(head.lum.weight) * scale[:, None, None, None]),
                           _array(head.lum.bias * scale), 4, (1, 1, 0, 0), self.ends)
        x = self.level(2, [self.convolution(m2, 'lateral2', head.l2, *norms[2]), light, graph.double(x, 'double3')], 1.0)
        around = self.convolution_norm(x, 'around', head.c2[0], head.c2[1])
        x = self.convolution(graph.add('Add', [x, around], 'sum'), 'scores', head.out, precision=self.ends)
        cells = len(self.cells)
        if temperature is not None:
            divided = graph.add('Div', [x, graph.constant('temperature', np.array(temperature, np.float32))], 'sharpened')
            likely = graph.add('Softmax', [divided], 'likely', axis=1)
            x = graph.conv(likely, 'ab', _array(self.cells.T)[:, :, None, None] / CHROMA_SCALE, np.zeros(2), precision='f32')
        graph.output(x, [1, cells if temperature is None else 2, 'rows', 'columns'])
        graph.save(path, properties)


def _affine(norm):
    """(scale, shift) of a batch norm in evaluation."""
    scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    return scale, norm.bias - norm.running_mean * scale


def with_average_pool(weight):
    """The 3x3 kernel of a convolution with stride 2 and padding 1, and the mean of 2x2 after it, as one of 5x5 with stride 4."""
    joined = torch.zeros(*weight.shape[:2], 5, 5)
    for down in (0, 2):
        for across in (0, 2):
            joined[:, :, down:down + 3, across:across + 3] += weight / 4
    return joined


def _concatenate_embedding(graph, x, embedding, width):
    """The embedding repeated over the encoder's height and width, after its channels."""
    axes = graph.constant('embedding_axes', np.array([2, 3], np.int64))
    column = graph.add('Unsqueeze', [embedding, axes], 'embedding_column')
    shape = graph.add('Shape', [x], 'encoder_shape')
    begin, end = graph.constant('spatial_begin', np.array([2], np.int64)), graph.constant('spatial_end', np.array([4], np.int64))
    spatial = graph.add('Slice', [shape, begin, end], 'encoder_spatial')
    start = graph.constant('embedding_shape', np.array([1, width], np.int64))
    target = graph.add('Concat', [start, spatial], 'expanded_shape', axis=0)
    expanded = graph.add('Expand', [column, target], 'embedding_expanded')
    return graph.add('Concat', [x, expanded], 'fused', axis=1)


def quantised_(model):
    """Rounds the weights of a model in place as int8 storage would (folded weights are not rounded: close, not exact)."""
    from onnx_writer import quantise
    for module in model.modules():
        if isinstance(module, (torch.nn.Conv2d, torch.nn.Linear)):
            values, scale = quantise(_array(module.weight))
            scale = scale.reshape((-1,) + (1,) * (values.ndim - 1))
            module.weight.data = torch.from_numpy(values * scale).to(module.weight)
    return model
