"""Measures a model on colour photographs converted to grey: PSNR, ab-RMSE, CIEDE2000, colourfulness, the fraction of photographs
that are closer to the truth than grey, and of neutral pixels that stay neutral, per set; writes a contact sheet.

The preprocessing is the engine's: L* from sRGB, the embedding from the whole grey photograph resized (antialiased) to a
square, chroma predicted at the working size (by area, in multiples of 8), upsampled bilinearly and joined with the full
luminance; outside the gamut chroma is reduced. The model is a folder with model.json (run by onnxruntime), the .pt file
that export.py saves with --save-torch (run by PyTorch), or `natural`: a checkpoint or a file of weights with --natural, or
the .onnx file of export_natural.py.
"""
import argparse
import json
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageDraw

from colour import CHROMA_SCALE, ciede2000, lab_to_rgb, rgb_to_lab
from data import list_photographs, read_photographs
from measures import NEUTRAL, STAYS, colourfulness
from natural import MULTIPLE, Natural, expectation, shown


class NaturalModel:
    """`natural`, from weights, or from an ONNX file with cells.json beside it; it has no embedding."""

    def __init__(self, path, temperature=1.0, precision='f32', teacher=None):
        self.network, self.temperature, self.enabled = Natural(), temperature, precision == 'bf16'
        self.session = None
        if Path(path).suffix == '.onnx':
            import onnxruntime
            settings = json.loads(Path(path).with_name('cells.json').read_text())
            self.temperature = settings['temperature']
            self.manifest = {'embedder': {'size': 0}, 'colorizer': {'size': 224, 'saturation': settings['saturation'], 'knee': settings['knee']}}
            self.session = onnxruntime.InferenceSession(str(path), providers=['CPUExecutionProvider'])
            return
        if teacher:
            self.network.backbone.load_teacher(teacher)
        self.network.start(path)
        self.network = self.network.to(memory_format=torch.channels_last).eval()

    def chroma(self, luminance, embedding):
        """a*b*/128 at a quarter of the working size."""
        if self.session:
            scores = torch.from_numpy(self.session.run(None, {'luminance': luminance.numpy()})[0])
        else:
            with torch.autocast('cpu', torch.bfloat16, enabled=self.enabled):
                scores = self.network(luminance.contiguous(memory_format=torch.channels_last))
        return expectation(scores, self.network.cells, self.temperature) / CHROMA_SCALE


class TorchModel:
    """The networks as saved by export.py; optionally in bf16, which is faster on some processors."""

    def __init__(self, path, precision='f32'):
        saved = torch.load(path, map_location='cpu', weights_only=False)  # whole networks, with their code's classes: load your own files only
        self.student, self.colorizer = saved['student'].eval(), saved['colorizer'].eval()
        self.enabled = precision == 'bf16'

    def embed(self, grey):
        with torch.autocast('cpu', torch.bfloat16, enabled=self.enabled):
            return self.student.embedder(grey.contiguous(memory_format=torch.channels_last)).float()

    def chroma(self, luminance, embedding):
        with torch.autocast('cpu', torch.bfloat16, enabled=self.enabled):
            return self.colorizer(luminance.contiguous(memory_format=torch.channels_last), embedding).float()


class OnnxModel:
    """A model folder with an embedder, run by onnxruntime."""

    def __init__(self, folder):
        import onnxruntime
        self.manifest = json.loads((Path(folder) / 'model.json').read_text())
        files = self.manifest['files']
        self.embedder = onnxruntime.InferenceSession(str(Path(folder) / files['embedder']['path']), providers=['CPUExecutionProvider'])
        self.colorizer = onnxruntime.InferenceSession(str(Path(folder) / files['colorizer']['path']), providers=['CPUExecutionProvider'])

    def embed(self, grey):
        return torch.cat([torch.from_numpy(self.embedder.run(None, {'image': one[None].numpy()})[0]) for one in grey])

    def chroma(self, luminance, embedding):
        background = self.manifest['embedder'].get('background')  # the score of a class before the embedder's
        if background is not None:
            embedding = F.pad(embedding, (1, 0), value=background)
        inputs = [{'luminance': light[None].numpy(), 'embedding': vector[None].numpy()} for light, vector in zip(luminance, embedding)]
        return torch.cat([torch.from_numpy(self.colorizer.run(None, values)[0]) for values in inputs])


def resize(x, height, width):
    return F.interpolate(x, size=(height, width), mode='bilinear', antialias=True, align_corners=False)


def working_shape(height, width, size, multiple=8):
    """Working size with the photograph's aspect ratio and the area of a square with side `size`; both sides are multiples of `multiple`."""
    aspect = (width / height) ** 0.5
    return tuple(max(multiple, round(side / multiple) * multiple) for side in (size / aspect, size * aspect))


