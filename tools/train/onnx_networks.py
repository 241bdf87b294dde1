"""The trained networks as ONNX graphs: norms folded, weights int8 per output channel."""
import numpy as np
import torch

from inception import ConvNorm
from onnx_writer import Graph


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
    scales = graph.constant('double', np.array([1, 1, 2, 2], np.float32))
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
            x = graph.add('Resize', [x, '', scales], 'ab' if layer.last else f'{layer.name}_up', mode='nearest',
                          coordinate_transformation_mode='asymmetric', nearest_mode='floor')
    graph.output('ab', [1, 2, 'height', 'width'])
    graph.save(path, properties)


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
