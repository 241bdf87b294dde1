"""Trains the embedding network: Inception-ResNet-v2 on grey crops, distilled from ResNet50, which sees the same crops in colour.

The loss has four parts: the Kullback-Leibler divergence of softened scores; the squared error of the roots of the teacher's pooled features,
which a linear layer predicts from the student's features; that of two of the teacher's feature maps, which linear layers predict
from the student's at the same places (--maps); and the photograph's coarse histogram of a*b*, which a linear layer predicts from
the scores, so that these contain expected colours. Export leaves these layers out. The student's crops are damaged like old
photographs (damage.py), the teacher's are not.
"""
import argparse
import copy
import json
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

import loop
from colour import rgb_to_lab
from damage import Damage
from data import Kept
from inception import FEATURES, MAP_CELLS, MAP_CHANNELS, InceptionResNetV2
from norms import recalibrate, settle
from sampling import fixed_crops, mirrored, step_generator, transforms, warp, whole
from teacher import FEATURES as TEACHER_FEATURES
from teacher import MAP_CHANNELS as TEACHER_MAP_CHANNELS
from teacher import MAP_STRIDES, Teacher
from warm_start import start_embedder

OTHER_PARTS = ('colorizer.', 'hint.', 'cells.')  # of a joint checkpoint
BINS = 6  # the coarse histogram has BINS x BINS cells over a*, b* in -54..54


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    loop.add_arguments(parser)
    parser.add_argument('--teacher', required=True, help='folder of the tfjs ResNet50 (model.json and shards)')
    parser.add_argument('--init', help='model folder, such as models/inception-table, whose embedder.onnx to start from')
    parser.add_argument('--sizes', default='96:0,128:0.6,160:0.9', help='pixels of the student\'s crops : share of the run it starts at')
    parser.add_argument('--teacher-size', type=int, default=160, help='pixels of the teacher\'s crops')
    parser.add_argument('--crop', type=float, default=0.6, help='smallest side of a crop, share of the photograph')
    parser.add_argument('--crops', type=int, default=4, help='crops of each photograph whose answers of the teacher are kept (0: always new ones)')
    parser.add_argument('--damage', type=float, default=0.3, help='share of the crops that are damaged')
    parser.add_argument('--temperature', type=float, default=3.0)
    parser.add_argument('--features', type=float, default=2.0, help='weight of the features\' squared error')
    parser.add_argument('--maps', type=float, default=0.0, help='weight of the squared error of the teacher\'s maps; needs --crops 0')
    parser.add_argument('--histogram', type=float, default=0.3, help='weight of the colour histogram loss')
    parser.add_argument('--keep', type=float, default=0.7, help='share of residual blocks that run in a training step')
    parser.add_argument('--decay', type=float, default=0.03, help='weight decay')
    parser.add_argument('--check-every', type=float, default=15.0, help='minutes between checks on held-out photographs')
    parser.add_argument('--check-size', type=int, default=128, help='pixels of these photographs')
    arguments = parser.parse_args()
    if arguments.maps and arguments.crops:
        parser.error(f'--maps {arguments.maps:g} needs --crops 0, received --crops {arguments.crops}: the teacher\'s maps are not kept')
    return arguments


class Standardised(nn.Module):
    """A linear layer that predicts channels of the teacher, standardised: an error of 1 means nothing is known of them."""

    def __init__(self, inputs, channels):
        super().__init__()
        self.layer = nn.Conv2d(inputs, channels, 1)
        self.register_buffer('mean', torch.zeros(channels))
        self.register_buffer('deviation', torch.ones(channels))

    def measure(self, seen):
        """Sets mean and deviation from maps [N, channels, H, W]."""
        self.mean.copy_(seen.float().mean((0, 2, 3)))
        self.deviation.copy_(seen.float().std((0, 2, 3)).clamp(min=1e-2))

    def error(self, x, target):
        """Squared error of maps [N, channels, H, W] predicted from x [N, inputs, H, W], relative to their variance."""
        standard = (target.float() - self.mean[:, None, None]) / self.deviation[:, None, None]
        return (self.layer(x).float() - standard).pow(2).mean()