def to_tensor(image, short_side):
    """PIL image -> sRGB 0..1 [1, 3, H, W], reduced to the short side if larger."""
    scale = short_side / min(image.size)
    if scale < 1:
        image = image.resize((round(image.width * scale), round(image.height * scale)), Image.BICUBIC)
    return torch.from_numpy(np.array(image)).permute(2, 0, 1)[None].float() / 255


def psnr(a, b):
    """PSNR of two sRGB images after rounding to 8 bits, in dB."""
    error = (torch.round(a * 255) - torch.round(b * 255)).pow(2).mean().item()
    return 10 * np.log10(255 ** 2 / max(error, 1e-6))


def measure(ab, lab, rgb):
    """Metrics of predicted a*b* [1, 2, H, W] against a photograph; also the image that results."""
    result = lab_to_rgb(torch.cat((lab[:, :1], ab), 1))
    ours = rgb_to_lab(result)
    squared = (ours[:, 1:] - lab[:, 1:]).pow(2).mean().item()
    rounded = torch.round(result * 255) / 255
    neutral, low = (x[:, 1:].norm(dim=1) < limit for x, limit in ((lab, NEUTRAL), (ours, STAYS)))
    return {'psnr': psnr(result[0], rgb[0]), 'abSquared': squared, 'colourfulness': colourfulness(rounded).item(),
            'ciede2000': ciede2000(ours, lab).mean().item(), 'neutral': neutral.sum().item(), 'kept': (neutral & low).sum().item()}, result


def summarise(rows):
    """Means over photographs, grouped by set, with 'all'."""
    groups = {'all': rows}
    for row in rows:
        groups.setdefault(row['set'], []).append(row)
    summary = {}
    for name, members in groups.items():
        entry = {'photographs': len(members)}
        for kind in ('ours', 'grey', 'shuffled'):
            if kind in members[0]:
                squared = np.array([m[kind]['abSquared'] for m in members])
                entry[kind] = {'psnr': float(np.mean([m[kind]['psnr'] for m in members])),
                               'ciede2000': float(np.mean([m[kind]['ciede2000'] for m in members])),
                               'abRmse': float(np.sqrt(squared).mean()), 'abRmsePooled': float(np.sqrt(squared.mean())),
                               'colourfulness': float(np.mean([m[kind]['colourfulness'] for m in members]))}
        entry['truthColourfulness'] = float(np.mean([m['truth'] for m in members]))
        entry['colourfulnessRatio'] = entry['ours']['colourfulness'] / entry['truthColourfulness']
        entry['abRmseBelowGrey'] = 1 - entry['ours']['abRmse'] / entry['grey']['abRmse']
        entry['abRmsePooledBelowGrey'] = 1 - entry['ours']['abRmsePooled'] / entry['grey']['abRmsePooled']
        entry['nearerThanGrey'] = float(np.mean([m['ours']['abSquared'] < m['grey']['abSquared'] for m in members]))
        entry['neutralKept'] = sum(m['ours']['kept'] for m in members) / max(1, sum(m['ours']['neutral'] for m in members))
        entry['psnrAboveGrey'] = entry['ours']['psnr'] - entry['grey']['psnr']
        summary[name] = entry
    return summary


def thumbnail(rgb, size):
    """[1, 3, H, W] -> uint8 [size, size, 3] of the centre square."""
    side = min(rgb.shape[2:])
    top, left = (rgb.shape[2] - side) // 2, (rgb.shape[3] - side) // 2
    crop = resize(rgb[:, :, top:top + side, left:left + side], size, size)
    return (crop[0].permute(1, 2, 0).clamp(0, 1) * 255).round().byte().numpy()


