"""Writes the trained networks as ONNX with a manifest: embedder.onnx, colorizer.onnx and model.json in one folder.

The colorizer's norm statistics are measured again for the averaged weights first (--recalibrate), on training photographs
at the size it will run at; finish_embedding.py does so for the embedder. Without checkpoints (--random) it writes networks
with seeded random weights, for tests.
"""
import argparse
import copy
import hashlib
import json
from pathlib import Path

import torch

import loop
from colorizer import NETWORKS, Colorizer
from data import build_pools
from norms import recalibrate
from onnx_networks import EmbedderWriter, write_colorizer
from sampling import Sampler, whole
from train_colorizer import embed, luminance_and_truth
from train_embedding import Student

LICENCE = 'MIT (weights trained by this project; training photographs were for research use and are not shipped)'


def load_embedder(path):
    """The embedding network with averaged weights from a checkpoint of train_embedding (or a joint one)."""
    state = torch.load(path, map_location='cpu')
    arguments, weights = state['arguments'], state['average']
    weights = {k.replace('student.', '', 1): v for k, v in weights.items() if not k.startswith(('colorizer.', 'hint.'))}
    student = Student(arguments.get('classes', 1000), arguments.get('keep', 1.0))
    student.load_state_dict(weights)
    return student.to(memory_format=torch.channels_last).eval(), state


def load_colorizer(path):
    """The colorizing network with averaged weights from a checkpoint of train_colorizer."""
    state = torch.load(path, map_location='cpu')
    colorizer = Colorizer(state['arguments']['network'])
    weights = {k.replace('colorizer.', '', 1): v for k, v in state['average'].items() if k.startswith('colorizer.')}
    colorizer.load_state_dict(weights)
    return colorizer.to(memory_format=torch.channels_last).eval(), state


def recalibrate_colorizer(student, colorizer, arguments):
    """Measures norm statistics of the colorizer on whole training photographs, at the size at which it will run."""
    pools = build_pools(arguments.data, arguments.cache)
    sampler = Sampler(pools, 'cpu', seed=11, shares=[1.0] if len(pools) == 1 else [0.3, 0.7])

    def run(step):
        def photographs(size):
            return torch.cat([whole(pixels, size) for _, _, pixels in sampler.batch(step, arguments.batch)])
        vectors = embed(student, photographs(arguments.embedder_size), 'bf16')
        luminance, _ = luminance_and_truth(photographs(arguments.size))
        with loop.autocast('cpu', 'bf16'):
            colorizer(luminance.contiguous(memory_format=torch.channels_last), vectors, upsample=False)

    recalibrate(colorizer, run, arguments.recalibrate)


def file_entry(path):
    data = path.read_bytes()
    return {'path': path.name, 'sha256': hashlib.sha256(data).hexdigest(), 'bytes': len(data)}


def manifest(folder, name, arguments, training, metrics):
    """The content of model.json; see the project's documentation of models."""
    return {
        'format': 1, 'name': name, 'version': arguments.version, 'license': LICENCE,
        'files': {'embedder': file_entry(folder / 'embedder.onnx'), 'colorizer': file_entry(folder / 'colorizer.onnx')},
        'embedder': {'file': 'embedder', 'input': 'image', 'output': 'embedding', 'size': arguments.embedder_size,
                     'channels': 3, 'range': [-1, 1]},
        'colorizer': {'file': 'colorizer', 'luminance': 'luminance', 'embedding': 'embedding', 'output': 'ab',
                      'size': arguments.size, 'multiple': 8, 'luminanceScale': 0.02, 'luminanceOffset': -1,
                      'chromaScale': 128, 'saturation': arguments.saturation},
        'training': training, 'metrics': metrics,
    }


