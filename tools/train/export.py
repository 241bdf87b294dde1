"""Writes the trained networks as ONNX with a manifest: embedder.onnx, colorizer.onnx and model.json in one folder.

The colorizer's norm statistics are measured again for the averaged weights first (--recalibrate), on training photographs
at the size it will run at; finish_embedding.py does so for the embedder. Without checkpoints (--random) it writes networks
with seeded random weights, for tests.
"""
import argparse
import copy
import hashlib
import json
import re
from pathlib import Path

import torch

import loop
from colorizer import CLASSES, NETWORKS, Colorizer
from colour import CHROMA_SCALE
from data import build_pools
from norms import recalibrate
from onnx_networks import EmbedderWriter, write_colorizer
from sampling import Sampler, whole
from train_colorizer import embed, luminance_and_truth
from train_embedding import Student, load_student

LICENCE = 'MIT (weights trained by this project; training photographs were for research use and are not shipped)'


def load_colorizer(path):
    """The colorizing network with averaged weights from a checkpoint of train_colorizer."""
    state = torch.load(path, map_location='cpu')
    colorizer = Colorizer(state['arguments']['network'], norm=state['arguments'].get('recipe') != 'seed')
    weights = {k.replace('colorizer.', '', 1): v for k, v in state['average'].items() if k.startswith('colorizer.')}
    colorizer.load_state_dict(weights)
    return colorizer.to(memory_format=torch.channels_last).eval(), state