def contact_sheet(triples, path, columns=4, size=112):
    """Rows of grey, ours, truth; `columns` photographs in a row."""
    lines = -(-len(triples) // columns)
    sheet = Image.new('RGB', (columns * (3 * size + 8), lines * (size + 4)), 'white')
    for number, triple in enumerate(triples):
        x, y = number % columns * (3 * size + 8), number // columns * (size + 4)
        for offset, picture in enumerate(triple):
            sheet.paste(Image.fromarray(picture), (x + offset * size, y))
    sheet.save(path)


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--model', required=True, help='model folder, or the .pt file of export.py')
    parser.add_argument('--photographs', required=True, help='zip file or folder; the folders inside are the sets')
    parser.add_argument('--every', type=int, default=1, help='use every n-th photograph')
    parser.add_argument('--size', type=int, help='working size (default: the manifest\'s, or 256)')
    parser.add_argument('--embedder-size', type=int, help='(default: the manifest\'s, or 299)')
    parser.add_argument('--saturation', type=float)
    parser.add_argument('--natural', action='store_true', help='the file holds weights of `natural`')
    parser.add_argument('--teacher', help='folder of the tfjs ResNet50, for a file of weights without the backbone')
    parser.add_argument('--temperature', type=float, default=1.0, help='of natural')
    parser.add_argument('--knee', type=float, help='see shown() in natural.py (default: the manifest\'s, or 0)')
    parser.add_argument('--short-side', type=int, default=256, help='photographs are shrunk to this first')
    parser.add_argument('--precision', choices=('f32', 'bf16'), default='f32', help='for .pt files')
    parser.add_argument('--threads', type=int, default=0)
    parser.add_argument('--no-shuffle', action='store_true', help='leave out the run with the embeddings of other photographs')
    parser.add_argument('--report', help='JSON file to write')
    parser.add_argument('--sheet', help='PNG contact sheet to write (at most 64 photographs)')
    return parser.parse_args()


def load(arguments):
    """(the model, the number of which its working sides are multiples)."""
    if Path(arguments.model).is_dir():
        return OnnxModel(arguments.model), 8
    if arguments.natural or Path(arguments.model).suffix == '.onnx':
        return NaturalModel(arguments.model, arguments.temperature, arguments.precision, arguments.teacher), MULTIPLE
    return TorchModel(arguments.model, arguments.precision), 8


@torch.no_grad()
def main():
    arguments = parse()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    model, multiple = load(arguments)
    manifest = getattr(model, 'manifest', {'embedder': {'size': 299}, 'colorizer': {'size': 256, 'saturation': 1.0}})
    size = manifest['colorizer']['size']
    size = arguments.size or (size['pixels'] if isinstance(size, dict) else size)  # format 2, or 1
    embedder_size = arguments.embedder_size or manifest['embedder']['size']
    saturation = arguments.saturation or manifest['colorizer']['saturation']
    knee = manifest['colorizer'].get('knee', 0.0) if arguments.knee is None else arguments.knee
    names = list_photographs(arguments.photographs)[::arguments.every]
    photographs = list(read_photographs(arguments.photographs, names))
    greys, embeddings = [], []
    for _, image in [] if isinstance(model, NaturalModel) else photographs:
        lab = rgb_to_lab(to_tensor(image, arguments.short_side))
        grey = resize(lab[:, :1] / 50 - 1, embedder_size, embedder_size).repeat(1, 3, 1, 1)
        embeddings.append(model.embed(grey))
    rows, triples = [], []
    step = max(1, len(photographs) // 64)
    other = np.random.default_rng(3).permutation(len(photographs))
    other = np.roll(other, 1)[np.argsort(other)]  # a derangement: nobody keeps their own
    for number, (name, image) in enumerate(photographs):
        rgb = to_tensor(image, arguments.short_side)
        lab = rgb_to_lab(rgb)
        height, width = rgb.shape[2:]
        luminance = resize(lab[:, :1] / 50 - 1, *working_shape(height, width, size, multiple))
        row = {'name': name, 'set': name.rsplit('/', 1)[0] if '/' in name else '.', 'truth': colourfulness(rgb).item()}
        row['grey'], grey = measure(torch.zeros_like(lab[:, 1:]), lab, rgb)
        chosen = {'ours': number} if arguments.no_shuffle or not embeddings else {'shuffled': other[number], 'ours': number}
        for kind, index in chosen.items():
            ab = shown(model.chroma(luminance, embeddings[index] if embeddings else None) * CHROMA_SCALE, saturation, knee)
            ab = F.interpolate(ab, size=(height, width), mode='bilinear', align_corners=False)
            row[kind], result = measure(ab, lab, rgb)
        rows.append(row)
        if arguments.sheet and number % step == 0 and len(triples) < 64:
            triples.append([thumbnail(picture, 112) for picture in (grey, result, rgb)])
    summary = summarise(rows)
    for name, entry in summary.items():
        print(f"{name:10s} n={entry['photographs']:3d} PSNR {entry['ours']['psnr']:.2f} (grey {entry['grey']['psnr']:.2f}) "
              f"abRMSE {entry['ours']['abRmse']:.2f} (grey {entry['grey']['abRmse']:.2f}, -{entry['abRmseBelowGrey']:.1%}; "
              f"pooled -{entry['abRmsePooledBelowGrey']:.1%}) colourfulness {entry['ours']['colourfulness']:.1f} of "
              f"{entry['truthColourfulness']:.1f} ({entry['colourfulnessRatio']:.0%}) CIEDE2000 {entry['ours']['ciede2000']:.2f} (grey {entry['grey']['ciede2000']:.2f}) "
              f"nearer {entry['nearerThanGrey']:.0%} neutral kept {entry['neutralKept']:.0%}"
              + (f" shuffled abRMSE {entry['shuffled']['abRmse']:.2f}" if 'shuffled' in entry else ''), flush=True)
    if arguments.report:
        settings = {'size': size, 'embedderSize': embedder_size, 'saturation': saturation, 'knee': knee, 'shortSide': arguments.short_side}
        Path(arguments.report).write_text(json.dumps({'settings': settings, 'summary': summary, 'photographs': rows}, indent=1))
    if arguments.sheet:
        contact_sheet(triples, arguments.sheet)


if __name__ == '__main__':
    main()
