"""Smoke test on generated pictures: the loss falls, a resumed run continues exactly, exported files are well formed.

Run it directly: python3 tools/train/test_smoke.py
"""
import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest
import zipfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from PIL import Image

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import choose_natural  # noqa: E402
import export_natural  # noqa: E402
import loop  # noqa: E402
from colorizer import Colorizer  # noqa: E402
from colour import ciede2000, lab_to_rgb, rgb_to_lab  # noqa: E402
from damage import KINDS, Damage  # noqa: E402
from data import Kept, build_pools  # noqa: E402
from export import load_colorizer  # noqa: E402
from inception import MAP_CELLS, InceptionResNetV2, parameter_count  # noqa: E402
from measures import colourfulness  # noqa: E402
from natural import Backbone, Natural, expectation, shown  # noqa: E402
from norms import settle  # noqa: E402
from onnx_networks import NaturalWriter  # noqa: E402
from rule import cost, rule_loss  # noqa: E402
from sampling import fixed_crops, mirrored  # noqa: E402
from teacher import MAP_STRIDES, MEAN_BGR, STAGES, Teacher  # noqa: E402
from train_embedding import Standardised, Student, at_cells, load_student  # noqa: E402
from train_natural import SoftCells  # noqa: E402
from warm_start import Weights, start_colorizer, start_embedder  # noqa: E402