def at_cells(maps, stride, size, cells, shape):
    """The teacher's maps [N, C, h, w] of crops of `size` pixels, at the cells of the student's map: `cells` is their count on a side, and
    `shape` = (spacing, first cell, size of the student's crops), in the student's pixels."""
    spacing, first, pixels = shape
    centres = (spacing * torch.arange(cells, device=maps.device) + first + 0.5) / pixels   # share of the crop
    places = (centres * size - 0.5) / stride / (maps.shape[-1] - 1) * 2 - 1                # -1..1: from the first cell to the last
    grid = torch.stack(torch.meshgrid(places, places, indexing='xy'), -1).expand(len(maps), -1, -1, -1)
    return F.grid_sample(maps.float(), grid, mode='bilinear', padding_mode='border', align_corners=True)


def square_roots(features):
    """Of the teacher's features, which are 0 or more."""
    return features.float().clamp(min=0).sqrt()


class Student(nn.Module):
    """The embedding network, and the layers that only training uses.

    `feature_mean` and `feature_deviation` standardise the square roots of the teacher's features: an error of 1 means nothing is known of
    them. Of the features themselves, which are 0 or small but for a few, a hundredth makes 40 % of the variance; of the roots, 16 %.
    """

    def __init__(self, classes=1000, keep=1.0):
        super().__init__()
        self.embedder = InceptionResNetV2(classes, keep)
        self.projection = nn.Linear(FEATURES, TEACHER_FEATURES)
        self.histogram = nn.Linear(classes, BINS * BINS)
        self.register_buffer('feature_mean', torch.zeros(TEACHER_FEATURES))
        self.register_buffer('feature_deviation', torch.ones(TEACHER_FEATURES))
        self.places = nn.ModuleList(map(Standardised, MAP_CHANNELS, TEACHER_MAP_CHANNELS))

    def answers(self, grey):
        """(scores, standardised features of the teacher, scores of the histogram's cells, the embedder's first two maps)."""
        *maps, last = self.embedder.maps(grey)
        features = last.float().mean((2, 3))
        scores = self.embedder.classifier(features).float()
        return scores, self.projection(features).float(), self.histogram(scores * 0.1).float(), maps

    def forward(self, grey):
        """answers() without the maps."""
        return self.answers(grey)[:3]

    def map_error(self, maps, targets, size, teacher_size):
        """Mean of the errors of the teacher's two maps, at the places of the student's; the crops have `size` and `teacher_size` pixels."""
        errors = [place.error(mine, at_cells(theirs, stride, teacher_size, mine.shape[-1], (*cells, size)))
                  for place, mine, theirs, stride, cells in zip(self.places, maps, targets, MAP_STRIDES, MAP_CELLS)]
        return sum(errors) / len(errors)

    def measure_features(self, features):
        """Sets mean and deviation from the teacher's features [N, TEACHER_FEATURES]."""
        roots = square_roots(features)
        self.feature_mean.copy_(roots.mean(0))
        self.feature_deviation.copy_(roots.std(0).clamp(min=1e-2))

    def feature_error(self, projected, features):
        """Squared error of the square roots of the teacher's features, relative to their variance."""
        return (projected - (square_roots(features) - self.feature_mean) / self.feature_deviation).pow(2).mean()


def load_student(path, device='cpu', weights='average'):
    """The network of a checkpoint of train_embedding, finish_embedding or train_colorizer --joint, or of a model folder, in evaluation
    mode. Its attribute `settings` says for checkpoints how it was trained; `size` is the size at which it runs, if that is known."""
    if Path(path).is_dir():
        student = Student()
        student.settings = {'keep': 1.0}
        student.size = json.loads((Path(path) / 'model.json').read_text())['embedder']['size']
        start_embedder(student.embedder, path)
    else:
        state = torch.load(path, map_location='cpu')
        student = Student(keep=state['arguments']['keep'])
        student.load_state_dict({name.removeprefix('student.'): value for name, value in state[weights].items()
                                 if name.startswith('student.') or not name.startswith(OTHER_PARTS)})
        student.settings, student.size = {'keep': state['arguments']['keep']}, state.get('embedder_size')
    return student.to(device, memory_format=torch.channels_last).eval()


def network_input(lightness):
    """L*/100 [N, 1, H, W] -> L/50 - 1, stacked three times."""
    return (lightness * 2 - 1).repeat(1, 3, 1, 1).contiguous(memory_format=torch.channels_last)


def grey_input(rgb):
    """sRGB 0..1 [N, 3, H, W] -> L/50 - 1 stacked three times."""
    return network_input(rgb_to_lab(rgb)[:, :1] / 100)


