"""Trains the colour teacher: a small head on a frozen ResNet50's feature maps of a grey photograph, which predicts a*b*.

After minutes it distinguishes grass from sand, because ResNet50 was trained on a million photographs. It is used in training
only: train_colorizer.py --colour-teacher learns its a*b*, which vary far less than those of single photographs, and its
features. It is trained on whole photographs, with a squared error.
"""
import argparse

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

import loop
from colour import CHROMA_SCALE, rgb_to_lab
from data import kept_table
from sampling import step_generator, whole
from teacher import Teacher
from train_embedding import grey_input

WIDTH = 128  # channels of the head, and of the features that the colorizer learns
COARSE, FINE = 16, 32  # cells a side of the features and of the predicted a*b*, whatever the photograph's size
MAPS = (256, 512, 1024, 2048)


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    loop.add_arguments(parser)
    parser.add_argument('--teacher', required=True, help='folder of the tfjs ResNet50 (model.json and shards)')
    parser.add_argument('--size', type=int, default=160, help='pixels at which ResNet50 sees a photograph')
    parser.add_argument('--decay', type=float, default=0.05, help='weight decay')
    return parser.parse_args()


def resized(x, cells):
    return F.interpolate(x, size=(cells, cells), mode='bilinear', align_corners=False)


class Head(nn.Module):
    """ResNet50's maps and the luminance [N, 1, FINE, FINE] -> (a*b*/128 [N, 2, FINE, FINE], features [N, WIDTH, COARSE, COARSE])."""

    def __init__(self):
        super().__init__()
        self.from_maps = nn.ModuleList(nn.Conv2d(channels, WIDTH, 1) for channels in MAPS)
        self.overall = nn.Linear(MAPS[-1], WIDTH)
        self.drop = nn.Dropout2d(0.2)
        self.norms = nn.ModuleList(nn.BatchNorm2d(WIDTH) for _ in range(4))
        self.first, self.second, self.third = (nn.Conv2d(WIDTH, WIDTH, 3, 1, 1) for _ in range(3))
        self.from_luminance = nn.Conv2d(1, WIDTH, 3, 1, 1)
        self.last = nn.Conv2d(WIDTH, 2, 1)

    def forward(self, maps, luminance):
        fine, *coarse = (layer(self.drop(x) if x.shape[1] > 256 else x) for layer, x in zip(self.from_maps, maps))
        overall = self.overall(maps[-1].mean((2, 3)))[:, :, None, None]
        x = F.relu(self.norms[0](sum(resized(y, COARSE) for y in coarse) + overall))
        x = x + F.relu(self.norms[1](self.first(x)))
        features = x + F.relu(self.norms[2](self.second(self.drop(x))))
        x = resized(features, FINE) + resized(fine, FINE) + self.from_luminance(luminance)
        return self.last(F.relu(self.norms[3](self.third(F.relu(x))))), features


class ColourTeacher(nn.Module):
    """sRGB 0..1 [N, 3, H, W], converted to grey -> the outputs of Head. ResNet50 is frozen and not part of the state."""

    def __init__(self, folder, size, device):
        super().__init__()
        self.size = size
        self.head = Head().to(device, memory_format=torch.channels_last)
        self._teacher = [Teacher(folder).to(device, memory_format=torch.channels_last)]

    def forward(self, rgb):
        with torch.no_grad():
            grey = grey_input(resized(rgb, self.size)) / 2 + 0.5
            maps = list(self._teacher[0].maps(grey.contiguous(memory_format=torch.channels_last)))
        return self.head(maps, resized(rgb_to_lab(rgb)[:, :1], FINE) / 50 - 1)


