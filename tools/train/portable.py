"""Trains on a machine without internet access that is available for minutes only, with a kit of parts; results return as files.

`pack` writes KIT/part-000 ... (a tar file cut into pieces), sums.txt and run.sh. On the other machine, once all parts lie
in one folder, `run.sh --minutes 8 --out-mib 15` unpacks them, decodes the photographs, trains each network for its
share of the time from the packed weights, and writes the results as files of at most 15 MiB. Later calls, `run.sh --send 1`
and so on, send what does not fit into the first return. `unpack` joins and checks the results on this machine.
"""
import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import time
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
MIB = 2 ** 20
RUN = '''#!/bin/sh
# Unpacks the parts beside this file once they are all there, and trains: run.sh --minutes 8 --out-mib 15 --out DIR
# The folder WORK (default: work beside this file) is kept between calls. See tools/train/README.md.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=${WORK:-$here/work}
mkdir -p "$work"
if [ ! -e "$work/complete" ]; then
  (cd "$here" && sha256sum --check --quiet sums.txt)
  cat "$here"/part-* | tar x -C "$work"
  touch "$work/complete"
fi
PYTHONPATH="$work/site${PYTHONPATH:+:$PYTHONPATH}" exec "${PYTHON:-python3}" "$work/code/portable.py" train --work "$work" "$@"
'''

# the settings of each network: on an accelerator, and tiny ones to rehearse on a CPU; other settings keep their defaults
RECIPES = {
    'accelerator': {
        'natural': '--batch 384 --rate 1.5e-3 --flat 0.3 --backbone 3 --backbone-rate 0.1 --sizes 160:0,224:0.75 --shares 128:0.4,224:0.6 '
                   '--average 0.999 --check-every 1.5',
        'embedder': '--batch 512 --rate 1.5e-3 --flat 0.3 --sizes 96:0,128:0.3,160:0.85 --crops 0 --keep 0.8 --average 0.999 --check-every 1.5',
        'finish': '--sizes 128 --checks 4',
        'colorizer': '--batch 384 --rate 2e-3 --flat 0.3 --sizes 96:0,128:0.4,192:0.85 --damage 0.3 --fresh --average 0.999 --check-every 1.5',
    },
    'tiny': {
        'natural': '--batch 4 --rate 1e-3 --backbone 5 --sizes 64:0 --limit 24 --check-every 99',
        'embedder': '--batch 4 --rate 1e-4 --sizes 96:0 --teacher-size 64 --check-size 96 --limit 24 --check-every 99',
        'finish': '--sizes 96 --teacher-size 64 --batches 1 --checks 1',
        'colorizer': '--batch 4 --rate 1e-4 --sizes 32:0 --embedder-size 96 --colour-size 64 --limit 24 --check-every 99',
    },
}
PROGRAMS = {'natural': 'train_natural', 'embedder': 'train_embedding', 'colorizer': 'train_colorizer'}
SPARE_MINUTES = 0.35  # reserved per network for its start, last check and last checkpoint