def colour_histogram(rgb):
    """Share of the photograph's area in each coarse a*b* cell, [N, BINS * BINS]."""
    ab = rgb_to_lab(F.avg_pool2d(rgb, 4))[:, 1:].flatten(2)
    cells = ((ab + 54) / 18).floor().clamp(0, BINS - 1).long()
    return F.one_hot(cells[:, 0] * BINS + cells[:, 1], BINS * BINS).float().mean(1)


class TeacherAnswers:
    """The teacher's scores and features of crops in colour. Those of fixed_crops() 0 to `crops` - 1 are kept in `cache`."""

    def __init__(self, folder, pools, size, device, precision, cache=None, crops=1, smallest=1.0):
        self.teacher = Teacher(folder).to(device, memory_format=torch.channels_last)
        self.size, self.device, self.precision, self.crops = size, device, precision, max(crops, 1)

        def stem(pool):
            return cache and Path(cache) / f'resnet50-{size}-{self.crops}x{smallest}-{pool.size}-{len(pool)}'
        self.kept = [Kept(len(pool) * self.crops, [(1000,), (TEACHER_FEATURES,)], stem(pool)) for pool in pools]

    @torch.no_grad()
    def fresh(self, pixels, theta):
        """(scores, features, the two maps) of the crops `theta`, computed now."""
        with loop.autocast(self.device, self.precision):
            scores, features, maps = self.teacher.answers(warp(pixels, theta, self.size).contiguous(memory_format=torch.channels_last))
        return scores.float(), features, *maps

    def __call__(self, pool, indices, pixels, numbers, theta):
        """(scores, features) of the crops `numbers`, which are `theta`."""
        def compute(missing):
            chosen = torch.from_numpy(missing)
            return self.fresh(pixels[chosen.to(pixels.device)], theta[chosen])[:2]
        return self.kept[pool](indices * self.crops + numbers, compute, self.device)

    def of_whole(self, pool, indices, pixels):
        """(scores, features) of whole photographs."""
        numbers = np.zeros(len(indices), int)
        return self(pool, indices, pixels, numbers, fixed_crops(pool, indices, numbers, 1.0))


def distillation(scores, target, temperature):
    """Kullback-Leibler divergence of softened distributions, times the temperature squared."""
    student = F.log_softmax(scores / temperature, 1)
    return F.kl_div(student, F.softmax(target / temperature, 1), reduction='batchmean') * temperature ** 2


