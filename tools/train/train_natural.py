"""Trains the network `natural`: a decoder on ResNet50 that predicts a distribution over a*b* cells for each place of a photograph.

The loss is the cross entropy with the photograph's colours (each spread over its five nearest cells, as in Zhang et al.
2016), plus a squared error of the mean, which becomes the colour. --rarity gives rare colours more weight. The inputs are
damaged like old photographs (damage.py); the targets are not.

Each stage is a separate run that starts from the weights of the previous one (--init), with its own settings. The first trains the
decoder alone; the second, with --backbone 4, also ResNet50's stages from the fourth on, at a small rate; the third, larger crops; the
last, with --rule, adds the cost that choose_natural.py decides by (rule.py).
"""
import argparse
import queue
import threading

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

import loop
from colour import rgb_to_lab
from damage import Damage
from measures import Measures
from natural import Natural, expectation
from norms import settle
from rule import rule_loss
from sampling import Sampler, step_generator, transforms, warp, whole

GREY_SQUARED = 400.0  # about the squared a*b* of photographs, so that the squared error counts as the cross entropy does


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    loop.add_arguments(parser)
    parser.add_argument('--teacher', required=True, help='folder of the tfjs ResNet50 (model.json and shards)')
    parser.add_argument('--init', help='weights to start from: a checkpoint, or a file of weights in float16')
    parser.add_argument('--backbone', type=int, default=6, choices=(2, 3, 4, 5, 6), help='first stage of ResNet50 that is trained (6: none)')
    parser.add_argument('--backbone-rate', type=float, default=0.05, help='its learning rate, as a share of the decoder\'s')
    parser.add_argument('--sizes', default='160:0', help='crop pixels (multiples of 32) : share of the run it starts at')
    parser.add_argument('--crop', type=float, default=0.6, help='smallest side of a crop, share of the photograph')
    parser.add_argument('--shares', help='of photographs of each stored size in a batch, such as 128:0.4,224:0.6 (none: as many as there are)')
    parser.add_argument('--damage', type=float, default=0.4, help='share of the crops that are damaged')
    parser.add_argument('--squared', type=float, default=0.5, help='weight of the squared error of the mean')
    parser.add_argument('--rule', type=float, default=0.0, help='weight of the cost of rule.py')
    parser.add_argument('--display', type=float, nargs=3, default=[0.8, 1.2, 6.0], metavar=('TEMPERATURE', 'SATURATION', 'KNEE'),
                        help='display that --rule is computed for')
    parser.add_argument('--rarity', type=float, default=0.0, help='0..1: from equal weights to those of Zhang et al. 2016')
    parser.add_argument('--decay', type=float, default=0.05, help='weight decay')
    parser.add_argument('--check-every', type=float, default=8.0, help='minutes between checks on held-out photographs')
    return parser.parse_args()


class SoftCells:
    """a*b* -> the five nearest cells and their weights, Gaussian in distance (deviation 5); looked up by rounded a*b*."""

    REACH, NEAREST, SIGMA = 112, 5, 5.0

    def __init__(self, cells):
        self.cells = cells
        axis = torch.arange(-self.REACH, self.REACH + 1, device=cells.device, dtype=torch.float32)
        points = torch.stack(torch.meshgrid(axis, axis, indexing='ij'), -1).view(-1, 2)
        self.table = torch.cdist(points, cells).topk(self.NEAREST, 1, largest=False).indices

    def __call__(self, ab):
        """[N, 2, h, w] -> cell numbers and weights, both [N, NEAREST, h, w]; the first is the nearest."""
        a, b = ab.round().clamp(-self.REACH, self.REACH).long().unbind(1)
        numbers = self.table[(a + self.REACH) * (2 * self.REACH + 1) + b + self.REACH].permute(0, 3, 1, 2)
        squared = sum((self.cells[:, i][numbers] - ab[:, i:i + 1]) ** 2 for i in range(2))
        weights = torch.exp(-squared / (2 * self.SIGMA ** 2)) + 1e-8
        return numbers, weights / weights.sum(1, keepdim=True)


@torch.no_grad()
def cell_weights(pools, soft, mix, photographs=1500):
    """Weight of each cell, 1 / (share / 2 + 1 / (2 cells)) of Zhang et al. 2016 (equation 4, lambda 0.5), mean 1
    over the training photographs' pixels; then mixed with equal weights by `mix`."""
    count = len(soft.cells)
    seen = torch.zeros(count, device=soft.cells.device)
    for pool in pools:
        chosen = np.sort(np.random.default_rng(5).permutation(pool.training)[:photographs])
        for start in range(0, len(chosen), 250):
            pixels = torch.from_numpy(pool.pixels[chosen[start:start + 250]]).to(seen.device)
            numbers, weights = soft(rgb_to_lab(whole(pixels, 32))[:, 1:])
            seen += torch.bincount(numbers.flatten(), weights.flatten(), minlength=count)
    share = seen / seen.sum()
    weights = 1 / (0.5 * share + 0.5 / count)
    return 1 - mix + mix * weights / (weights * share).sum()


