"""Trains a colorizing network on the a*b* of photographs, with the embedding of the whole photograph.

The embedding network is frozen and its scores are kept for each photograph (or trained jointly with --joint).
The loss is a squared error at half the crop's size, weighted by the rarity of colours (Zhang et al. 2016), which counteracts
greyish results. With --colour-teacher, the outputs of that teacher (colour_teacher.py) count
more: its a*b*, and its features, which a linear layer predicts after the fusion (removed at export). --recipe
seed selects the objective of the seed method instead: plain squared error, Adam 1e-3 reduced on plateau, shear, zoom,
rotation and flip.
"""
import argparse
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

import loop
from colorizer import FUSION, NETWORKS, Colorizer
from colour import CHROMA_SCALE, rgb_to_lab
from colour_teacher import WIDTH, ColourTargets
from rarity import rarity_table, rarity_weights
from sampling import step_generator, transforms, warp, warp_maps, whole
from train_embedding import Student, TeacherScores, distillation, grey_input
from warm_start import centre_norms, start_colorizer, start_embedder


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    loop.add_arguments(parser)
    parser.add_argument('--network', choices=tuple(NETWORKS), default='table')
    parser.add_argument('--recipe', choices=('rarity', 'seed'), default='rarity')
    parser.add_argument('--sizes', default='80:0,112:0.5,144:0.85', help='crop pixels : share of the run it starts at')
    parser.add_argument('--crop', type=float, default=0.5, help='smallest side of a crop, share of the photograph')
    parser.add_argument('--embedder', help='checkpoint.pt of train_embedding, or a model folder (none: the embedding is zero)')
    parser.add_argument('--embedder-size', type=int, default=128, help='pixels at which the embedding is computed')
    parser.add_argument('--joint', action='store_true', help='train the embedding network too')
    parser.add_argument('--teacher', help='with --joint: keeps distilling from this teacher')
    parser.add_argument('--distill', type=float, default=0.02, help='weight of the distillation with --joint; --truth does not touch it')
    parser.add_argument('--colour-teacher', help='checkpoint.pt of colour_teacher.py')
    parser.add_argument('--truth', type=float, default=0.3, help='with --colour-teacher: weight of the photograph\'s own colours')
    parser.add_argument('--hint', type=float, default=0.5, help='with --colour-teacher: weight of its features')
    parser.add_argument('--rarity', type=float, default=0.5, help='exponent of the rarity weights (0: plain squared error)')
    parser.add_argument('--decay', type=float, default=0.01, help='weight decay')
    parser.add_argument('--check-every', type=float, default=5.0, help='minutes between checks on held-out photographs')
    parser.add_argument('--init', help='model folder, such as models/inception-table, whose colorizer.onnx to start from')
    parser.add_argument('--start', help='checkpoint.pt whose averaged colorizer weights to start from')
    return parser.parse_args()


def load_student(path, device, averaged=True):
    """The embedding network of a checkpoint of train_embedding, or of a model folder, in evaluation mode."""
    if Path(path).is_dir():
        student = Student()
        student.settings = {'classes': 1000, 'keep': 1.0}
        start_embedder(student.embedder, path)
        return student.to(device, memory_format=torch.channels_last).eval()
    state = torch.load(path, map_location=device)
    student = Student(state['arguments']['classes'], state['arguments']['keep'])
    student.load_state_dict(state['average' if averaged else 'model'])
    student.settings = {'classes': state['arguments']['classes'], 'keep': state['arguments']['keep']}
    return student.to(device, memory_format=torch.channels_last).eval()


class Joint(nn.Module):
    """All trained networks as one module, for one optimizer, average and checkpoint."""

    def __init__(self, colorizer, student=None, hint=None):
        super().__init__()
        self.colorizer, self.student, self.hint = colorizer, student, hint


class Embeddings:
    """Scores of whole photographs by the frozen embedding network, computed on first use and cached."""

    def __init__(self, student, pools, size, width, device, precision, kept=None):
        self.student, self.size, self.width = student, size, width
        self.device, self.precision = device, precision
        self.tables = []
        for pool in pools:
            path = Path(f'{kept}.{size}-{pool.size}-{len(pool)}.npy') if kept else None
            self.tables.append(np.load(path) if path and path.exists() else np.full((len(pool), width), np.nan, np.float16))

    @torch.no_grad()
    def __call__(self, pool, indices, pixels):
        if self.student is None:
            return torch.zeros(len(indices), self.width, device=self.device)
        table = self.tables[pool]
        missing = np.flatnonzero(np.isnan(table[indices, 0]))
        if len(missing):
            images = whole(pixels[torch.from_numpy(missing).to(pixels.device)], self.size)
            scores = embed(self.student, images, self.precision)
            table[indices[missing]] = scores.clamp(-6e4, 6e4).cpu().numpy().astype(np.float16)
        return torch.from_numpy(table[indices].astype(np.float32)).to(self.device)