@torch.no_grad()
def measure_features(student, sampler, teacher, photographs=512, batch=64):
    """Sets the mean and the deviation of the teacher's features, from whole photographs."""
    student.measure_features(torch.cat([teacher.of_whole(*part)[1] for parts in sampler.batches(-(-photographs // batch), batch) for part in parts]))


def measure_maps(student, sampler, teacher, batch=64):
    """Sets the mean and the deviation of the teacher's maps, from a batch of whole photographs."""
    answers = [teacher.fresh(pixels, fixed_crops(pool, indices, np.zeros(len(indices), int), 1.0)) for pool, indices, pixels in sampler.batch(0, batch)]
    for place, seen in zip(student.places, list(zip(*answers))[2:]):
        place.measure(torch.cat(seen))


@torch.no_grad()
def held_out(model, sampler, teacher, size, precision, batches=6, batch=64):
    """Losses, and agreement with the teacher's first choice (`agreement`: ours, `top5`: one of our five), on whole held-out photographs."""
    model.eval()
    sums, count = np.zeros(5), 0
    for parts in sampler.batches(batches, batch):
        for pool, indices, pixels in parts:
            target, features = teacher.of_whole(pool, indices, pixels)
            rgb = whole(pixels, size)
            with loop.autocast(sampler.device, precision):
                scores, projected, cells = model(grey_input(rgb))
            best = target.argmax(1)
            sums += [distillation(scores, target, 1.0).item() * len(best), model.feature_error(projected, features).item() * len(best),
                     -(colour_histogram(rgb) * F.log_softmax(cells, 1)).sum().item(), (scores.argmax(1) == best).sum().item(),
                     (scores.topk(5, 1).indices == best[:, None]).any(1).sum().item()]
            count += len(best)
    return dict(zip(('divergence', 'features', 'histogram', 'agreement', 'top5'), (sums / count).tolist()))


def grey_photographs(sampler, step, batch, size):
    """A batch of whole photographs in grey."""
    return grey_input(torch.cat([whole(pixels, size) for _, _, pixels in sampler.batch(step, batch)]))


def at_size(model, sampler, size, precision, batches, batch=48):
    """A copy of the network whose norm statistics are those of whole photographs of this size, with all blocks running."""
    model = copy.deepcopy(model)

    def run(number):
        with loop.autocast(sampler.device, precision):
            model.embedder(grey_photographs(sampler, number, min(batch, sum(map(len, sampler.members))), size))
    return recalibrate(model, run, batches)


def lesson(arguments, training, teacher, damage, step, size):
    """The batch of a step: (damaged grey crops, the same crops in colour, the teacher's scores, its features, and with --crops 0 its maps)."""
    random = step_generator(arguments.seed, step)
    crops, answers = [], []
    for pool, indices, pixels in training.batch(step, arguments.batch):
        if arguments.crops:
            numbers = random.integers(0, arguments.crops, len(indices))
            theta = fixed_crops(pool, indices, numbers, arguments.crop)
            answers.append(teacher(pool, indices, pixels, numbers, theta))
        else:
            theta = transforms(random, len(indices), arguments.crop, 1.0, flip=False)
            answers.append(teacher.fresh(pixels, theta))
        crops.append(warp(pixels, mirrored(theta, random), size))
    rgb = torch.cat(crops)
    return network_input(damage.lightness(rgb, random)), rgb, *map(torch.cat, zip(*answers))


def prepare(model, arguments, training, teacher):
    """What a run does before its first step."""
    measure_features(model, training, teacher)
    if arguments.maps:
        measure_maps(model, training, teacher)
    if arguments.init:
        start_embedder(model.embedder, arguments.init)
        size = loop.size_at(arguments.sizes, 0)
        with loop.autocast(arguments.device, arguments.precision):
            settle(model.embedder, lambda step: model.embedder(grey_photographs(training, step, arguments.batch, size)))


def main():
    arguments = parse()
    device, precision = arguments.device, arguments.precision
    pools, training, checking = loop.begin(arguments)
    teacher = TeacherAnswers(arguments.teacher, pools, arguments.teacher_size, device, precision, arguments.cache, arguments.crops, arguments.crop)
    model = Student(keep=arguments.keep).to(device, memory_format=torch.channels_last)
    if not loop.resumes(arguments):
        prepare(model, arguments, training, teacher)
    weights = [p for p in model.parameters() if p.dim() > 1]
    others = [p for p in model.parameters() if p.dim() <= 1]
    optimizer = torch.optim.AdamW([{'params': weights, 'weight_decay': arguments.decay},
                                   {'params': others, 'weight_decay': 0.0}], lr=arguments.rate, fused=True)
    run = loop.Run(arguments, model, optimizer)
    damage = Damage(arguments.damage)
    checked, going, sums = run.minutes, run.fraction() < 1, []
    while going:
        rate = run.schedule()
        size = loop.size_at(arguments.sizes, run.fraction())
        grey, rgb, target, features, *targets = lesson(arguments, training, teacher, damage, run.step, size)
        torch.manual_seed(arguments.seed * 1000003 + run.step)
        model.train()
        with loop.autocast(device, precision):
            scores, projected, cells, maps = model.answers(grey)
            places = model.map_error(maps, targets, size, arguments.teacher_size) if arguments.maps else torch.zeros(())
        divergence = distillation(scores, target, arguments.temperature)
        error = model.feature_error(projected, features)
        colours = -(colour_histogram(rgb) * F.log_softmax(cells, 1)).sum(1).mean()
        loss = divergence / arguments.temperature + arguments.features * error + arguments.maps * places + arguments.histogram * colours
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimizer.step()
        sums.append((loss.item(), divergence.item(), error.item(), places.item(), colours.item(), (scores.argmax(1) == target.argmax(1)).float().mean().item()))
        values = {}
        if len(sums) == 20:
            values = dict(zip(('loss', 'divergence_T', 'features', 'maps', 'histogram', 'agreement'), np.mean(sums, 0).tolist())) | {'rate': rate, 'size': size}
            sums = []
        going = run.finished_step(**values)
        if run.checks(checked, going):
            averaged = at_size(run.average.model, training, arguments.check_size, precision, 6)
            run.log(kind='held-out', **held_out(averaged, checking, teacher, arguments.check_size, precision))
            checked = run.minutes
    run.end()


if __name__ == '__main__':
    main()
