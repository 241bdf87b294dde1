"""Smoke test on photographs made here: the loss falls, a resumed run continues exactly, exported files are well formed.

Run it directly: python3 tools/train/test_smoke.py
"""
import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np
import torch
from PIL import Image

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from colorizer import Colorizer  # noqa: E402
from colour import lab_to_rgb, rgb_to_lab  # noqa: E402
from inception import InceptionResNetV2, parameter_count  # noqa: E402
from teacher import STAGES  # noqa: E402


def make_photographs(folder, count=24, size=64):
    """Scenes with a rule to learn: a bright blue upper part, a darker green lower part, an orange disc."""
    folder.mkdir(parents=True)
    random = np.random.default_rng(0)
    rows, columns = np.mgrid[0:size, 0:size] / size
    for number in range(count):
        horizon, x, y = random.uniform(0.3, 0.7), random.uniform(0.2, 0.8), random.uniform(0.2, 0.8)
        picture = np.where((rows < horizon)[..., None], (140, 180, 240), (50, 110, 40)).astype(np.float64)
        picture[(rows - y) ** 2 + (columns - x) ** 2 < 0.02] = (230, 150, 40)
        picture += random.normal(0, 6, (size, size, 1))
        Image.fromarray(picture.clip(0, 255).astype(np.uint8)).save(folder / f'{number:03d}.png')


def make_teacher(folder):
    """A tfjs layers model with the teacher's names and shapes, and seeded weights."""
    folder.mkdir()
    random = np.random.default_rng(0)
    weights, layers, data = [], [], []

    def add(name, shape, values):
        weights.append({'name': name, 'dtype': 'float32', 'shape': list(shape)})
        data.append(np.broadcast_to(values, shape).astype('<f4').tobytes())

    def convolution(suffix, size, inputs, outputs):
        conv, norm = (suffix, 'bn_' + suffix) if suffix == 'conv1' else ('res' + suffix, 'bn' + suffix)
        add(f'{conv}/kernel', (size, size, inputs, outputs), random.normal(0, (2 / (size * size * inputs)) ** 0.5, (size, size, inputs, outputs)))
        for part, value in (('gamma', 0.7), ('beta', 0.0), ('moving_mean', 0.0), ('moving_variance', 1.0)):
            add(f'{norm}/{part}', (outputs,), value)
        layers.append({'name': norm, 'config': {'epsilon': 1e-3}})

    convolution('conv1', 7, 3, 64)
    inputs = 64
    for (stage, blocks), width in zip(STAGES, (64, 128, 256, 512)):
        for block in blocks:
            if block == 'a':
                convolution(f'{stage}a_branch1', 1, inputs, width * 4)
            for part, size, wide, outputs in (('2a', 1, inputs, width), ('2b', 3, width, width), ('2c', 1, width, width * 4)):
                convolution(f'{stage}{block}_branch{part}', size, wide, outputs)
            inputs = width * 4
    add('fc1000/kernel', (2048, 1000), random.normal(0, 0.02, (2048, 1000)))
    add('fc1000/bias', (1000,), 0.0)
    (folder / 'weights.bin').write_bytes(b''.join(data))
    (folder / 'model.json').write_text(json.dumps({
        'weightsManifest': [{'paths': ['weights.bin'], 'weights': weights}],
        'modelTopology': {'model_config': {'config': {'layers': layers}}},
    }))
    return folder


