"""Trains a colorizing network on the colours of photographs, with the embedding of the whole photograph.

The embedding network is frozen and its scores are kept for each photograph, or it is trained too (--joint). With --strong, the
network learns mostly from `natural` (colour_teacher.py): its mean a*b*, its features (a linear layer predicts them after the fusion)
and its distribution over a*b* cells (another linear layer predicts it there, and the photograph's own cells). Export leaves both
layers out. A squared error alone teaches grey, and that of single photographs more so.

--recipe seed is the seed method instead: a plain squared error, no norms, Adam 1e-3 reduced on plateau, shear, zoom, rotation
and flip, everything from random values.
"""
import argparse
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

import loop
from colorizer import CLASSES, FUSION, NETWORKS, Colorizer
from colour import CHROMA_SCALE, rgb_to_lab
from colour_teacher import WIDTH, ColourTeacher
from damage import Damage
from data import Kept, fingerprint
from norms import settle
from rarity import rarity_table, rarity_weights
from sampling import step_generator, transforms, warp, warp_maps, whole
from train_embedding import TeacherAnswers, distillation, grey_input, load_student, measure_features, network_input
from train_natural import SoftCells
from warm_start import start_colorizer

CHECK_SIZE = 128  # pixels of held-out photographs


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    loop.add_arguments(parser)
    parser.add_argument('--network', choices=tuple(NETWORKS), default='table')
    parser.add_argument('--recipe', choices=('ours', 'seed'), default='ours')
    parser.add_argument('--init', help='model folder, such as models/inception-table, whose colorizer.onnx to start from')
    parser.add_argument('--start', help='checkpoint.pt whose averaged colorizer weights to start from')
    parser.add_argument('--sizes', default='80:0,112:0.5,144:0.85', help='crop pixels (multiples of 8) : share of the run it starts at')
    parser.add_argument('--crop', type=float, default=0.5, help='smallest side of a crop, share of the photograph')
    parser.add_argument('--damage', type=float, default=0.0, help='share of the crops that are damaged like old photographs')
    parser.add_argument('--embedder', help='checkpoint of train_embedding or finish_embedding, or a model folder (none: the embedding is zero)')
    parser.add_argument('--embedder-size', type=int, help='pixels at which the embedding is computed (default: the embedder\'s own)')
    parser.add_argument('--strong', help='weights of natural to learn from: checkpoint.pt of train_natural.py, or weights alone')
    parser.add_argument('--teacher', help='folder of the tfjs ResNet50, for --strong and for --joint')
    parser.add_argument('--colour-size', type=int, default=160, help='pixels at which natural sees a photograph')
    parser.add_argument('--temperature', type=float, default=0.8, help='of the mean of natural\'s distribution')
    parser.add_argument('--truth', type=float, default=0.3, help='with --strong: weight of the photograph\'s own colours')
    parser.add_argument('--hint', type=float, default=0.5, help='weight of natural\'s features')
    parser.add_argument('--cells', type=float, default=0.2, help='weight of the distribution over cells')
    parser.add_argument('--fresh', action='store_true', help='ask natural anew for each crop instead of keeping its answers (accelerators)')
    parser.add_argument('--joint', action='store_true', help='train the embedding network too')
    parser.add_argument('--distill', type=float, default=0.1, help='with --joint and --teacher: weight of what ResNet50 teaches the embedder')
    parser.add_argument('--rarity', type=float, default=0.0, help='exponent of the rarity weights of Zhang et al. 2016 (0: plain squared error)')
    parser.add_argument('--decay', type=float, default=0.01, help='weight decay')
    parser.add_argument('--check-every', type=float, default=15.0, help='minutes between checks on held-out photographs')
    arguments = parser.parse_args()
    if arguments.recipe == 'seed':
        if arguments.strong or arguments.joint or arguments.init or arguments.start:
            parser.error('--recipe seed trains from random values, on photographs alone')
        arguments.average, arguments.rarity, arguments.decay = 0.0, 0.0, 0.0
    if (arguments.strong or arguments.joint) and not arguments.teacher:
        parser.error('--strong and --joint need --teacher')
    if arguments.joint and not arguments.embedder:
        parser.error('--joint needs --embedder')
    return arguments