def digest(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def cut(source, stem, size):
    """Splits a file into files `stem`.000, `stem`.001, ... of at most `size` bytes; returns their paths."""
    paths = []
    with open(source, 'rb') as file:
        while block := file.read(size):
            paths.append(Path(f'{stem}.{len(paths):03d}'))
            paths[-1].write_bytes(block)
    return paths


def pack(arguments):
    from teacher import write_half
    out = Path(arguments.out)
    out.mkdir(parents=True, exist_ok=True)
    if any(out.iterdir()):
        raise SystemExit(f'{out}: expected an empty folder')
    staged = out / 'staged'
    shutil.copytree(HERE, staged / 'code', ignore=shutil.ignore_patterns('__pycache__', 'test_*', '*.md'))
    write_half(arguments.teacher, staged / 'teacher')
    if arguments.natural:
        shutil.copyfile(arguments.natural, staged / 'natural.pt')
    if arguments.model:
        shutil.copytree(arguments.model, staged / 'model', ignore=shutil.ignore_patterns('*.png', '*.jpg', '*.md'))
    (staged / 'data').mkdir()
    for item in map(Path, arguments.data):
        for source in sorted(item.glob('photos*.zip')) if item.is_dir() else [item]:
            shutil.copyfile(source, staged / 'data' / source.name)
    for wheel in arguments.wheel:
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(staged / 'site')
    tar = out / 'kit.tar'
    with tarfile.open(tar, 'w') as archive:
        for path in sorted(staged.iterdir()):
            archive.add(path, path.name)
    shutil.rmtree(staged)
    parts = cut(tar, out / 'part', int(arguments.part_mib * MIB))
    tar.unlink()
    parts = [part.rename(out / part.name.replace('.', '-')) for part in parts]
    (out / 'sums.txt').write_text(''.join(f'{digest(part)}  {part.name}\n' for part in parts))
    (out / 'run.sh').write_text(RUN)
    (out / 'run.sh').chmod(0o755)
    for part in parts:
        print(f'{part}: {part.stat().st_size / MIB:.1f} MiB')


def command(network, arguments, minutes):
    """The command that trains a network, from the packed weights; the colorizer uses the embedder and learns from the `natural` trained in
    this run, or else from the packed ones, if any."""
    work = Path(arguments.work)
    started = {'natural': work / 'natural.pt', 'embedder': work / 'model', 'colorizer': work / 'model'}[network]
    words = [sys.executable, str(HERE / f'{PROGRAMS[network]}.py'), '--data', str(work / 'data'), '--cache', str(work / 'cache'),
             '--out', str(work / network), '--device', arguments.device, '--save-every', '1', '--time-limit', f'{minutes:.3f}']
    words += RECIPES[arguments.recipe][network].split() + arguments.extra.get(network, [])
    words += ['--teacher', str(work / 'teacher')]
    if network == 'colorizer':
        for option, choices in (('--embedder', ('embedder/finished.pt', 'model')), ('--strong', ('natural/checkpoint.pt', 'natural.pt'))):
            words += next(([option, str(work / choice)] for choice in choices if (work / choice).exists()), [])
    return words + (['--init', str(started)] if started.exists() else [])


def finish_command(arguments):
    """The command that measures the embedder's norm statistics at its size, as the colorizer must learn with what will be exported."""
    work = Path(arguments.work)
    return [sys.executable, str(HERE / 'finish_embedding.py'), '--checkpoint', str(work / 'embedder/checkpoint.pt'),
            '--out', str(work / 'embedder/finished.pt'), '--data', str(work / 'data'), '--cache', str(work / 'cache'),
            '--teacher', str(work / 'teacher'), '--device', arguments.device, *RECIPES[arguments.recipe]['finish'].split()]


def result_of(network, work):
    """Writes a checkpoint's averaged weights in float16 and the facts of their training, which unpack restores. The embedder's are those
    that the colorizer learned with."""
    import torch
    from loop import in_half
    finished = work / network / 'finished.pt'
    state = torch.load(finished if finished.exists() else work / network / 'checkpoint.pt', map_location='cpu')
    average = in_half(state['average'])
    if network == 'natural':  # unchanged stages of ResNet50 are not sent
        first = state['arguments']['backbone']
        average = {name: value for name, value in average.items()
                   if not name.startswith('backbone.') or (name.split('.')[2].startswith('res') and int(name.split('.')[2][3]) >= first)}
    kept = {key: state[key] for key in ('step', 'minutes', 'rows', 'arguments', 'extra', 'embedder_size', 'report') if key in state}
    torch.save({'average': average, **kept}, work / f'{network}.result')
    return work / f'{network}.result'


def groups_of(files, most_files=7, most_bytes=60 * MIB):
    """Groups files that can return together, in order; each group includes sums.txt."""
    groups = [[]]
    for path in files:
        if len(groups[-1]) == most_files or sum(p.stat().st_size for p in groups[-1]) + path.stat().st_size > most_bytes:
            groups.append([])
        groups[-1].append(path)
    return groups


def send(arguments):
    """Copies a group of result files into the folder whose content returns."""
    results, out = Path(arguments.work) / 'results', Path(arguments.out)
    files = [results / line.split()[1] for line in (results / 'sums.txt').read_text().splitlines()]
    groups = groups_of(files)
    if arguments.send >= len(groups):
        raise SystemExit(f'--send {arguments.send}: there are {len(groups)} groups of results, from 0')
    out.mkdir(parents=True, exist_ok=True)
    for path in [*groups[arguments.send], results / 'sums.txt']:
        shutil.copyfile(path, out / path.name)
    left = len(groups) - 1 - arguments.send
    print(f'sent group {arguments.send} of {len(groups)}' + (f'; next: run.sh --send {arguments.send + 1} --out ...' if left else ''), flush=True)


def collect(arguments, networks):
    """Splits the current results into files, and writes their checksums."""
    work = Path(arguments.work)
    results = work / 'results'
    shutil.rmtree(results, ignore_errors=True)
    results.mkdir()
    with tarfile.open(work / 'logs.tar.gz', 'w:gz') as archive:
        for network in networks:
            for name in ('log.csv', 'loss.png', 'arguments.json', 'output.txt'):
                if (work / network / name).exists():
                    archive.add(work / network / name, f'{network}/{name}')
    files, size = cut(work / 'logs.tar.gz', results / 'logs.tar.gz', int(arguments.out_mib * MIB)), int(arguments.out_mib * MIB)
    for network in networks:
        if (work / network / 'checkpoint.pt').exists():
            files += cut(result_of(network, work), results / f'{network}.pt', size)
    (results / 'sums.txt').write_text(''.join(f'{digest(path)}  {path.name}\n' for path in files))


def train(arguments):
    started, work = time.time(), Path(arguments.work)
    if arguments.send is not None:
        return send(arguments)
    import torch
    from data import build_pools
    arguments.device = arguments.device or ('cuda' if torch.cuda.is_available() else 'cpu')
    arguments.extra = {text.split(':', 1)[0]: text.split(':', 1)[1].split() for text in arguments.extra}
    shares = {name: float(share) for name, share in (text.split(':') for text in arguments.shares.split(','))}
    unknown = set(shares) - set(PROGRAMS)
    if unknown:
        raise SystemExit(f'--shares: expected names of {", ".join(PROGRAMS)}, found {", ".join(unknown)}')
    for pool in build_pools([work / 'data'], work / 'cache'):
        print(f'{len(pool)} photographs at {pool.size} px, {time.time() - started:.0f} s', flush=True)
    todo = dict(shares)
    for network, share in shares.items():
        left = arguments.minutes - (time.time() - started) / 60
        minutes = left * share / sum(todo.values()) - SPARE_MINUTES
        todo.pop(network)
        if minutes <= 0:
            print(f'{network}: no time left', flush=True)
            continue
        (work / network).mkdir(exist_ok=True)
        print(f'{network}: {minutes:.1f} minutes', flush=True)
        for words in [command(network, arguments, minutes)] + ([finish_command(arguments)] if network == 'embedder' else []):
            with open(work / network / 'output.txt', 'a') as log:
                done = subprocess.run(words, stdout=log, stderr=subprocess.STDOUT, env={**os.environ, 'PYTHONUNBUFFERED': '1'})
            if done.returncode:
                print(f'{network} failed ({done.returncode}):', (work / network / 'output.txt').read_text()[-2000:], flush=True)
                break
        collect(arguments, shares)  # after each network, so that an interrupted call keeps the finished ones
    arguments.send = 0
    send(arguments)
    print(f'{(time.time() - started) / 60:.1f} minutes in all', flush=True)


def unpack(arguments):
    """Joins result files and checks them. Skips incomplete results and prints their names."""
    out = Path(arguments.out)
    out.mkdir(parents=True, exist_ok=True)
    found = {path.name: path for folder in arguments.results for path in Path(folder).rglob('*') if path.is_file()}
    if 'sums.txt' not in found:
        raise SystemExit(f'{", ".join(arguments.results)}: expected sums.txt and result files')
    sums = dict(reversed(line.split()) for line in found['sums.txt'].read_text().splitlines())
    for stem in dict.fromkeys(name.rsplit('.', 1)[0] for name in sums):
        names = [name for name in sums if name.rsplit('.', 1)[0] == stem]
        missing = [name for name in names if name not in found]
        damaged = [name for name in names if name in found and digest(found[name]) != sums[name]]
        if missing or damaged:
            print(f'{stem}: left out; missing {missing}, damaged {damaged}')
            continue
        with open(out / stem, 'wb') as file:
            for name in names:
                file.write(found[name].read_bytes())
        print(f'{out / stem}: {(out / stem).stat().st_size / MIB:.1f} MiB')
    if (out / 'natural.pt').exists() and arguments.export:
        subprocess.run([sys.executable, str(HERE / 'export_natural.py'), '--weights', str(out / 'natural.pt'), '--teacher', arguments.teacher,
                        '--out', arguments.export], check=True)


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(required=True)
    packing = commands.add_parser('pack', help='write the parts')
    packing.add_argument('--part-mib', type=float, default=56)
    packing.add_argument('--out', required=True, help='empty folder for the parts')
    packing.add_argument('--data', nargs='+', required=True, help='folder with photos*.zip, or the zips that are to travel')
    packing.add_argument('--teacher', required=True, help='folder of the tfjs ResNet50; travels in float16')
    packing.add_argument('--natural', help='weights of natural to start from (export_natural.py --weights-out)')
    packing.add_argument('--model', help='model folder to start the embedder and the colorizer from')
    packing.add_argument('--wheel', nargs='*', default=[], help='Python packages that the machine lacks, such as Pillow')
    packing.set_defaults(run=pack)
    training = commands.add_parser('train', help='run by run.sh')
    training.add_argument('--work', required=True)
    training.add_argument('--minutes', type=float, default=8)
    training.add_argument('--out', default=os.environ.get('OUT', 'out'), help='folder whose content returns')
    training.add_argument('--out-mib', type=float, default=15)
    training.add_argument('--shares', default='natural:0.65,embedder:0.35', help='of the time, in the order in which they train')
    training.add_argument('--recipe', choices=tuple(RECIPES), default='accelerator')
    training.add_argument('--device')
    training.add_argument('--extra', nargs='*', default=[], help='further settings, such as "natural:--batch 256"')
    training.add_argument('--send', type=int, help='only copies this group of results')
    training.set_defaults(run=train)
    joining = commands.add_parser('unpack', help='join results')
    joining.add_argument('--results', nargs='+', required=True, help='folders with the files that came back')
    joining.add_argument('--out', required=True)
    joining.add_argument('--teacher', help='folder of the tfjs ResNet50, for --export')
    joining.add_argument('--export', help='folder for natural as ONNX')
    joining.set_defaults(run=unpack)
    return parser.parse_args()


if __name__ == '__main__':
    arguments = parse()
    arguments.run(arguments)
