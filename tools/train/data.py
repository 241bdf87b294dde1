"""Photographs from zip files or folders, decoded once to uint8 and kept as memory-mapped arrays.

Two pools are made, one per storage size (128 and 224 px by default), because the photographs come at two
sizes: each pool is one array [N, size, size, 3] of sRGB bytes beside a list of names.
"""
import argparse
import hashlib
import io
import itertools
import os
import zipfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import torch
from PIL import Image

EXTENSIONS = ('.webp', '.jpg', '.jpeg', '.png')
CHUNK = 500  # photographs that one worker decodes at a time
HELD_OUT_EVERY = 10  # every tenth photograph of the shuffled order is held out: the 90/10 split


def list_photographs(source):
    """Names of the photographs in a zip file or (recursively) in a folder, sorted."""
    source = Path(source)
    if source.is_dir():
        names = [str(p.relative_to(source)) for p in source.rglob('*') if p.is_file()]
    else:
        with zipfile.ZipFile(source) as archive:
            names = archive.namelist()
    return sorted(n for n in names if n.lower().endswith(EXTENSIONS))


def read_photographs(source, names=None):
    """Yields (name, RGB PIL image) for each photograph in a zip file or folder."""
    source = Path(source)
    names = list_photographs(source) if names is None else names
    if source.is_dir():
        for name in names:
            yield name, Image.open(source / name).convert('RGB')
        return
    with zipfile.ZipFile(source) as archive:
        for name in names:
            yield name, Image.open(io.BytesIO(archive.read(name))).convert('RGB')


def centre_square(image, size):
    """Centre crop to a square, antialiased resize to `size` pixels, as uint8 [size, size, 3]."""
    width, height = image.size
    side = min(width, height)
    if (width, height) != (size, size):
        left, top = (width - side) / 2, (height - side) / 2
        image = image.resize((size, size), Image.BICUBIC, box=(left, top, left + side, top + side), reducing_gap=2.0)
    return np.asarray(image, dtype=np.uint8)


class Pool:
    """Photographs of one storage size: `pixels` uint8 [N, size, size, 3] and `names` [N]."""

    def __init__(self, pixels, names):
        self.pixels, self.names, self.size = pixels, list(names), pixels.shape[1]
        order = np.random.default_rng(1234).permutation(len(self.names))
        held = np.arange(len(order)) % HELD_OUT_EVERY == 0
        self.held_out, self.training = np.sort(order[held]), np.sort(order[~held])

    def __len__(self):
        return len(self.names)


def decoded(entries):
    """The images of (source, name) entries, in their order."""
    for source, members in itertools.groupby(entries, key=lambda entry: entry[0]):
        for _, image in read_photographs(source, [name for _, name in members]):
            yield image


def decode_into(path, start, entries):
    """Decodes entries into rows `start` onwards of the array in the file `path`; run by worker processes."""
    pixels = np.lib.format.open_memmap(path, mode='r+')
    for index, image in enumerate(decoded(entries), start):
        pixels[index] = centre_square(image, pixels.shape[1])
    pixels.flush()


def build_pool(sources, size, cache_dir=None, label=None, limit=None):
    """Decodes all photographs of `sources` at `size` pixels; kept in `cache_dir` if given, and reused where it holds these photographs."""
    label = label or f'photos{size}'
    cache = Path(cache_dir) / f'{label}.npy' if cache_dir else None
    entries = [(source, name) for source in sources for name in list_photographs(source)][:limit]
    if cache and cache.exists():
        names = cache.with_suffix('.txt').read_text().split('\n')
        if names != [name for _, name in entries]:
            raise SystemExit(f'{cache}: expected the {len(entries)} photographs of {", ".join(map(str, sources))}, found {len(names)} of other names '
                             'or in another order. Name another folder with --cache.')
        return Pool(np.load(cache, mmap_mode='r'), names)
    shape = (len(entries), size, size, 3)
    partial = cache.with_suffix('.partial') if cache else None
    if cache:
        cache.parent.mkdir(parents=True, exist_ok=True)
        np.lib.format.open_memmap(partial, mode='w+', dtype=np.uint8, shape=shape).flush()
        starts = range(0, len(entries), CHUNK)
        with ProcessPoolExecutor() as workers:
            list(workers.map(decode_into, [partial] * len(starts), starts, [entries[start:start + CHUNK] for start in starts]))
    else:
        pixels = np.empty(shape, np.uint8)
        for index, image in enumerate(decoded(entries)):
            pixels[index] = centre_square(image, size)
    if cache:
        cache.with_suffix('.txt').write_text('\n'.join(name for _, name in entries))
        os.replace(partial, cache)
        pixels = np.load(cache, mmap_mode='r')
    return Pool(pixels, [name for _, name in entries])


class Kept:
    """Answers of a frozen network, each computed once: float16 arrays of `count` rows, one array for each of `shapes`.

    They lie in the files `stem`-0.npy, `stem`-1.npy, ... if `stem` is given, and are continued if these exist. A row of
    zeros is not computed yet.
    """

    def __init__(self, count, shapes, stem=None):
        self.tables = [self._table(stem and Path(f'{stem}-{number}.npy'), (count, *shape)) for number, shape in enumerate(shapes)]

    @staticmethod
    def _table(path, shape):
        if path is None:
            return np.zeros(shape, np.float16)
        if path.exists():
            return np.load(path, mmap_mode='r+')
        path.parent.mkdir(parents=True, exist_ok=True)
        return np.lib.format.open_memmap(path, mode='w+', dtype=np.float16, shape=shape)

    def __call__(self, rows, compute, device):
        """The rows of each array as float32. `compute(missing)` gives the answers for the positions `missing` in `rows`."""
        missing = np.flatnonzero(~self.tables[0][rows].reshape(len(rows), -1).any(1))
        if len(missing):
            for table, answer in reversed(list(zip(self.tables, compute(missing)))):  # the first array last: it tells what is there
                table[rows[missing]] = answer.float().clamp(-6e4, 6e4).cpu().numpy().astype(np.float16)
        return [torch.from_numpy(table[rows].astype(np.float32)).to(device) for table in self.tables]


def fingerprint(path):
    """12 hexadecimal digits of a file's SHA-256, for the names of what was computed from it."""
    with open(path, 'rb') as file:
        return hashlib.file_digest(file, 'sha256').hexdigest()[:12]


def build_pools(data, cache_dir=None, limit=None):
    """Pools for a data folder holding photos128*.zip and photos224*.zip, or any folders and zip files.

    Files whose name holds no known size go into one pool at 224 px.
    """
    sources = []
    for item in data:
        item = Path(item)
        zips = sorted(item.glob('photos*.zip')) if item.is_dir() else []
        sources += zips or [item]
    small = [s for s in sources if '128' in s.name]
    large = [s for s in sources if s not in small]
    pools = []
    if small:
        pools.append(build_pool(small, 128, cache_dir, limit=limit))
    if large:
        pools.append(build_pool(large, 224, cache_dir, limit=limit))
    return pools


def main():
    parser = argparse.ArgumentParser(description='Decode photographs once into a cache folder.')
    parser.add_argument('data', nargs='+', help='zip files, or folders of photographs or of photos*.zip')
    parser.add_argument('--cache', required=True, help='folder for the decoded arrays')
    arguments = parser.parse_args()
    for pool in build_pools(arguments.data, arguments.cache):
        print(f'{len(pool)} photographs at {pool.size} px, {len(pool.held_out)} held out', flush=True)


if __name__ == '__main__':
    main()