def embed(student, rgb, precision):
    """Scores [N, classes] of whole colour photographs converted to grey."""
    with loop.autocast(rgb.device, precision):
        return student.embedder(grey_input(rgb).contiguous(memory_format=torch.channels_last)).float()


def size_at(sizes, fraction):
    """Crop size at this fraction of the run."""
    rows = [item.split(':') for item in sizes.split(',')]
    return [int(size) for size, start in rows if fraction >= float(start)][-1]


def colour_loss(predicted, truth, table, exponent):
    """Weighted squared error and plain RMSE (in a*b* units); both [N, 2, h, w] scaled by 1/128."""
    error = (predicted.float() - truth) ** 2
    rmse = error.mean().sqrt() * CHROMA_SCALE
    if table is None or exponent == 0:
        return error.mean() * 100, rmse
    return (error * rarity_weights(truth * CHROMA_SCALE, table, exponent)).mean() * 100, rmse


def teacher_loss(predicted, taught, features, learnt):
    """Squared errors against the colour teacher's a*b*/128 (times 100, as colour_loss) and of its features (over their variance)."""
    cells = taught.shape[-1]
    colour = (F.adaptive_avg_pool2d(predicted.float(), cells) - taught).pow(2).mean() * 100
    return colour, (learnt.float() - features).pow(2).mean() / features.var()


def luminance_and_truth(rgb):
    """sRGB crops -> L/50 - 1 at full size and a*b*/128 averaged to half of it."""
    lab = rgb_to_lab(rgb)
    return lab[:, :1] / 50 - 1, F.avg_pool2d(lab[:, 1:], 2) / CHROMA_SCALE


@torch.no_grad()
def held_out(colorizer, sampler, embeddings, size, precision, batches=3, batch=48):
    """ab-RMSE with the right and with shuffled embeddings and of grey, and mean chroma relative to the truth."""
    colorizer.eval()
    sums = np.zeros(5)
    for step in range(batches):
        for pool, indices, pixels in sampler.batch(step, batch):
            luminance, truth = luminance_and_truth(whole(pixels, size))
            luminance = luminance.contiguous(memory_format=torch.channels_last)
            embedding = embeddings(pool, indices, pixels)
            with loop.autocast(sampler.device, precision):
                right = colorizer(luminance, embedding, upsample=False).float()
                shuffled = colorizer(luminance, embedding.roll(1, 0), upsample=False).float()
            sums += [((right - truth) ** 2).mean((1, 2, 3)).sum().item(), ((shuffled - truth) ** 2).mean((1, 2, 3)).sum().item(),
                     (truth ** 2).mean((1, 2, 3)).sum().item(), right.norm(dim=1).mean((1, 2)).sum().item(),
                     truth.norm(dim=1).mean((1, 2)).sum().item()]
    rmse, shuffled, grey = np.sqrt(sums[:3] / sums[2])
    return {'rmse_over_grey': float(rmse), 'shuffled_over_grey': float(shuffled), 'chroma_ratio': float(sums[3] / sums[4])}


def whole_batch(colorizer, sampler, embeddings, step, arguments):
    """Runs whole photographs at the run's first size once, for norm statistics."""
    for pool, indices, pixels in sampler.batch(step, arguments.batch):
        luminance, _ = luminance_and_truth(whole(pixels, size_at(arguments.sizes, 0)))
        colorizer(luminance.contiguous(memory_format=torch.channels_last), embeddings(pool, indices, pixels), upsample=False)


def crops_of(random, arguments, count, seed_recipe):
    if seed_recipe:
        return transforms(random, count, 0.9, 1.0, rotate=20, shear=11, zoom=0.2, square=0)
    return transforms(random, count, arguments.crop, 1.0)


