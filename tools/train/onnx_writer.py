"""A small builder of ONNX graphs (opset 17) with int8 weights, over `onnx.helper`."""
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 17
IR_VERSION = 8


def quantise(weight):
    """float [C, ...] -> (int8 [C, ...], float32 scale [C]); symmetric, one scale for each output channel."""
    flat = np.abs(weight.reshape(len(weight), -1)).max(1)
    scale = np.where(flat > 0, flat / 127.0, 1.0).astype(np.float32)
    shape = (-1,) + (1,) * (weight.ndim - 1)
    return np.clip(np.rint(weight / scale.reshape(shape)), -127, 127).astype(np.int8), scale


class Graph:
    """Collects nodes and initializers; each method adds one operation and returns the name of its output."""

    def __init__(self, name):
        self.name, self.nodes, self.initializers, self.inputs, self.outputs = name, [], [], [], []

    def input(self, name, shape):
        self.inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
        return name

    def output(self, name, shape):
        self.outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))

    def constant(self, name, array):
        self.initializers.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def add(self, operation, inputs, name, **attributes):
        self.nodes.append(helper.make_node(operation, inputs, [name], name=name, **attributes))
        return name

    def weight(self, name, array, precision='int8'):
        """A float weight [outputs, ...] stored as int8 with a DequantizeLinear, as float16 with a Cast, or as it is."""
        array = np.asarray(array, np.float32)
        if precision == 'f32':
            return self.constant(name, array)
        if precision == 'f16':
            half = self.constant(f'{name}_f16', array.astype(np.float16))
            return self.add('Cast', [half], name, to=TensorProto.FLOAT)
        values, scale = quantise(array)
        parts = [self.constant(f'{name}_int8', values), self.constant(f'{name}_scale', scale),
                 self.constant(f'{name}_zero', np.zeros(len(scale), np.int8))]
        return self.add('DequantizeLinear', parts, name, axis=0)

    def conv(self, x, name, weight, bias, stride=1, pads=(0, 0, 0, 0), precision='int8', dilation=1):
        """Convolution; `pads` in the order of ONNX: top, left, bottom, right."""
        kernel = list(weight.shape[2:])
        inputs = [x, self.weight(f'{name}_weight', weight, precision), self.constant(f'{name}_bias', np.asarray(bias, np.float32))]
        return self.add('Conv', inputs, name, kernel_shape=kernel, strides=[stride, stride], pads=list(pads),
                        dilations=[dilation, dilation])

    def double(self, x, name):
        """Twice the height and width, by repeating pixels."""
        if not any(entry.name == 'double' for entry in self.initializers):
            self.constant('double', np.array([1, 1, 2, 2], np.float32))
        return self.add('Resize', [x, '', 'double'], name, mode='nearest', coordinate_transformation_mode='asymmetric',
                        nearest_mode='floor')

    def relu(self, x):
        return self.add('Relu', [x], f'{x}_relu')

    def save(self, path, properties=None):
        graph = helper.make_graph(self.nodes, self.name, self.inputs, self.outputs, self.initializers)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', OPSET)], producer_name='colorize-canvas')
        model.ir_version = IR_VERSION
        if properties:
            helper.set_model_props(model, {key: str(value) for key, value in properties.items()})
        onnx.checker.check_model(model, full_check=True)
        onnx.save(model, str(path))
