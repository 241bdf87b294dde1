"""Exports a small U-Net with random weights from TensorFlow by tf2onnx, as users of TensorFlow do: RGB 0..255 in and out, like DeOldify.

    python tools/tensorflow/export.py OUT

It has what such files bring: channels last with transposes about them, SAME padding that is uneven, depthwise and transposed
convolutions, unfused batch norms, ReLU6, bilinear and nearest resizing to a size computed at run time. Needs tensorflow and tf2onnx.
"""

import argparse

import numpy as np
import tensorflow as tf
import tf2onnx

RANDOM = np.random.default_rng(1)


def weights(*shape):
    """Uniform weights for a kernel whose last axis is its outputs."""
    bound = np.sqrt(6 / np.prod(shape[:-1]))
    return tf.constant(RANDOM.uniform(-bound, bound, shape), tf.float32)


def batch_norm(x):
    mean, variance, offset, scale = (tf.constant(RANDOM.uniform(low, high, x.shape[-1]), tf.float32)
                                     for low, high in ((0.0, 0.4), (0.4, 0.8), (-0.1, 0.1), (0.8, 1.2)))
    return tf.nn.batch_normalization(x, mean, variance, offset, scale, 1e-3)


def convolution(x, outputs, size, stride=1):
    return tf.nn.relu6(batch_norm(tf.nn.conv2d(x, weights(size, size, x.shape[-1], outputs), stride, "SAME")))


def separable(x, outputs, stride):
    depthwise = tf.nn.depthwise_conv2d(x, weights(3, 3, x.shape[-1], 1) * 3, [1, stride, stride, 1], "SAME")
    return convolution(tf.nn.relu6(batch_norm(depthwise)), outputs, 1)


def network(rgb):
    first = convolution(rgb / 127.5 - 1, 16, 3, 2)
    second = separable(first, 32, 2)
    x = separable(tf.nn.max_pool2d(second, 2, 2, "SAME"), 48, 1)
    x = tf.image.resize(x, tf.shape(second)[1:3], "nearest")
    x = convolution(tf.concat([x, second], -1), 32, 3)
    shape = tf.shape(first)
    x = tf.nn.conv2d_transpose(x, tf.transpose(weights(4, 4, 32, 16), (0, 1, 3, 2)), [shape[0], shape[1], shape[2], 16], 2, "SAME")
    x = convolution(tf.concat([tf.nn.leaky_relu(x, 0.2), first], -1), 16, 3)
    x = tf.image.resize(tf.nn.conv2d(x, weights(1, 1, 16, 3), 1, "VALID"), tf.shape(rgb)[1:3], "bilinear")
    return {"output": tf.sigmoid(x) * 255}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out")
    parser.add_argument("--opset", type=int, default=17)
    options = parser.parse_args()
    signature = [tf.TensorSpec([1, None, None, 3], tf.float32, name="input")]
    tf2onnx.convert.from_function(tf.function(network), signature, opset=options.opset, inputs_as_nchw=["input"], outputs_as_nchw=["output"],
                                  output_path=options.out)


if __name__ == "__main__":
    main()
