"""Trains the embedding network: Inception-ResNet-v2 on grey photographs, distilled from the teacher's scores in colour.

The loss is the Kullback-Leibler divergence of softened scores, plus a smaller one on the photograph's coarse histogram
of a*b* that a linear layer predicts from the scores (removed at export), so that the scores contain expected colours.
"""
import argparse
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

import loop
from colour import rgb_to_lab
from data import kept_table
from inception import InceptionResNetV2
from sampling import step_generator, transforms, warp, whole
from teacher import Teacher
from warm_start import centre_norms, start_embedder

BINS = 6  # the coarse histogram has BINS x BINS cells over a*, b* in -54..54


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    loop.add_arguments(parser)
    parser.add_argument('--teacher', required=True, help='folder of the tfjs ResNet50 (model.json and shards)')
    parser.add_argument('--size', type=int, default=96, help='pixels of the student\'s crops')
    parser.add_argument('--late-size', type=int, default=0, help='pixels in the last fifth of the run (0: the same)')
    parser.add_argument('--teacher-size', type=int, default=128)
    parser.add_argument('--temperature', type=float, default=3.0)
    parser.add_argument('--keep', type=float, default=0.6, help='share of residual blocks that run in a training step')
    parser.add_argument('--histogram', type=float, default=0.3, help='weight of the colour histogram loss')
    parser.add_argument('--decay', type=float, default=0.03, help='weight decay')
    parser.add_argument('--crop', type=float, default=0.75, help='smallest side of a crop, share of the photograph')
    parser.add_argument('--init', help='model folder, such as models/inception-table, whose embedder.onnx to start from')
    parser.add_argument('--classes', type=int, default=1000, choices=(1000, 1001))
    return parser.parse_args()


class Student(nn.Module):
    """The embedding network and the linear layer that predicts the colour histogram from its scores."""

    def __init__(self, classes=1000, keep=1.0):
        super().__init__()
        self.embedder = InceptionResNetV2(classes, keep)
        self.histogram = nn.Linear(classes, BINS * BINS)

    def forward(self, grey):
        scores = self.embedder(grey).float()
        return scores, self.histogram(scores * 0.1)


def grey_input(rgb):
    """sRGB 0..1 [N, 3, H, W] -> L/50 - 1 stacked three times."""
    return (rgb_to_lab(rgb)[:, :1] / 50 - 1).repeat(1, 3, 1, 1)


def colour_histogram(rgb):
    """Share of the photograph's area in each coarse a*b* cell, [N, BINS * BINS]."""
    ab = rgb_to_lab(F.avg_pool2d(rgb, 4))[:, 1:].flatten(2)
    cells = ((ab + 54) / 18).floor().clamp(0, BINS - 1).long()
    return F.one_hot(cells[:, 0] * BINS + cells[:, 1], BINS * BINS).float().mean(1)


class TeacherScores:
    """The teacher's scores of whole photographs, computed on first use and cached (float16)."""

    def __init__(self, folder, pools, size, device, precision, cache=None):
        self.teacher = Teacher(folder).to(device, memory_format=torch.channels_last)
        self.size, self.device, self.precision = size, device, precision
        paths = [Path(cache) / f'teacher{size}-{pool.size}-{len(pool)}.npy' if cache else None for pool in pools]
        self.tables = [kept_table(path, (len(pool), 1000)) for path, pool in zip(paths, pools)]  # a row of zeros: not computed yet

    def known(self, pool, indices):
        """Whether each of these photographs has cached scores."""
        return self.tables[pool][indices].any(1)

    @torch.no_grad()
    def __call__(self, pool, indices, pixels):
        table = self.tables[pool]
        missing = np.flatnonzero(~table[indices].any(1))
        if len(missing):
            images = whole(pixels[torch.from_numpy(missing).to(pixels.device)], self.size)
            with loop.autocast(self.device, self.precision):
                scores = self.teacher(images.contiguous(memory_format=torch.channels_last))
            table[indices[missing]] = scores.float().clamp(-6e4, 6e4).cpu().numpy().astype(np.float16)
        return torch.from_numpy(table[indices].astype(np.float32)).to(self.device)