def main():
    arguments = parse()
    device, precision = arguments.device, arguments.precision
    seed_recipe = arguments.recipe == 'seed'
    pools, training, checking = loop.begin(arguments)
    student = load_student(arguments.embedder, device) if arguments.embedder else None
    if arguments.joint:
        vars(arguments).update(student.settings)  # so that the checkpoint tells export.py
    taught = ColourTargets(arguments.colour_teacher, pools, device, precision) if arguments.colour_teacher else None
    model = Joint(Colorizer(arguments.network), student if arguments.joint else None, nn.Conv2d(FUSION, WIDTH, 1) if taught else None)
    model = model.to(device, memory_format=torch.channels_last)
    if arguments.start:
        state = torch.load(arguments.start, map_location=device)['average']
        model.load_state_dict(state, strict=False)
    embeddings = Embeddings(student, pools, arguments.embedder_size, model.colorizer.embedding_width, device, precision,
                            None if arguments.joint or Path(arguments.embedder or '.').is_dir() else arguments.embedder)
    if arguments.init:
        start_colorizer(model.colorizer, arguments.init)
        with loop.autocast(device, precision):
            centre_norms(model.colorizer, lambda number: whole_batch(model.colorizer, training, embeddings, number, arguments))
    table = None if seed_recipe or not arguments.rarity else rarity_table(pools, device)
    make = torch.optim.Adam if seed_recipe else torch.optim.AdamW
    optimizer = make(model.parameters(), lr=arguments.rate, weight_decay=0.0 if seed_recipe else arguments.decay)
    run = loop.Run(arguments, model, optimizer)
    teacher = None
    if arguments.joint and arguments.teacher:
        teacher = TeacherScores(arguments.teacher, pools, 128, device, precision, arguments.cache)
    checked, going, sums = run.minutes, run.fraction() < 1, []
    while going:
        rate = run.schedule(constant=seed_recipe)
        random = step_generator(arguments.seed, run.step)
        torch.manual_seed(arguments.seed * 1000003 + run.step)
        size = size_at(arguments.sizes, run.fraction())
        crops, vectors, answers, distilled = [], [], [], 0.0
        model.train()
        for pool, indices, pixels in training.batch(run.step, arguments.batch):
            theta = crops_of(random, arguments, len(indices), seed_recipe)
            crops.append(warp(pixels, theta, size))
            if taught:
                colours, features = taught(pool, indices, pixels)
                answers.append((warp_maps(colours, theta, size // 4), warp_maps(features, theta, size // 8)))
            if arguments.joint:
                vectors.append(embed(model.student, whole(pixels, arguments.embedder_size), precision))
                if teacher:
                    distilled = distilled + distillation(vectors[-1], teacher(pool, indices, pixels), 3.0) * len(indices) / arguments.batch
            else:
                vectors.append(embeddings(pool, indices, pixels))
        luminance, truth = luminance_and_truth(torch.cat(crops))
        with loop.autocast(device, precision):
            fused = model.colorizer.fused(luminance.contiguous(memory_format=torch.channels_last), torch.cat(vectors))
            predicted = model.colorizer.decoded(fused, upsample=False)
            learnt = model.hint(fused) if taught else None
        colour, rmse = colour_loss(predicted, truth, table, arguments.rarity)
        loss, lessons = colour, {}
        if taught:
            lesson, hint = teacher_loss(predicted, *map(torch.cat, zip(*answers)), learnt)
            loss = lesson + arguments.truth * colour + arguments.hint * hint
            lessons = {'teacher_loss': lesson.item(), 'hint_loss': hint.item()}
        optimizer.zero_grad(set_to_none=True)
        (loss + arguments.distill * distilled).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimizer.step()
        sums.append({'loss': colour.item(), 'rmse_over_grey': rmse.item() / (truth.pow(2).mean().sqrt().item() * CHROMA_SCALE), **lessons})
        values = {}
        if len(sums) == 20:
            values = {name: float(np.mean([row[name] for row in sums])) for name in sums[0]} | {'rate': rate, 'size': size}
            sums = []
        going = run.finished_step(**values)
        if run.minutes - checked > arguments.check_every or not going:
            averaged = run.average.model
            embeddings.student = averaged.student if arguments.joint else student
            if arguments.joint:
                [table_.fill(np.nan) for table_ in embeddings.tables]
            score = held_out(averaged.colorizer, checking, embeddings, 128, precision)
            run.log(kind='held-out', **score)
            checked = run.minutes
            best = run.extra.get('best')
            if best is None or score['rmse_over_grey'] < best - 1e-4:
                run.extra.update(best=score['rmse_over_grey'], since=0)
            else:
                run.extra['since'] += 1
                if run.extra['since'] >= 2:  # reduced on plateau (the seed recipe only uses it)
                    run.rate_factor, run.extra['since'] = run.rate_factor * 0.3, 0
    run.save()


if __name__ == '__main__':
    main()