class ColourTargets:
    """A trained teacher's outputs for whole photographs, computed on first use and cached beside its checkpoint (float16)."""

    def __init__(self, checkpoint, pools, device, precision):
        state = torch.load(checkpoint, map_location=device)
        self.teacher = ColourTeacher(state['arguments']['teacher'], state['arguments']['size'], device)
        self.teacher.load_state_dict(state['average'])
        self.teacher.eval()
        self.device, self.precision = device, precision

        def tables(what, *shape):
            """The cache file; a teacher that was trained further gets another one. Rows of zeros are not computed yet."""
            stem = f'{checkpoint}.{state["step"]}-{what}'
            return [kept_table(f'{stem}-{pool.size}-{len(pool)}.npy', (len(pool), *shape)) for pool in pools]

        self.tables = list(zip(tables('colours', 2, FINE, FINE), tables('features', WIDTH, COARSE, COARSE)))

    @torch.no_grad()
    def __call__(self, pool, indices, pixels):
        """(a*b*/128 [n, 2, FINE, FINE], features [n, WIDTH, COARSE, COARSE])."""
        tables = self.tables[pool]
        missing = np.flatnonzero(~tables[0][indices].any((1, 2, 3)))
        if len(missing):
            images = whole(pixels[torch.from_numpy(missing).to(pixels.device)], self.teacher.size)
            with loop.autocast(self.device, self.precision):
                answers = self.teacher(images)
            for table, answer in zip(reversed(tables), reversed(answers)):  # colours last: they tell what is there
                table[indices[missing]] = answer.to(torch.float16).cpu().numpy()
        return tuple(torch.from_numpy(table[indices].astype(np.float32)).to(self.device) for table in tables)


def truth_of(rgb):
    """a*b*/128 averaged to [N, 2, FINE, FINE]."""
    return F.adaptive_avg_pool2d(rgb_to_lab(rgb)[:, 1:], FINE) / CHROMA_SCALE


@torch.no_grad()
def held_out(model, sampler, precision, batches=16, batch=48):
    """ab-RMSE relative to grey, and mean chroma relative to the photographs, at FINE cells."""
    model.eval()
    sums = np.zeros(4)
    photographs = sum(map(len, sampler.members))
    for step in range(min(batches, -(-photographs // batch))):
        for _, _, pixels in sampler.batch(step, min(batch, photographs)):
            rgb = whole(pixels, model.size)
            truth = truth_of(rgb)
            with loop.autocast(sampler.device, precision):
                predicted = model(rgb)[0].float()
            sums += [(predicted - truth).pow(2).mean().item() * len(rgb), truth.pow(2).mean().item() * len(rgb),
                     predicted.norm(dim=1).mean().item() * len(rgb), truth.norm(dim=1).mean().item() * len(rgb)]
    return {'rmse_over_grey': float(np.sqrt(sums[0] / sums[1])), 'chroma_ratio': float(sums[2] / sums[3])}


def main():
    arguments = parse()
    device, precision = arguments.device, arguments.precision
    pools, training, checking = loop.begin(arguments)
    model = ColourTeacher(arguments.teacher, arguments.size, device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=arguments.rate, weight_decay=arguments.decay)
    run = loop.Run(arguments, model, optimizer)
    going, sums = run.fraction() < 1, []
    while going:
        rate = run.schedule()
        random = step_generator(arguments.seed, run.step)
        torch.manual_seed(arguments.seed * 1000003 + run.step)
        model.train()
        images = []
        for _, indices, pixels in training.batch(run.step, arguments.batch):
            images.append(whole(pixels, arguments.size, torch.from_numpy(random.random(len(indices)) < 0.5)))
        rgb = torch.cat(images)
        truth = truth_of(rgb)
        with loop.autocast(device, precision):
            predicted, _ = model(rgb)
        error = (predicted.float() - truth).pow(2).mean()
        optimizer.zero_grad(set_to_none=True)
        (error * 100).backward()
        optimizer.step()
        sums.append((error.item(), truth.pow(2).mean().item()))
        values = {}
        if len(sums) == 20:
            squared, grey = np.mean(sums, 0)
            values, sums = {'loss': float(squared * 100), 'rmse_over_grey': float(np.sqrt(squared / grey)), 'rate': rate}, []
        going = run.finished_step(**values)
        if run.step % 200 == 0 or not going:
            run.log(kind='held-out', **held_out(run.average.model, checking, precision))
    run.save()


if __name__ == '__main__':
    main()