def distillation(scores, target, temperature):
    """Kullback-Leibler divergence of softened distributions, times the temperature squared."""
    student = F.log_softmax(scores[:, :1000] / temperature, 1)
    return F.kl_div(student, F.softmax(target / temperature, 1), reduction='batchmean') * temperature ** 2


@torch.no_grad()
def held_out(model, sampler, teacher, size, precision, batches=6, batch=64):
    """Losses and top-1 agreement with the teacher on held-out photographs."""
    model.eval()
    divergence, agree, top5, histogram, count = 0.0, 0.0, 0.0, 0.0, 0
    for step in range(batches):
        for pool, indices, pixels in sampler.batch(step, batch):
            target = teacher(pool, indices, pixels)
            rgb = whole(pixels, size)
            with loop.autocast(sampler.device, precision):
                scores, cells = model(grey_input(rgb).contiguous(memory_format=torch.channels_last))
            best = target.argmax(1)
            divergence += distillation(scores, target, 1.0).item() * len(best)
            histogram += -(colour_histogram(rgb) * F.log_softmax(cells.float(), 1)).sum().item()
            agree += (scores.argmax(1) == best).sum().item()
            top5 += (scores.topk(5, 1).indices == best[:, None]).any(1).sum().item()
            count += len(best)
    return {'divergence': divergence / count, 'histogram': histogram / count, 'agreement': agree / count, 'top5': top5 / count}


def grey_crops(sampler, step, arguments):
    """A batch of whole photographs in grey, at the size of the crops."""
    rgb = torch.cat([whole(pixels, arguments.size) for _, _, pixels in sampler.batch(step, arguments.batch)])
    return grey_input(rgb).contiguous(memory_format=torch.channels_last)


def main():
    arguments = parse()
    device = arguments.device
    pools, training, checking = loop.begin(arguments)
    model = Student(arguments.classes, arguments.keep).to(device, memory_format=torch.channels_last)
    if arguments.init:
        start_embedder(model.embedder, arguments.init)
        with loop.autocast(device, arguments.precision):
            centre_norms(model.embedder, lambda number: model.embedder(grey_crops(training, number, arguments)))
    weights = [p for p in model.parameters() if p.dim() > 1]
    others = [p for p in model.parameters() if p.dim() <= 1]
    optimizer = torch.optim.AdamW([{'params': weights, 'weight_decay': arguments.decay},
                                   {'params': others, 'weight_decay': 0.0}], lr=arguments.rate)
    run = loop.Run(arguments, model, optimizer)
    teacher = TeacherScores(arguments.teacher, pools, arguments.teacher_size, device, arguments.precision, arguments.cache)
    checked, going = run.minutes, run.fraction() < 1
    while going:
        rate = run.schedule()
        random = step_generator(arguments.seed, run.step)
        torch.manual_seed(arguments.seed * 1000003 + run.step)
        size = arguments.late_size if arguments.late_size and run.fraction() > 0.8 else arguments.size
        crops, targets = [], []
        for pool, indices, pixels in training.batch(run.step, arguments.batch):
            targets.append(teacher(pool, indices, pixels))
            crops.append(warp(pixels, transforms(random, len(indices), arguments.crop, 1.0), size))
        rgb, target = torch.cat(crops), torch.cat(targets)
        model.train()
        with loop.autocast(device, arguments.precision):
            scores, cells = model(grey_input(rgb).contiguous(memory_format=torch.channels_last))
        kl = distillation(scores, target, arguments.temperature)
        colours = -(colour_histogram(rgb) * F.log_softmax(cells.float(), 1)).sum(1).mean()
        loss = kl / arguments.temperature + arguments.histogram * colours
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimizer.step()
        show = run.step % 10 == 9
        values = {'loss': loss.item(), 'divergence_T': kl.item(), 'histogram': colours.item(), 'rate': rate,
                  'agreement': (scores.argmax(1) == target.argmax(1)).float().mean().item()} if show else {}
        going = run.finished_step(**values)
        if run.minutes - checked > 5 or not going:
            run.log(kind='held-out', **held_out(run.average.model, checking, teacher, size, arguments.precision))
            checked = run.minutes
    run.save()


if __name__ == '__main__':
    main()