class Joint(nn.Module):
    """All trained networks as one module, for one optimizer, average and checkpoint; `hint` and `cells` are left out at export."""

    def __init__(self, colorizer, student=None, cells=0):
        super().__init__()
        self.colorizer, self.student = colorizer, student
        self.hint = nn.Conv2d(FUSION, WIDTH, 1) if cells else None
        self.cells = nn.Conv2d(FUSION, cells, 1) if cells else None


class Embeddings:
    """Scores of whole photographs by the frozen embedding network, each computed once and kept in files `stem`... if given."""

    def __init__(self, student, pools, size, device, precision, stem=None):
        self.student, self.size, self.device, self.precision = student, size, device, precision
        self.kept = [Kept(len(pool), [(CLASSES,)], stem and f'{stem}-{size}-{pool.size}-{len(pool)}') for pool in pools]

    @torch.no_grad()
    def __call__(self, pool, indices, pixels):
        if self.student is None:
            return torch.zeros(len(indices), CLASSES, device=self.device)

        def compute(missing):
            images = whole(pixels[torch.from_numpy(missing).to(pixels.device)], self.size)
            return [embed(self.student, images, self.precision)]
        return self.kept[pool](indices, compute, self.device)[0]


def embed(student, rgb, precision):
    """Scores [N, classes] of whole colour photographs converted to grey."""
    with loop.autocast(rgb.device, precision):
        return student.embedder(grey_input(rgb)).float()


def colour_loss(predicted, truth, table, exponent):
    """Weighted squared error and plain RMSE (in a*b* units); both [N, 2, h, w] scaled by 1/128."""
    error = (predicted.float() - truth) ** 2
    rmse = error.mean().sqrt() * CHROMA_SCALE
    if table is None:
        return error.mean() * 100, rmse
    return (error * rarity_weights(truth * CHROMA_SCALE, table, exponent)).mean() * 100, rmse