class Feed:
    """Prepares crops and targets of the steps from `start` on, in a separate thread, a few steps ahead."""

    def __init__(self, arguments, run, training, soft):
        self.arguments, self.run, self.training, self.soft = arguments, run, training, soft
        self.damage = Damage(arguments.damage)
        self.ready = queue.Queue(3)
        threading.Thread(target=self.work, args=(run.step,), daemon=True).start()

    def work(self, step):
        try:
            while True:
                self.ready.put(self.make(step))
                step += 1
        except BaseException as error:  # the training waits for it
            self.ready.put(error)

    @torch.no_grad()
    def make(self, step):
        """(L/50 - 1 [N, 1, size, size], true L*a*b* [N, 3, size/4, size/4], cell numbers, their weights)."""
        arguments, random = self.arguments, step_generator(self.arguments.seed, step)
        size = loop.size_at(arguments.sizes, self.run.fraction(step))
        rgb = torch.cat([warp(pixels, transforms(random, len(indices), arguments.crop, 1.0), size)
                         for _, indices, pixels in self.training.batch(step, arguments.batch)])
        target = F.avg_pool2d(rgb_to_lab(rgb), 4)
        return self.damage.lightness(rgb, random) * 2 - 1, target, *self.soft(target[:, 1:])

    def next(self):
        made = self.ready.get()
        if isinstance(made, BaseException):
            raise made
        return made


def losses(scores, cells, target, numbers, weights, importance):
    """(cross entropy with the soft cells, squared error of the mean divided by that of grey)."""
    entropy = -(torch.log_softmax(scores.float(), 1).gather(1, numbers) * weights).sum(1)
    if importance is not None:
        entropy = entropy * importance[numbers[:, 0]]
    return entropy.mean(), (expectation(scores, cells) - target).pow(2).mean() / GREY_SQUARED


@torch.no_grad()
def predictions(model, sampler, size, precision, photographs, batch=48, damage=None):
    """Yields (scores, true L*a*b* at a quarter of the size) of whole held-out photographs."""
    model.eval()
    for step in range(-(-min(photographs, sum(map(len, sampler.members))) // batch)):
        for _, _, pixels in sampler.batch(step, batch):
            rgb = whole(pixels, size)
            luminance = (damage or Damage(0)).lightness(rgb, step_generator(11, step)) * 2 - 1
            with loop.autocast(sampler.device, precision):
                scores = model(luminance.contiguous(memory_format=torch.channels_last))
            yield scores, F.avg_pool2d(rgb_to_lab(rgb), 4)


def held_out(model, sampler, size, precision, photographs=384):
    measures = Measures()
    for scores, lab in predictions(model, sampler, size, precision, photographs):
        measures.add(expectation(scores, model.cells), lab[:, 1:])
    return measures.result()


def shares_of(pools, text):
    """The share of each pool, from '128:0.4,224:0.6'; sizes without a pool are ignored."""
    wanted = {int(size): float(share) for size, share in (item.split(':') for item in text.split(','))}
    shares = [wanted.get(pool.size, 0.0) for pool in pools]
    if not sum(shares):
        raise SystemExit(f'--shares {text}: expected sizes among {", ".join(str(pool.size) for pool in pools)}')
    return [share / sum(shares) for share in shares]


def parameter_groups(model, arguments):
    groups = [{'params': list(model.head.parameters())}]
    stages = model.backbone.trainable(arguments.backbone)
    return groups + ([{'params': stages, 'scale': arguments.backbone_rate}] if stages else [])


def run_whole(model, sampler, step, batch, size, precision):
    """Runs a batch of whole photographs once, for norm statistics."""
    rgb = torch.cat([whole(pixels, size) for _, _, pixels in sampler.batch(step, batch)])
    with loop.autocast(sampler.device, precision):
        model((rgb_to_lab(rgb)[:, :1] / 50 - 1).contiguous(memory_format=torch.channels_last))


def main():
    arguments = parse()
    device, precision = arguments.device, arguments.precision
    pools, training, checking = loop.begin(arguments)
    if arguments.shares:
        training.shares = shares_of(pools, arguments.shares)
    model = Natural()
    model.backbone.load_teacher(arguments.teacher)
    if arguments.init and not loop.resumes(arguments):
        model.start(arguments.init)
    model = model.to(device, memory_format=torch.channels_last)
    if model.folded:
        size = loop.size_at(arguments.sizes, 0)
        settle(model, lambda step: run_whole(model, training, step, arguments.batch, size, precision))
    optimizer = torch.optim.AdamW(parameter_groups(model, arguments), lr=arguments.rate, weight_decay=arguments.decay)
    run = loop.Run(arguments, model, optimizer)
    soft = SoftCells(model.cells)
    importance = cell_weights(pools, soft, arguments.rarity) if arguments.rarity else None
    feed = Feed(arguments, run, training, soft)
    trained = [parameter for group in optimizer.param_groups for parameter in group['params']]
    checked, going, sums = run.minutes, run.fraction() < 1, []
    while going:
        rate = run.schedule()
        luminance, target, numbers, weights = feed.next()
        torch.manual_seed(arguments.seed * 1000003 + run.step)
        model.train()
        with loop.autocast(device, precision):
            scores = model(luminance.contiguous(memory_format=torch.channels_last))
        entropy, squared = losses(scores, model.cells, target[:, 1:], numbers, weights, importance)
        cost = rule_loss(scores, model.cells, target[:, :1], target[:, 1:], arguments.display) if arguments.rule else torch.zeros(())
        optimizer.zero_grad(set_to_none=True)
        (entropy + arguments.squared * squared + arguments.rule * cost).backward()
        nn.utils.clip_grad_norm_(trained, 5.0)
        optimizer.step()
        sums.append((entropy.item(), squared.item(), cost.item()))
        values = {}
        if len(sums) == 25:
            entropy, squared, cost = map(float, np.mean(sums, 0))
            values, sums = {'loss': entropy + arguments.squared * squared + arguments.rule * cost, 'entropy': entropy, 'squared': squared,
                            **({'cost': cost} if arguments.rule else {}), 'rate': rate, 'size': luminance.shape[-1]}, []
        going = run.finished_step(**values)
        if run.checks(checked, going):
            run.log(kind='held-out', **held_out(run.average.model, checking, loop.size_at(arguments.sizes, 0), precision))
            checked = run.minutes
    run.end()


if __name__ == '__main__':
    main()