def train(program, folder, name, steps, *extra):
    command = [sys.executable, str(HERE / f'{program}.py'), '--data', str(folder / 'photographs'), '--out', str(folder / name),
               '--device', 'cpu', '--precision', 'f32', '--batch', '4', '--steps', str(steps), '--save-every', '99',
               '--warmup', '0.1', *map(str, extra)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return torch.load(folder / name / 'checkpoint.pt')


def train_colorizer(folder, name, steps, *extra):
    return train('train_colorizer', folder, name, steps, '--sizes', '32:0', *extra)


def training_losses(checkpoint, name='loss'):
    return [row[name] for row in checkpoint['rows'] if row['kind'] == 'train']


class Smoke(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.folder = Path(cls.temporary.name)
        make_photographs(cls.folder / 'photographs')

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def test_parameter_counts(self):
        self.assertEqual(parameter_count(InceptionResNetV2()), 55_873_736)
        count = sum(w.numel() + b.numel() for w, b in (layer.folded() for layer in Colorizer('table').layers()))
        self.assertEqual(count, 4_696_098)

    def test_lab_round_trip(self):
        rgb = torch.rand(2, 3, 8, 8)
        self.assertLess((lab_to_rgb(rgb_to_lab(rgb)) - rgb).abs().max().item(), 2e-3)
        self.assertAlmostEqual(rgb_to_lab(torch.ones(1, 3, 1, 1))[0, 0].item(), 100, places=2)

    def test_folding_changes_nothing(self):
        for network in ('table', 'strided'):
            torch.manual_seed(1)
            model = Colorizer(network)
            light, vector = torch.rand(2, 1, 32, 40), torch.randn(2, model.embedding_width)
            model.train()(light, vector)
            model.eval()
            plain = Colorizer(network, norm=False).eval()
            plain.fusion.scale = 1.0
            for layer, source in zip(plain.layers(), model.layers()):
                weight, bias = source.folded()
                layer.conv.weight.data, layer.conv.bias.data = weight, bias
            expected, actual = model(light, vector), plain(light, vector)
            self.assertEqual(tuple(actual.shape), (2, 2, 32, 40))
            self.assertLess((expected - actual).abs().max().item(), 1e-4)

    def test_loss_falls_and_resume_is_exact(self):
        straight = train_colorizer(self.folder, 'straight', 40)
        losses = training_losses(straight)
        self.assertLess(losses[-1], losses[0])
        # the same 40 steps, interrupted: the first part has the same schedule, so it is cut by a checkpoint, not by --steps
        first = train_colorizer(self.folder, 'parts', 40, '--stop-after', '17')
        self.assertEqual(first['step'], 17)
        resumed = train_colorizer(self.folder, 'parts', 40)
        for name, value in straight['model'].items():
            self.assertTrue(torch.equal(value, resumed['model'][name]), name)

    def test_colour_teacher(self):
        teacher = make_teacher(self.folder / 'teacher')
        taught = train('colour_teacher', self.folder, 'colour-teacher', 60, '--teacher', teacher, '--size', 32)
        losses = training_losses(taught)
        self.assertLess(losses[-1], losses[0])
        self.assertLess(taught['rows'][-1]['rmse_over_grey'], 1)
        teaching = ('--colour-teacher', self.folder / 'colour-teacher/checkpoint.pt', '--truth', 0)
        straight = train_colorizer(self.folder, 'taught', 40, *teaching)
        for name in ('teacher_loss', 'hint_loss'):
            first, *_, last = training_losses(straight, name)
            self.assertLess(last, first, name)
        train_colorizer(self.folder, 'taught-parts', 40, *teaching, '--stop-after', 17)
        resumed = train_colorizer(self.folder, 'taught-parts', 40, *teaching)
        for name, value in straight['model'].items():
            self.assertTrue(torch.equal(value, resumed['model'][name]), name)

    def test_export(self):
        try:
            import onnx
        except ImportError:
            self.skipTest('onnx is not installed')
        out = self.folder / 'random'
        subprocess.run([sys.executable, str(HERE / 'export.py'), '--random', '1', '--out', str(out)], check=True, stdout=subprocess.DEVNULL)
        manifest = json.loads((out / 'model.json').read_text())
        self.assertLess(sum(entry['bytes'] for entry in manifest['files'].values()), 64e6)
        model = onnx.load(str(out / 'colorizer.onnx'))
        self.assertEqual([i.name for i in model.graph.input], ['luminance', 'embedding'])


if __name__ == '__main__':
    unittest.main()