class Lessons:
    """The losses against the colour teacher's answers."""

    def __init__(self, teacher, arguments):
        self.teacher, self.arguments, self.soft = teacher, arguments, SoftCells(teacher.cells)

    def answers(self, pool, indices, pixels, theta, size):
        """(a*b*/128 [n, 2, size/4, size/4], features [n, WIDTH, size/8, size/8]) of the crops `theta`."""
        colours, features = self.teacher.fresh(pixels) if self.arguments.fresh else self.teacher(pool, indices, pixels)
        return warp_maps(colours, theta, size // 4), warp_maps(features, theta, size // 8)

    def loss(self, predicted, learnt, likely, colours, features, truth):
        """predicted a*b*/128; learnt features and scores of cells, of what the network knows after the fusion; the teacher's colours and
        features; the photographs' a*b*/128 at half size. -> (loss, its parts by name)"""
        colour = (F.adaptive_avg_pool2d(predicted.float(), colours.shape[-1]) - colours).pow(2).mean() * 100
        hint = (learnt.float() - features).pow(2).mean() / features.var()
        likely = F.log_softmax(likely.float(), 1)
        expected = F.log_softmax(self.teacher.scores(features).float(), 1)
        divergence = (expected.exp() * (expected - likely)).sum(1).mean()
        numbers, weights = self.soft(F.avg_pool2d(truth, truth.shape[-1] // likely.shape[-1]) * CHROMA_SCALE)
        entropy = -(likely.gather(1, numbers) * weights).sum(1).mean()
        arguments = self.arguments
        loss = colour + arguments.hint * hint + arguments.cells * (divergence + arguments.truth * entropy)
        return loss, {'teacher_loss': colour.item(), 'hint_loss': hint.item(), 'cells_divergence': divergence.item(), 'cells_entropy': entropy.item()}


def luminance_and_truth(rgb):
    """sRGB crops -> L/50 - 1 at full size and a*b*/128 averaged to half of it."""
    lab = rgb_to_lab(rgb)
    return lab[:, :1] / 50 - 1, F.avg_pool2d(lab[:, 1:], 2) / CHROMA_SCALE


@torch.no_grad()
def held_out(colorizer, sampler, embeddings, size, precision, batches=8, batch=48):
    """ab-RMSE with the right and with shuffled embeddings, relative to grey's, over all pixels and (`rmse_mean`) as the mean of photographs;
    and mean chroma relative to the truth."""
    colorizer.eval()
    rows = []
    for parts in sampler.batches(batches, batch):
        for pool, indices, pixels in parts:
            luminance, truth = luminance_and_truth(whole(pixels, size))
            luminance = luminance.contiguous(memory_format=torch.channels_last)
            embedding = embeddings(pool, indices, pixels)
            with loop.autocast(sampler.device, precision):
                right, shuffled = (colorizer(luminance, vector, upsample=False).float() for vector in (embedding, embedding.roll(1, 0)))
            rows.append(torch.stack([*(x.pow(2).mean((1, 2, 3)) for x in (right - truth, shuffled - truth, truth)),
                                     *(x.norm(dim=1).mean((1, 2)) for x in (right, truth))]).cpu().double())
    squared, shuffled, grey, chroma, true_chroma = torch.cat(rows, 1)
    return {'rmse_over_grey': (squared.sum() / grey.sum()).sqrt().item(), 'rmse_mean': (squared.sqrt().sum() / grey.sqrt().sum()).item(),
            'shuffled_over_grey': (shuffled.sum() / grey.sum()).sqrt().item(), 'chroma_ratio': (chroma.sum() / true_chroma.sum()).item()}


def whole_batch(colorizer, sampler, embeddings, step, arguments):
    """Runs whole photographs at the run's first size once, for norm statistics."""
    for pool, indices, pixels in sampler.batch(step, arguments.batch):
        luminance, _ = luminance_and_truth(whole(pixels, loop.size_at(arguments.sizes, 0)))
        colorizer(luminance.contiguous(memory_format=torch.channels_last), embeddings(pool, indices, pixels), upsample=False)


def crops_of(random, arguments, count):
    if arguments.recipe == 'seed':
        return transforms(random, count, 0.9, 1.0, rotate=20, shear=11, zoom=0.2, square=0)
    return transforms(random, count, arguments.crop, 1.0)


def start(model, arguments, training, embeddings):
    """The weights that a run starts from."""
    if arguments.start:
        state = torch.load(arguments.start, map_location=arguments.device)['average']
        missing, _ = model.load_state_dict({name: value for name, value in state.items() if not name.startswith('student.')}, strict=False)
        wrong = [name for name in missing if name.startswith('colorizer.')]
        if wrong:
            raise SystemExit(f'--start {arguments.start}: expected a checkpoint of train_colorizer.py with {arguments.network}, missing {", ".join(wrong[:4])}')
    if arguments.init:
        start_colorizer(model.colorizer, arguments.init)
        with loop.autocast(arguments.device, arguments.precision):
            settle(model.colorizer, lambda number: whole_batch(model.colorizer, training, embeddings, number, arguments))


def reduce_on_plateau(run, error):
    """After two checks in a row without a lower error, the rate becomes 0.3 of what it was."""
    best = run.extra.get('best')
    if best is None or error < best - 1e-4:
        run.extra.update(best=error, since=0)
        return
    run.extra['since'] += 1
    if run.extra['since'] >= 2:
        run.rate_factor, run.extra['since'] = run.rate_factor * 0.3, 0


def main():
    arguments = parse()
    device, precision = arguments.device, arguments.precision
    seed_recipe = arguments.recipe == 'seed'
    pools, training, checking = loop.begin(arguments)
    student = load_student(arguments.embedder, device) if arguments.embedder else None
    if student:
        arguments.embedder_size = arguments.embedder_size or student.size or 128
    if arguments.joint:
        vars(arguments).update(student.settings)  # the checkpoint says how its embedder was trained
    lessons = None
    if arguments.strong:
        lessons = Lessons(ColourTeacher(arguments.strong, arguments.teacher, pools, arguments.colour_size, arguments.temperature, device, precision,
                                        arguments.cache), arguments)
    model = Joint(Colorizer(arguments.network, norm=not seed_recipe), student if arguments.joint else None, len(lessons.teacher.cells) if lessons else 0)
    model = model.to(device, memory_format=torch.channels_last)
    stem = None if arguments.joint or not (student and arguments.cache) else f'{arguments.cache}/embeddings-{embedder_print(arguments.embedder)}'
    embeddings = Embeddings(student, pools, arguments.embedder_size, device, precision, stem)
    resnet = TeacherAnswers(arguments.teacher, pools, arguments.colour_size, device, precision, arguments.cache) if arguments.joint else None
    if not loop.resumes(arguments):
        start(model, arguments, training, embeddings)
        if arguments.joint:
            measure_features(model.student, training, resnet)
    table = rarity_table(pools, device) if arguments.rarity else None
    make = torch.optim.Adam if seed_recipe else torch.optim.AdamW
    optimizer = make(model.parameters(), lr=arguments.rate, weight_decay=arguments.decay)
    run = loop.Run(arguments, model, optimizer)
    damage = Damage(arguments.damage)
    checked, going, sums = run.minutes, run.fraction() < 1, []
    while going:
        rate = run.schedule(constant=seed_recipe)
        random = step_generator(arguments.seed, run.step)
        torch.manual_seed(arguments.seed * 1000003 + run.step)
        size = loop.size_at(arguments.sizes, run.fraction())
        crops, vectors, answers, distilled = [], [], [], 0.0
        model.train()
        for pool, indices, pixels in training.batch(run.step, arguments.batch):
            theta = crops_of(random, arguments, len(indices))
            crops.append(warp(pixels, theta, size))
            if lessons:
                answers.append(lessons.answers(pool, indices, pixels, theta, size))
            if arguments.joint:
                grey = network_input(damage.lightness(whole(pixels, arguments.embedder_size), random))
                with loop.autocast(device, precision):
                    scores, projected, _ = model.student(grey)
                target, features = resnet.of_whole(pool, indices, pixels)
                taught = distillation(scores, target, 3.0) / 3.0 + 2.0 * model.student.feature_error(projected, features)
                distilled = distilled + taught * len(indices) / arguments.batch
                vectors.append(scores)
            else:
                vectors.append(embeddings(pool, indices, pixels))
        rgb = torch.cat(crops)
        truth = luminance_and_truth(rgb)[1]
        luminance = (damage.lightness(rgb, random) * 2 - 1).contiguous(memory_format=torch.channels_last)
        with loop.autocast(device, precision):
            fused = model.colorizer.fused(luminance, torch.cat(vectors))
            predicted = model.colorizer.decoded(fused, upsample=False)
            known = (model.hint(fused), model.cells(fused)) if lessons else None
        loss, rmse = colour_loss(predicted, truth, table, arguments.rarity)
        values = {'loss': loss.item(), 'rmse_over_grey': rmse.item() / (truth.pow(2).mean().sqrt().item() * CHROMA_SCALE)}
        if lessons:
            lesson, parts = lessons.loss(predicted, *known, *map(torch.cat, zip(*answers)), truth)
            loss, values = lesson + arguments.truth * loss, values | parts
        if arguments.joint:
            loss, values = loss + arguments.distill * distilled, values | {'embedder_loss': distilled.item()}
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        if not seed_recipe:
            nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimizer.step()
        sums.append(values)
        means = {}
        if len(sums) == 20:
            means = {name: float(np.mean([row[name] for row in sums])) for name in sums[0]} | {'rate': rate, 'size': size}
            sums = []
        going = run.finished_step(**means)
        if run.checks(checked, going):
            averaged = run.average.model
            if arguments.joint:
                embeddings = Embeddings(averaged.student, pools, arguments.embedder_size, device, precision)
            score = held_out(averaged.colorizer, checking, embeddings, CHECK_SIZE, precision)
            run.log(kind='held-out', **score)
            checked = run.minutes
            reduce_on_plateau(run, score['rmse_over_grey'])  # only the seed recipe uses the factor
    run.end()


def embedder_print(path):
    """The fingerprint of an embedder's file."""
    folder = Path(path)
    return fingerprint(folder / 'embedder.onnx' if folder.is_dir() else folder)


if __name__ == '__main__':
    main()