def make_photographs(folder, count=24, size=64):
    """Writes scenes whose colours can be learnt: a bright blue upper part, a darker green lower part, an orange disc."""
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
    """Writes a tfjs layers model with the teacher's names and shapes and with seeded weights."""
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
        cls.teacher = make_teacher(cls.folder / 'teacher')

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def same_weights(self, straight, resumed):
        for name, value in straight['model'].items():
            self.assertTrue(torch.equal(value, resumed['model'][name]), name)

    def test_parameter_counts(self):
        self.assertEqual(parameter_count(InceptionResNetV2()), 55_873_736)
        count = sum(w.numel() + b.numel() for w, b in (layer.folded() for layer in Colorizer('table').layers()))
        self.assertEqual(count, 4_696_098)

    def test_lab_round_trip(self):
        rgb = torch.rand(2, 3, 8, 8)
        self.assertLess((lab_to_rgb(rgb_to_lab(rgb)) - rgb).abs().max().item(), 2e-3)
        self.assertAlmostEqual(rgb_to_lab(torch.ones(1, 3, 1, 1))[0, 0].item(), 100, places=2)

    def test_ciede2000(self):
        pairs = torch.tensor([  # Sharma, Wu and Dalal 2005, table 1: pairs 1, 7, 15, 17, 25
            [50, 2.6772, -79.7751, 50, 0, -82.7485], [50, 0, 0, 50, -1, 2], [50, -0.001, 2.49, 50, 0.0011, -2.49],
            [50, 2.5, 0, 73, 25, -18], [60.2574, -34.0099, 36.2677, 60.4626, -34.1751, 39.4387]])
        difference = ciede2000(pairs[:, :3, None, None], pairs[:, 3:, None, None]).flatten()
        for actual, expected in zip(difference.tolist(), (2.0425, 2.3669, 4.7461, 27.1492, 1.2644)):
            self.assertAlmostEqual(actual, expected, places=3)

    def test_damage(self):
        rgb = torch.rand(6, 3, 64, 64, generator=torch.Generator().manual_seed(0))
        clean = rgb_to_lab(rgb)[:, :1] / 100
        for kind, _ in KINDS:
            damaged = kind(clean.clone(), np.random.default_rng(3), torch.Generator().manual_seed(3))
            self.assertEqual(damaged.shape, clean.shape, kind.__name__)
            self.assertTrue(torch.isfinite(damaged).all() and (damaged - clean).abs().max() > 0.01, kind.__name__)
        self.assertTrue(torch.equal(Damage(0).lightness(rgb, np.random.default_rng(1)), clean))
        first, again = (Damage(0.5).lightness(rgb, np.random.default_rng(1)) for _ in range(2))
        self.assertTrue(torch.equal(first, again))
        touched = (first != clean).flatten(1).any(1)
        self.assertTrue(touched.any() and not touched.all())

    def test_soft_cells(self):
        soft = SoftCells(Natural().cells)
        numbers, weights = soft(torch.tensor([[20.0, -30.0], [24.0, 3.0]])[:, :, None, None])
        self.assertEqual(soft.cells[numbers[0, 0, 0, 0]].tolist(), [20, -30])
        self.assertTrue(torch.allclose(weights.sum(1), torch.ones(2, 1, 1)))
        mean = (soft.cells[numbers[1, :, 0, 0]] * weights[1, :, 0]).sum(0)
        self.assertLess((mean - torch.tensor([24.0, 3.0])).abs().max().item(), 2)

    def test_backbone_is_the_teacher_on_grey(self):
        backbone = Backbone()
        backbone.load_teacher(self.teacher)
        luminance = torch.rand(1, 1, 64, 96, generator=torch.Generator().manual_seed(0)) * 2 - 1
        grey = ((luminance + 1) / 2).repeat(1, 3, 1, 1)
        with torch.no_grad():
            actual = backbone.convolutions['conv1'](luminance)
            expected = Teacher(self.teacher).convolutions['conv1'](grey * 255 - torch.tensor(MEAN_BGR).view(1, 3, 1, 1))
        inside = (slice(None), slice(None), slice(2, -2), slice(2, -2))  # borders differ, see Backbone
        self.assertLess((actual[inside] - expected[inside]).abs().max().item(), 1e-2 * expected.std().item())
        self.assertEqual([tuple(m.shape[1:]) for m in backbone(luminance)],
                         [(256, 16, 24), (512, 8, 12), (1024, 4, 6), (2048, 2, 3)])

    def test_natural(self):
        settings = ('--teacher', self.teacher, '--sizes', '32:0,64:0.7', '--backbone', 5, '--damage', 0.5, '--rarity', 0.3, '--flat', 0.5,
                    '--rule', 1, '--shares', '128:0.4,224:0.6')
        straight = train('train_natural', self.folder, 'natural', 50, *settings)
        losses = training_losses(straight)
        self.assertEqual([row['size'] for row in straight['rows'] if row['kind'] == 'train'], [32, 64])
        self.assertLess(losses[-1], losses[0])
        start, changed = Natural(), []
        start.backbone.load_teacher(self.teacher)
        for name, value in start.backbone.state_dict().items():
            if not torch.equal(value, straight['model'][f'backbone.{name}']):
                changed.append(name)
        self.assertEqual({name.split('.')[1][3] for name in changed}, {'5'})
        train('train_natural', self.folder, 'natural-parts', 50, *settings, '--stop-after', 37)
        resumed = train('train_natural', self.folder, 'natural-parts', 50, *settings)
        for name, value in straight['model'].items():
            self.assertTrue(torch.equal(value, resumed['model'][name]), name)

    def test_rule_loss(self):
        """It is what choose_natural.py measures, where no pixel is neutral, and falls along its gradient, also by neutral pixels that stay."""
        torch.manual_seed(0)
        cells, display = Natural().cells, (0.8, 1.2, 6.0)
        scores = torch.randn(4, len(cells), 8, 8).requires_grad_()  # inside the gamut, which choose_natural.py clips to
        lightness, target = torch.full((4, 1, 8, 8), 60.0), 12 * torch.ones(4, 2, 8, 8) + 3 * torch.rand(4, 2, 8, 8)
        lab = torch.cat((lightness, target), 1)
        setting = choose_natural.Setting()
        with torch.no_grad():
            setting.add(shown(expectation(scores, cells, display[0]), *display[1:]), lab)
            truth = colourfulness(lab_to_rgb(lab)).mean().item()
            entry = setting.entry(truth)
            self.assertAlmostEqual(rule_loss(scores, cells, lightness, target, display).item(), cost(entry['error'], entry['colourfulness'], 1.0), 3)
        target[:, :, :4] = 1.0
        optimizer, values = torch.optim.Adam([scores], 0.1), []
        for _ in range(100):
            loss = rule_loss(scores, cells, lightness, target, display)
            values.append(loss.item())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        self.assertLess(values[-1], 0.5 * values[0])
        chroma = shown(expectation(scores.detach(), cells, display[0]), *display[1:]).norm(dim=1)
        self.assertGreater((chroma[:, :4] < 8).float().mean().item(), 0.85)

    def test_choice(self):
        rows = [{'cost': 0.82, 'error': 0.77}, {'cost': 0.822, 'error': 0.75}, {'cost': 0.824, 'error': 0.74}]
        self.assertEqual(choose_natural.choose(rows, 0.003)['error'], 0.75)
        self.assertEqual(choose_natural.choose(rows, 0.0)['error'], 0.77)

    def test_natural_export(self):
        torch.manual_seed(0)
        model = export_natural.load(None)
        for name, value in model.state_dict().items():  # makes the norms differ from the identity
            if name.endswith(('running_mean', 'running_var')) or '.norm' in name:
                value.copy_(torch.rand(value.shape) + 0.5)
        for mean in (None, 0.7):
            path = self.folder / 'natural.onnx'
            NaturalWriter(model, 'f32').write(path, mean)
            difference, deviation = export_natural.largest_difference(model, path, mean is not None, mean)
            self.assertLess(difference, 1e-3 * deviation)
        NaturalWriter(model).write(path)
        self.assertLess(path.stat().st_size, 40e6)

    def test_natural_training_facts(self):
        rows = [{'kind': 'held-out', 'step': 2, 'minutes': 1.0, 'nearer': 0.71234}, {'kind': 'train', 'step': 3, 'loss': 1.0}]
        arguments = dict(batch=24, rate=1e-3, sizes='160:0', backbone=4, backbone_rate=0.05, damage=0.4, squared=0.5, rarity=0.0)
        state = {'step': 3, 'minutes': 1.26, 'rows': rows, 'arguments': arguments, 'extra': {'samples': 72}}
        torch.save(state, self.folder / 'facts.pt')
        facts = export_natural.training_facts(self.folder / 'facts.pt')
        self.assertEqual(facts, {'steps': 3, 'samples': 72, 'minutes': 1.3, 'heldOut': {'nearer': 0.7123}, **arguments})
        torch.save({'head.weight': torch.zeros(1)}, self.folder / 'facts.pt')
        self.assertEqual(export_natural.training_facts(self.folder / 'facts.pt'), {})

    def test_natural_weights(self):
        path = self.folder / 'weights.pt'
        model = export_natural.load(None, self.teacher)
        model.backbone.convolutions['res5c_branch2c'].bias += 1
        weights = export_natural.trained_weights(model, self.teacher)
        self.assertEqual([name for name in weights if name.startswith('backbone.')], ['backbone.convolutions.res5c_branch2c.bias'])
        torch.save(weights, path)
        again = export_natural.load(path, self.teacher)
        difference = max((a - b).abs().max().item() for a, b in zip(model.parameters(), again.parameters()))
        self.assertLess(difference, 1e-2)
        torch.save({'cells': model.cells, 'nonsense': torch.zeros(1)}, path)
        with self.assertRaisesRegex(ValueError, 'missing or unknown'):
            export_natural.load(path, self.teacher)

    def test_natural_weights_without_a_backbone(self):
        """Are refused unless the teacher gives the backbone: random stages must not pass for trained ones."""
        path = self.folder / 'decoder.pt'
        torch.save({'average': Natural().head.state_dict()}, path)
        with self.assertRaisesRegex(ValueError, 'weights of the backbone.*--teacher'):
            export_natural.load(path)
        export_natural.load(path, self.teacher)

    def test_other_photographs_need_another_cache(self):
        with tempfile.TemporaryDirectory() as folder:
            zips = []
            for number in (1, 2):
                zips.append(Path(folder) / f'{number}.zip')
                with zipfile.ZipFile(zips[-1], 'w') as archive:
                    for path in sorted((self.folder / 'photographs').iterdir())[:number]:
                        archive.write(path, path.name)
            cache = Path(folder) / 'cache'
            self.assertEqual(len(build_pools([zips[0]], cache)[0]), 1)
            self.assertEqual(len(build_pools([zips[0]], cache)[0]), 1)
            with self.assertRaisesRegex(SystemExit, 'expected the 2 photographs of .*2.zip, found 1'):
                build_pools([zips[1]], cache)

    def test_term_saves_and_exits_with_143(self):
        with tempfile.TemporaryDirectory() as folder:
            arguments = argparse.Namespace(out=folder, average=0.9, batch=1, steps=9, time_limit=0, stop_after=0, save_every=9, check_every=0, device='cpu')

            def run():
                model = torch.nn.Linear(2, 2)
                return loop.Run(arguments, model, torch.optim.SGD(model.parameters(), 0.1))
            first = run()
            before = signal.getsignal(signal.SIGTERM)
            self.addCleanup(signal.signal, signal.SIGTERM, signal.SIG_DFL)
            before(signal.SIGTERM, None)
            self.assertFalse(first.finished_step(loss=1.0))
            self.assertFalse(first.checks(0, False))
            with self.assertRaises(SystemExit) as ended:
                first.end()
            self.assertEqual(ended.exception.code, 143)
            second = run()
            self.assertEqual(second.step, 1)
            saved = second.checkpoint.stat().st_mtime_ns
            second.end()
            self.assertEqual(second.checkpoint.stat().st_mtime_ns, saved, 'nothing was trained, so nothing is written')

    def test_average_weights(self):
        """Shares count, and the facts of the runs that have some are kept."""
        paths = [self.folder / f'average-{number}.pt' for number in range(3)]
        for number, path in enumerate(paths):
            model = Natural()
            torch.nn.init.constant_(model.head.out.bias, 4.0 * number)
            torch.save(model.state_dict(), path)
        subprocess.run([sys.executable, HERE / 'average_weights.py', f'{paths[0]}:3', f'{paths[1]}:1', '--out', paths[2]], check=True)
        averaged = export_natural.load(paths[2])
        self.assertTrue(torch.equal(averaged.head.out.bias, torch.ones_like(averaged.head.out.bias)))
        self.assertEqual(export_natural.training_facts(paths[2]), {'averaged': []})

    def test_warm_start(self):
        shipped = HERE.parent.parent / 'models/inception-table'
        light, vector = torch.rand(2, 1, 32, 40) * 2 - 1, torch.randn(2, 1000)
        model = Colorizer('table').eval()
        start_colorizer(model, shipped)
        with torch.no_grad():
            expected = model(light, vector)
            settle(model, lambda number: model(torch.rand(4, 1, 48, 48) * 2 - 1, torch.randn(4, 1000)))
            actual = model(light, vector)
        self.assertGreater(expected.std().item(), 1e-3)
        self.assertLess((actual - expected).abs().max().item(), 1e-3)
        again = [layer.folded()[0] for layer in model.layers()]
        weights = Weights(shipped / 'colorizer.onnx')
        for layer, weight in zip(model.layers(), again):
            self.assertLess((weight - weights(f'{layer.name}_weight')).abs().max().item(), 1e-5, layer.name)
        embedder = InceptionResNetV2(keep=0.5).eval()
        start_embedder(embedder, shipped)
        grey = torch.rand(1, 3, 96, 96) * 2 - 1
        session = onnxruntime.InferenceSession(str(shipped / 'embedder.onnx'), providers=['CPUExecutionProvider'])
        expected = torch.from_numpy(session.run(None, {'image': grey.numpy()})[0])
        with torch.no_grad():
            self.assertLess((embedder(grey) - expected).abs().max().item(), 1e-3 * expected.abs().max().item())

    def test_shipped_natural(self):
        path = HERE.parent.parent / 'models/natural/natural.onnx'
        model = Natural().eval()
        model.start(path)
        difference, deviation = export_natural.largest_difference(model, path, False, 1.0)
        self.assertGreater(deviation, 0.5)
        self.assertLess(difference, 1e-3 * deviation)

    def test_settled_norms(self):
        """Folded weights give the same scores after settle(), and nearly the same in training, which normalises by the batch."""
        model = Natural().eval()
        model.start(HERE.parent.parent / 'models/natural/natural.onnx')
        model.head.drop.p = 0.0
        light = torch.rand(4, 1, 64, 64, generator=torch.Generator().manual_seed(0)) * 2 - 1
        with torch.no_grad():
            expected = model(light)
            folded = model.train()(light)
            model.start(HERE.parent.parent / 'models/natural/natural.onnx')
            settle(model, lambda number: model(light), 1)
            settled, trained = model.eval()(light), model.train()(light)
        deviation = expected.std()
        self.assertLess((settled - expected).abs().max(), 1e-3 * deviation)
        self.assertLess((trained - expected).std(), 1e-2 * deviation)
        self.assertGreater((folded - expected).std(), 0.3 * deviation)

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

    def test_kept_answers(self):
        """Each answer is computed once, also by a later program; an interrupted computation is not taken for an answer."""
        asked = []

        def compute(missing):
            asked.append(missing.tolist())
            return torch.ones(len(missing), 3), torch.full((len(missing), 2, 2), 2.0)
        stem = self.folder / 'kept/answers'
        kept = Kept(10, [(3,), (2, 2)], stem)
        kept(np.array([4, 1]), compute, 'cpu')
        first, second = Kept(10, [(3,), (2, 2)], stem)(np.array([1, 7, 4]), compute, 'cpu')
        self.assertEqual(asked, [[0, 1], [1]])
        self.assertEqual((first.tolist(), second.sum().item()), ([[1.0] * 3] * 3, 24.0))

    def test_fixed_crops(self):
        crops = fixed_crops(0, [5, 5, 6, 5], [0, 1, 1, 1], 0.5)
        self.assertEqual(crops[0].tolist(), [[1, 0, 0], [0, 1, 0]])
        self.assertTrue(torch.equal(crops[1], crops[3]) and not torch.equal(crops[1], crops[2]))
        both = mirrored(crops.repeat(8, 1, 1), np.random.default_rng(0))
        self.assertTrue(torch.equal(both[:, :, 1:], crops.repeat(8, 1, 1)[:, :, 1:]))
        self.assertEqual(sorted(set(both[::4, 0, 0].tolist())), [-1, 1])

    def test_embedding(self):
        """The losses fall; an interrupted run continues exactly; the finished network runs at the better of two sizes."""
        settings = ('--teacher', self.teacher, '--sizes', '80:0,96:0.8', '--teacher-size', 64, '--check-size', 80, '--damage', 0.5, '--keep', 0.8,
                    '--crops', 2, '--flat', 0.5, '--rate', 3e-4)
        straight = train('train_embedding', self.folder, 'embedding', 40, *settings, '--cache', self.folder / 'cache')
        for name in ('divergence_T', 'features', 'histogram'):
            first, last = training_losses(straight, name)
            self.assertLess(last, first, name)
        self.assertEqual([row['size'] for row in straight['rows'] if row['kind'] == 'train'], [80, 96])
        train('train_embedding', self.folder, 'embedding-parts', 40, *settings, '--cache', self.folder / 'cache', '--stop-after', 27)
        resumed = train('train_embedding', self.folder, 'embedding-parts', 40, *settings, '--cache', self.folder / 'cache')
        self.same_weights(straight, resumed)
        anew = train('train_embedding', self.folder, 'embedding-anew', 40, *settings, '--crops', 0, '--maps', 2, '--precision', 'bf16')
        self.assertTrue(all(np.isfinite(value) for value in anew['rows'][-1].values() if isinstance(value, float)))
        first, last = training_losses(anew, 'maps')
        self.assertLess(last, first)
        out = self.folder / 'finished.pt'
        subprocess.run([sys.executable, str(HERE / 'finish_embedding.py'), '--checkpoint', str(self.folder / 'embedding/checkpoint.pt'), '--out', str(out),
                        '--data', str(self.folder / 'photographs'), '--teacher', str(self.teacher), '--teacher-size', '64', '--sizes', '80', '112',
                        '--batches', '1', '--checks', '1', '--device', 'cpu', '--precision', 'f32'], check=True, stdout=subprocess.DEVNULL)
        finished, report = load_student(out), torch.load(out)['report']
        self.assertEqual(finished.size, min(report, key=lambda size: report[size]['divergence']))
        self.assertEqual(set(report), {80, 112})
        self.assertLessEqual(report[80]['agreement'], report[80]['top5'])

    def test_places_of_maps(self):
        """The cells of the student's maps, and those of the teacher's, lie where MAP_CELLS and MAP_STRIDES say."""
        def centres(maps_of, size, cell):
            """The middle of the columns of the input that reach column `cell` of each map."""
            columns = []
            for seed in range(6):
                torch.manual_seed(seed)
                picture = torch.rand(1, 3, size, size, requires_grad=True)
                for number, feature_map in enumerate(maps_of(picture)):
                    gradient, = torch.autograd.grad(feature_map[:, :, :, cell].sum(), picture, retain_graph=True)
                    reached = gradient.abs().sum((0, 1, 2)).nonzero().flatten().tolist()
                    columns += [[size, 0]] if number == len(columns) else []
                    columns[number] = [min(columns[number][0], reached[0]), max(columns[number][1], reached[-1])]
            return [(first + last) / 2 for first, last in columns]

        student = InceptionResNetV2().eval()
        student.blocks35 = student.blocks17 = torch.nn.ModuleList()  # blocks reach far, and symmetrically
        self.assertEqual(centres(lambda x: student.maps(x)[:2], 299, 8), [spacing * 8 + first for spacing, first in MAP_CELLS])
        stride = MAP_STRIDES[1]
        teacher = torch.arange(10).mul(stride).add(0.5).div(160).expand(1, 1, 10, 10)  # where its cells lie, as shares of the crop
        for spacing, first in MAP_CELLS:
            found = at_cells(teacher, stride, 160, 4, (spacing, first, 128))
            self.assertTrue(torch.allclose(found[0, 0, 0], (spacing * torch.arange(4) + first + 0.5) / 128, atol=1e-5))

    def test_standardised(self):
        """A layer that predicts the mean has the error 1, and one that predicts everything has none."""
        seen = torch.randn(8, 3, 5, 5) * 4 + 7
        place = Standardised(3, 3)
        place.measure(seen)
        torch.nn.init.zeros_(place.layer.weight)
        torch.nn.init.zeros_(place.layer.bias)
        self.assertAlmostEqual(place.error(seen, seen).item(), 1.0, places=1)
        place.layer.weight.data[:, :, 0, 0] = torch.diag(1 / place.deviation)
        place.layer.bias.data = -place.mean / place.deviation
        self.assertLess(place.error(seen, seen).item(), 1e-5)

    def test_loss_falls_and_resume_is_exact(self):
        straight = train_colorizer(self.folder, 'straight', 40)
        losses = training_losses(straight)
        self.assertLess(losses[-1], losses[0])
        # the same 40 steps, interrupted: --stop-after keeps the schedule, which --steps would change
        first = train_colorizer(self.folder, 'parts', 40, '--stop-after', '17')
        self.assertEqual(first['step'], 17)
        resumed = train_colorizer(self.folder, 'parts', 40)
        for name, value in straight['model'].items():
            self.assertTrue(torch.equal(value, resumed['model'][name]), name)

    def teaching(self):
        """The settings with which a colorizer learns from `natural`. Answers are kept, as in real runs: they depend on their batch a little."""
        torch.manual_seed(0)
        torch.save(Natural().state_dict(), self.folder / 'natural.pt')
        torch.save({'average': Student().state_dict(), 'arguments': {'keep': 0.5, 'batch': 4}, 'step': 1, 'minutes': 1.0, 'rows': [], 'extra': {}},
                   self.folder / 'student.pt')
        return ('--strong', self.folder / 'natural.pt', '--teacher', self.teacher, '--colour-size', 64, '--damage', 0.5, '--cache', self.folder / 'cache',
                '--embedder', self.folder / 'student.pt', '--embedder-size', 80)

    def test_strong_teacher(self):
        """The colorizer learns from `natural`, and continues exactly."""
        teaching = self.teaching()
        straight = train_colorizer(self.folder, 'taught', 40, *teaching)
        for loss in ('teacher_loss', 'hint_loss', 'cells_entropy'):
            first, last = training_losses(straight, loss)
            self.assertLess(last, first, loss)
        train_colorizer(self.folder, 'taught-anew', 2, *teaching, '--fresh', '--precision', 'bf16')
        train_colorizer(self.folder, 'taught-parts', 40, *teaching, '--stop-after', 17)
        self.same_weights(straight, train_colorizer(self.folder, 'taught-parts', 40, *teaching))

    def test_strided(self):
        """The strided network learns with an embedder of 1000 classes; its folder has no embedder, but names that of a model beside it."""
        train_colorizer(self.folder, 'strided', 4, *self.teaching(), '--network', 'strided')
        beside, out = self.folder / 'models/table', self.folder / 'models/strided'
        beside.mkdir(parents=True)
        (beside / 'embedder.onnx').write_bytes(b'an embedder')
        subprocess.run([sys.executable, str(HERE / 'export.py'), '--embedder', str(self.folder / 'student.pt'), '--colorizer',
                        str(self.folder / 'strided/checkpoint.pt'), '--share-embedder', str(beside), '--embedder-size', '80', '--size', '32', '--out', str(out),
                        '--data', str(self.folder / 'photographs'), '--mean', '8', '--recalibrate', '1'], check=True, stdout=subprocess.DEVNULL)
        manifest = json.loads((out / 'model.json').read_text())
        self.assertEqual(sorted(path.name for path in out.iterdir()), ['colorizer.onnx', 'model.json'])
        self.assertEqual((manifest['files']['embedder']['path'], manifest['embedder']['background']), ('../table/embedder.onnx', 0))
        self.assertEqual((len(manifest['embedder']['mean']), manifest['embedder']['mean'][0]), (1001, 0))
        self.assertLess(manifest['files']['colorizer']['bytes'], 8e6)
        light, vector = torch.rand(1, 1, 32, 40) * 2 - 1, torch.cat((torch.zeros(1, 1), torch.randn(1, 1000)), 1)
        session = onnxruntime.InferenceSession(str(out / 'colorizer.onnx'), providers=['CPUExecutionProvider'])
        first, other = (session.run(None, {'luminance': light.numpy(), 'embedding': x.numpy()})[0] for x in (vector, vector + 9 * (torch.arange(1001) == 0)))
        self.assertEqual(first.shape, (1, 2, 32, 40))
        self.assertTrue((first == other).all())  # the background's score has no weight

    def test_joint(self):
        """Both networks learn in the joint stage, which continues exactly."""
        settings = (*self.teaching(), '--joint', '--rate', 1e-4)
        straight = train_colorizer(self.folder, 'joint', 6, *settings)
        start, changed = torch.load(self.folder / 'student.pt')['average'], load_student(self.folder / 'joint/checkpoint.pt', weights='model').state_dict()
        for name in ('classifier.weight', 'stem.0.conv.weight'):
            self.assertFalse(torch.equal(changed[f'embedder.{name}'], start[f'embedder.{name}']), name)
        train_colorizer(self.folder, 'joint-parts', 6, *settings, '--stop-after', 4)
        self.same_weights(straight, train_colorizer(self.folder, 'joint-parts', 6, *settings))

    def test_seed_recipe(self):
        """A plain network from random values, by squared error alone; it continues exactly and is exported with its biases."""
        straight = train_colorizer(self.folder, 'seed', 40, '--recipe', 'seed')
        first, last = training_losses(straight)
        self.assertLess(last, first)
        self.assertFalse([name for name in straight['model'] if 'norm' in name])
        for name, value in straight['average'].items():
            self.assertTrue(torch.equal(value, straight['model'][name]), name)
        train_colorizer(self.folder, 'seed-parts', 40, '--recipe', 'seed', '--stop-after', 17)
        self.same_weights(straight, train_colorizer(self.folder, 'seed-parts', 40, '--recipe', 'seed'))
        colorizer, _ = load_colorizer(self.folder / 'seed/checkpoint.pt')
        self.assertTrue(all(layer.norm is None for layer in colorizer.layers()))

    def test_portable(self):
        """Packs a kit, trains from its parts alone for a few steps, returns the results in pieces, and joins them."""
        with zipfile.ZipFile(self.folder / 'photos64.zip', 'w') as archive:
            for path in (self.folder / 'photographs').iterdir():
                archive.write(path, path.name)
        kit, back, out = (self.folder / name for name in ('kit', 'back', 'joined'))
        subprocess.run([str(HERE / 'portable.sh'), '--part-mib', '20', '--out', str(kit), '--data', str(self.folder / 'photos64.zip'),
                        '--teacher', str(self.teacher)], check=True, stdout=subprocess.DEVNULL, env=os.environ | {'PYTHON': sys.executable})
        parts = sorted(kit.glob('part-*'))
        self.assertGreater(len(parts), 2)
        self.assertLessEqual(max(part.stat().st_size for part in parts), 20 * 2 ** 20)

        def call(number, *words):
            subprocess.run([str(kit / 'run.sh'), '--out', str(back / str(number)), *words], check=True, stdout=subprocess.DEVNULL,
                           env=os.environ | {'PYTHON': sys.executable, 'OUT': ''})

        call(0, '--minutes', '60', '--out-mib', '15', '--recipe', 'tiny', '--device', 'cpu', '--shares', 'natural:1,embedder:1,colorizer:1',
             '--extra', *(f'{network}:--steps 2 --precision f32' for network in ('natural', 'embedder', 'colorizer')))
        for number in (1, 2):  # with the embedder, results take three returns
            call(number, '--send', str(number))
        files = list(back.rglob('*.[0-9]*'))
        self.assertLessEqual(max(path.stat().st_size for path in files), 15 * 2 ** 20)
        self.assertLessEqual(len(list((back / '0').iterdir())), 8)
        join = [sys.executable, str(HERE / 'portable.py'), 'unpack', '--results', str(back), '--out', str(out)]
        subprocess.run(join, check=True, stdout=subprocess.DEVNULL)
        trained = torch.load(kit / 'work/natural/checkpoint.pt')['average']
        joined = export_natural.load(out / 'natural.pt', self.teacher).state_dict()
        for name in ('head.out.weight', 'backbone.convolutions.res5c_branch2c.weight', 'backbone.convolutions.conv1.weight'):
            self.assertLess((trained[name] - joined[name]).abs().max(), 2e-3 * trained[name].abs().max(), name)
        self.assertEqual(load_colorizer(out / 'colorizer.pt')[1]['step'], 2)
        used = load_student(kit / 'work/embedder/finished.pt').state_dict()
        for name, value in load_student(out / 'embedder.pt').state_dict().items():
            self.assertLess((used[name].float() - value.float()).abs().max(), 2e-3 * used[name].float().abs().max() + 1e-6, name)
        self.assertIn('finished.pt', json.loads((kit / 'work/colorizer/arguments.json').read_text())['embedder'])
        files[0].write_bytes(b'damaged')
        shutil.rmtree(out)
        subprocess.run(join, check=True, stdout=subprocess.DEVNULL)
        self.assertFalse((out / files[0].name.rsplit('.', 1)[0]).exists())

    def test_export(self):
        out = self.folder / 'random'
        saved = self.folder / 'random.pt'
        subprocess.run([sys.executable, str(HERE / 'export.py'), '--random', '1', '--out', str(out), '--save-torch', str(saved)], check=True,
                       stdout=subprocess.DEVNULL)
        manifest = json.loads((out / 'model.json').read_text())
        self.assertLess(sum(entry['bytes'] for entry in manifest['files'].values()), 64e6)
        model = onnx.load(str(out / 'colorizer.onnx'))
        self.assertEqual([i.name for i in model.graph.input], ['luminance', 'embedding'])
        choice = [sys.executable, str(HERE / 'choose_saturation.py'), '--model', str(saved), '--data', str(self.folder / 'photographs'), '--size', '32',
                  '--embedder-size', '96', '--photographs', '2', '--factors', '1.5', '--knees', '5']
        printed = subprocess.run(choice, check=True, capture_output=True, text=True).stdout
        self.assertRegex(printed, r'saturation 1.5, knee 5.0: ab-RMSE [-+][\d.]+% .* of grey, colourfulness \d+%')


if __name__ == '__main__':
    unittest.main()