def training_facts(embedder_state, colorizer_state):
    facts = {}
    for label, state in (('embedder', embedder_state), ('colorizer', colorizer_state)):
        if state:
            kept = ('batch', 'rate', 'precision', 'size', 'late_size', 'sizes', 'temperature', 'keep', 'histogram', 'rarity',
                    'recipe', 'embedder_size', 'joint', 'limit')
            facts[label] = {'steps': state['step'], 'samples': state['extra'].get('samples', state['step'] * state['arguments']['batch']),
                            'minutes': round(state['minutes'], 1),
                            **{k: state['arguments'][k] for k in kept if k in state['arguments']}}
            last = [row for row in state['rows'] if row.get('kind') == 'held-out']
            if last:
                facts[label]['heldOut'] = {k: round(v, 4) for k, v in last[-1].items() if isinstance(v, float) and k != 'minutes'}
    return facts


def rounded(value):
    """The same structure with its floats rounded to four decimals."""
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    return round(value, 4) if isinstance(value, float) else value


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--out', required=True, help='folder to write, its name is the model\'s')
    parser.add_argument('--embedder', help='checkpoint.pt of train_embedding')
    parser.add_argument('--colorizer', help='checkpoint.pt of train_colorizer')
    parser.add_argument('--random', type=int, help='seed: write random networks instead')
    parser.add_argument('--network', choices=tuple(NETWORKS), default='table', help='with --random')
    parser.add_argument('--precision', choices=('int8', 'f16', 'f32'), default='int8', help='of the stored weights')
    parser.add_argument('--ends', choices=('int8', 'f16', 'f32'), default='f32', help='of the colorizer\'s first and last weights')
    parser.add_argument('--embedder-size', type=int, default=299)
    parser.add_argument('--size', type=int, default=256, help='working size of the colorizer')
    parser.add_argument('--saturation', type=float, default=1.0)
    parser.add_argument('--version', default='0.1.0')
    parser.add_argument('--metrics', help='report.json of evaluate.py to put into the manifest')
    parser.add_argument('--keep-embedder', action='store_true', help='leave an embedder.onnx that is there as it is')
    parser.add_argument('--data', nargs='*', default=[])
    parser.add_argument('--cache')
    parser.add_argument('--recalibrate', type=int, default=0, help='batches to measure norm statistics on (0: as trained)')
    parser.add_argument('--batch', type=int, default=32)
    parser.add_argument('--save-torch', help='also save the networks as exported, for evaluate.py')
    return parser.parse_args()


def networks(arguments):
    """(student, colorizer, embedder checkpoint or None, colorizer checkpoint or None)."""
    if arguments.random is not None:
        torch.manual_seed(arguments.random)
        colorizer = Colorizer(arguments.network).eval()
        student = Student(NETWORKS[arguments.network]['embedding']).eval()
        return student, colorizer, None, None
    student, embedder_state = load_embedder(arguments.embedder)
    colorizer, colorizer_state = load_colorizer(arguments.colorizer)
    if arguments.recalibrate:
        recalibrate_colorizer(student, colorizer, arguments)
    return student, colorizer, embedder_state, colorizer_state


def main():
    arguments = parse()
    folder = Path(arguments.out)
    folder.mkdir(parents=True, exist_ok=True)
    student, colorizer, embedder_state, colorizer_state = networks(arguments)
    if arguments.save_torch:
        torch.save({'student': copy.deepcopy(student), 'colorizer': copy.deepcopy(colorizer)}, arguments.save_torch)
    if not (arguments.keep_embedder and (folder / 'embedder.onnx').exists()):
        EmbedderWriter(student.embedder, arguments.precision).write(folder / 'embedder.onnx', {'licence': LICENCE})
    write_colorizer(colorizer, folder / 'colorizer.onnx', arguments.precision, arguments.ends, {'licence': LICENCE})
    metrics = {'evaluation': rounded(json.loads(Path(arguments.metrics).read_text())['summary'])} if arguments.metrics else {}
    training = training_facts(embedder_state, colorizer_state) or {'random': arguments.random}
    text = json.dumps(manifest(folder, folder.name, arguments, training, metrics), indent=2)
    (folder / 'model.json').write_text(text + '\n')
    for path in sorted(folder.glob('*.onnx')):
        print(f'{path.name}: {path.stat().st_size / 1e6:.2f} MB')


if __name__ == '__main__':
    main()