@torch.no_grad()
def mean_embedding(student, arguments):
    """The mean scores of training photographs, for a first picture before the embedder has arrived."""
    sampler = Sampler(build_pools(arguments.data, arguments.cache), 'cpu', seed=13)
    parts = [part for step in range(-(-arguments.mean // 48)) for part in sampler.batch(step, 48)]
    scores = [embed(student, whole(pixels, arguments.embedder_size), 'bf16') for _, _, pixels in parts]
    return [round(value, 2) for value in torch.cat(scores).mean(0).tolist()]


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


def entries(arguments, folder):
    """The manifest's files. With --share-embedder, the embedder's lies in a model folder beside this one."""
    shared = Path(arguments.share_embedder) if arguments.share_embedder else None
    path = (shared or folder) / 'embedder.onnx'
    embedder = file_entry(path) | ({'path': f'../{shared.name}/embedder.onnx'} if shared else {})
    return {'embedder': embedder, 'colorizer': file_entry(folder / 'colorizer.onnx')}


def manifest(folder, arguments, training, metrics, embedder):
    """The content of model.json; `embedder` has keys to add to the manifest's. See the project's documentation of models."""
    grey = {'name': 'image', 'kind': 'lightness', 'channels': 3, 'scale': 0.02, 'offset': -1}
    return {
        '$schema': '../manifest.schema.json', 'format': 2, 'name': folder.name, 'version': arguments.version, 'license': LICENCE,
        **({'summary': arguments.summary} if arguments.summary else {}), 'files': entries(arguments, folder),
        'embedder': {'file': 'embedder', 'input': grey, 'output': 'embedding', 'size': arguments.embedder_size, **embedder},
        'colorizer': {'file': 'colorizer',
                      'inputs': [{'name': 'luminance', 'kind': 'lightness', 'scale': 0.02, 'offset': -1}, {'name': 'embedding', 'kind': 'embedding'}],
                      'output': {'name': 'ab', 'kind': 'ab', 'scale': int(CHROMA_SCALE)}, 'size': {'pixels': arguments.size, 'multiple': 8},
                      'saturation': arguments.saturation, 'knee': arguments.knee},
        'training': training, 'metrics': metrics,
    }


def manifest_text(content):
    """JSON with lists of numbers in one line."""
    return re.sub(r'\[[-\d.,\s]+\]', lambda found: ' '.join(found[0].split()).replace('[ ', '[').replace(' ]', ']'), json.dumps(content, indent=2)) + '\n'


def training_facts(states):
    """What the card says of the training, from checkpoints by name."""
    facts = {}
    for label, state in states.items():
        kept = ('batch', 'rate', 'precision', 'sizes', 'crop', 'damage', 'temperature', 'features', 'keep', 'histogram', 'rarity', 'recipe',
                'embedder_size', 'joint', 'truth', 'hint', 'cells', 'limit')
        facts[label] = {'steps': state['step'], 'samples': state['extra'].get('samples', state['step'] * state['arguments']['batch']),
                        'minutes': round(state['minutes'], 1), **{k: state['arguments'][k] for k in kept if k in state['arguments']}}
        last = [row for row in state['rows'] if row.get('kind') == 'held-out']
        if last:
            facts[label]['heldOut'] = {k: v for k, v in last[-1].items() if isinstance(v, float) and k != 'minutes'}
        if 'report' in state:
            facts[label]['bySize'] = state['report']
    return rounded(facts)


def rounded(value):
    """The same structure with its floats rounded to four decimals."""
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    return round(value, 4) if isinstance(value, float) else value


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--out', required=True, help='folder to write, its name is the model\'s')
    parser.add_argument('--embedder', help='checkpoint of finish_embedding, or a model folder')
    parser.add_argument('--colorizer', help='checkpoint.pt of train_colorizer')
    parser.add_argument('--random', type=int, help='seed: write random networks instead')
    parser.add_argument('--network', choices=tuple(NETWORKS), default='table', help='with --random')
    parser.add_argument('--precision', choices=('int8', 'f16', 'f32'), default='int8', help='of the stored weights')
    parser.add_argument('--ends', choices=('int8', 'f16', 'f32'), default='f32', help='of the colorizer\'s first and last weights')
    parser.add_argument('--share-embedder', help='model folder beside --out whose embedder.onnx the manifest names instead of a copy')
    parser.add_argument('--embedder-size', type=int, help='(default: what the checkpoint says, or 299)')
    parser.add_argument('--size', type=int, default=256, help='working size of the colorizer')
    parser.add_argument('--saturation', type=float, default=1.0)
    parser.add_argument('--knee', type=float, default=0.0, help='see shown() in natural.py')
    parser.add_argument('--summary', help='one line by which people choose')
    parser.add_argument('--mean', type=int, default=0, help='training photographs for the mean embedding (0: the manifest has none)')
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
    """(student, colorizer, checkpoints by name)."""
    if arguments.random is not None:
        torch.manual_seed(arguments.random)
        colorizer = Colorizer(arguments.network).eval()
        classes = CLASSES if arguments.share_embedder else colorizer.embedding_width
        arguments.embedder_size = arguments.embedder_size or 299
        return Student(classes).eval(), colorizer, {}
    student = load_student(arguments.embedder)
    arguments.embedder_size = arguments.embedder_size or student.size or 299
    colorizer, state = load_colorizer(arguments.colorizer)
    if arguments.recalibrate:
        recalibrate_colorizer(student, colorizer, arguments)
    folder = Path(arguments.embedder).is_dir()
    return student, colorizer, ({} if folder else {'embedder': torch.load(arguments.embedder, map_location='cpu')}) | {'colorizer': state}


def main():
    arguments = parse()
    folder = Path(arguments.out)
    folder.mkdir(parents=True, exist_ok=True)
    student, colorizer, states = networks(arguments)
    if arguments.save_torch:
        torch.save({'student': copy.deepcopy(student), 'colorizer': copy.deepcopy(colorizer)}, arguments.save_torch)
    if not arguments.share_embedder and not (arguments.keep_embedder and (folder / 'embedder.onnx').exists()):
        EmbedderWriter(student.embedder, arguments.precision).write(folder / 'embedder.onnx', {'licence': LICENCE})
    write_colorizer(colorizer, folder / 'colorizer.onnx', arguments.precision, arguments.ends, {'licence': LICENCE})
    metrics = {'evaluation': rounded(json.loads(Path(arguments.metrics).read_text())['summary'])} if arguments.metrics else {}
    added = {'background': 0} if colorizer.embedding_width > student.embedder.classifier.out_features else {}
    if arguments.mean:
        added['mean'] = [*added.values(), *mean_embedding(student, arguments)]
    content = manifest(folder, arguments, training_facts(states) or {'random': arguments.random}, metrics, added)
    (folder / 'model.json').write_text(manifest_text(content))
    for path in sorted(folder.glob('*.onnx')):
        print(f'{path.name}: {path.stat().st_size / 1e6:.2f} MB')


if __name__ == '__main__':
    main()
