"""Shared by the training programs: schedule, averaged weights, checkpoints, logs and plots."""
import copy
import csv
import json
import math
import os
import signal
import time
from pathlib import Path

import torch

from data import build_pools
from sampling import Sampler


def add_arguments(parser):
    parser.add_argument('--data', nargs='+', required=True, help='folder with photos*.zip, or any zips and folders')
    parser.add_argument('--cache', help='folder for decoded photographs and teacher scores')
    parser.add_argument('--out', required=True, help='folder for checkpoint, log and plot; a checkpoint in it is resumed')
    parser.add_argument('--device', default='cuda' if torch.cuda.is_available() else 'cpu')
    parser.add_argument('--threads', type=int, default=0, help='CPU threads (0: all)')
    parser.add_argument('--precision', choices=('bf16', 'f32'), default='bf16')
    parser.add_argument('--batch', type=int, default=64)
    parser.add_argument('--rate', type=float, default=1e-3, help='peak learning rate')
    parser.add_argument('--warmup', type=float, default=0.04, help='fraction of the run with a rising rate')
    parser.add_argument('--flat', type=float, default=0.0, help='fraction of the run until which the rate stays at its peak, before it falls')
    parser.add_argument('--steps', type=int, default=0, help='stop after this many steps (0: no limit)')
    parser.add_argument('--time-limit', type=float, default=0, help='minutes, summed over resumed runs (0: no limit)')
    parser.add_argument('--stop-after', type=int, default=0, help='save and stop at this step, without changing the schedule')
    parser.add_argument('--save-every', type=float, default=3.0, help='minutes between checkpoints')
    parser.add_argument('--average', type=float, default=0.995, help='decay of the averaged weights, per step')
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument('--limit', type=int, default=0, help='use at most this many photographs of each pool')


def begin(arguments):
    """Sets threads and seed. Returns the pools, and the samplers of photographs to train on and of held-out ones."""
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    pools = build_pools(arguments.data, arguments.cache)
    training = Sampler(pools, arguments.device, seed=arguments.seed, limit=arguments.limit)
    return pools, training, Sampler(pools, arguments.device, seed=1, subset='held_out')


def resumes(arguments):
    """Whether a run continues, from the checkpoint in its folder."""
    return (Path(arguments.out) / 'checkpoint.pt').exists()


def in_half(weights):
    """{name: tensor} with kernels and matrices in float16; vectors stay float32, because variances can exceed the range of float16."""
    return {name: value.half() if value.is_floating_point() and value.dim() > 1 else value for name, value in weights.items()}


class Average:
    """Exponential moving average of the weights and of the norms' statistics, which change too much from step to step to be copied.
    Counters are copied. Updated every `every` steps."""

    def __init__(self, model, decay=0.998, every=4):
        self.model = copy.deepcopy(model).requires_grad_(False).eval()
        self.decay, self.every = decay, every

    @torch.no_grad()
    def update(self, model, step):
        if step % self.every:
            return
        decay = min(self.decay ** self.every, (1 + step) / (10 * self.every + step))
        for mine, theirs in zip(self.model.state_dict().values(), model.state_dict().values()):
            if mine.is_floating_point():
                mine.lerp_(theirs, 1 - decay)
            else:
                mine.copy_(theirs)


def autocast(device, precision):
    return torch.autocast(torch.device(device).type, dtype=torch.bfloat16, enabled=precision == 'bf16')


def size_at(sizes, fraction):
    """Crop size at this fraction of the run; `sizes` is text such as 96:0,128:0.5."""
    rows = [item.split(':') for item in sizes.split(',')]
    return [int(size) for size, start in rows if fraction >= float(start)][-1]


class Run:
    """One training run in a folder: tracks its progress, stops at its limits, saves, resumes and logs.

    The signal TERM ends the run after the current step and saves it, as the time limit does; the program then exits with 143, so that no
    script goes on with a network that is not trained to its end.
    """

    def __init__(self, arguments, model, optimizer):
        self.arguments, self.model, self.optimizer = arguments, model, optimizer
        self.folder = Path(arguments.out)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.average = Average(model, arguments.average)
        self.step, self.before, self.started, self.saved = 0, 0.0, time.time(), time.time()
        self.rows = []
        self.rate_factor = 1.0
        self.told_to_stop = False
        signal.signal(signal.SIGTERM, self.stop)
        torch.backends.cudnn.benchmark = True
        self.extra = {}
        if self.checkpoint.exists():
            self.load()
        self.first = self.step

    def stop(self, *_):
        self.told_to_stop = True

    @property
    def checkpoint(self):
        return self.folder / 'checkpoint.pt'

    @property
    def minutes(self):
        return self.before + (time.time() - self.started) / 60

    def fraction(self, step=None):
        """Fraction of the run that is done, 0..1: the larger of those by steps (`step`, by default the current one) and by time."""
        step = self.step if step is None else step
        by_steps = step / self.arguments.steps if self.arguments.steps else 0.0
        by_time = self.minutes / self.arguments.time_limit if self.arguments.time_limit else 0.0
        return min(1.0, max(by_steps, by_time))

    def schedule(self, constant=False):
        """Sets the learning rate: warm-up, peak until the fraction --flat of the run, then cosine decay to 1 %. With `constant`,
        it is the peak times `rate_factor`. The `scale` of a parameter group, if present, multiplies it."""
        done, warmup, flat = self.fraction(), self.arguments.warmup, self.arguments.flat
        if constant:
            rate = self.arguments.rate * self.rate_factor
        else:
            ramp = min(1.0, (done + 1e-3) / warmup) if warmup else 1.0
            falling = max(0.0, done - flat) / (1 - flat)
            rate = self.arguments.rate * ramp * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * falling)))
        for group in self.optimizer.param_groups:
            group['lr'] = rate * group.get('scale', 1.0)
        return rate

    def finished_step(self, **values):
        """Counts a step, updates the average, logs, and saves when due. Returns whether to continue."""
        self.step += 1
        self.extra['samples'] = self.extra.get('samples', 0) + self.arguments.batch
        self.average.update(self.model, self.step)
        if values:
            self.log(kind='train', **values)
        if time.time() - self.saved > self.arguments.save_every * 60:
            self.save()
        return self.fraction() < 1.0 and self.step != self.arguments.stop_after and not self.told_to_stop

    def checks(self, checked, going):
        """Whether it is time for a check on held-out photographs: every --check-every minutes since the minute `checked`, and at the end."""
        return not self.told_to_stop and (self.minutes - checked > self.arguments.check_every or not going)

    def end(self):
        """Saves what was trained. A run that was complete already keeps its file as it is."""
        if self.step > self.first:
            self.save()
        if self.told_to_stop:
            raise SystemExit(128 + signal.SIGTERM)

    def log(self, **values):
        row = {'step': self.step, 'minutes': round(self.minutes, 3), **values}
        self.rows.append(row)
        text = ' '.join(f'{k}={v:.5g}' if isinstance(v, float) else f'{k}={v}' for k, v in row.items())
        print(text, flush=True)

    def save(self):
        state = {'step': self.step, 'minutes': self.minutes, 'rows': self.rows, 'rate_factor': self.rate_factor,
                 'model': self.model.state_dict(), 'average': self.average.model.state_dict(),
                 'optimizer': self.optimizer.state_dict(), 'arguments': vars(self.arguments), 'extra': self.extra}
        partial = self.checkpoint.with_suffix('.partial')
        torch.save(state, partial)
        os.replace(partial, self.checkpoint)
        self.saved = time.time()
        self.write_log()

    def load(self):
        state = torch.load(self.checkpoint, map_location=self.arguments.device)
        self.model.load_state_dict(state['model'])
        self.average.model.load_state_dict(state['average'])
        scales = [group.get('scale', 1.0) for group in self.optimizer.param_groups]
        self.optimizer.load_state_dict(state['optimizer'])
        for group, scale in zip(self.optimizer.param_groups, scales):
            group['scale'] = scale  # from the arguments, which may differ from those of the resumed run
        self.step, self.before, self.rows = state['step'], state['minutes'], state['rows']
        self.rate_factor, self.extra = state['rate_factor'], state['extra']
        print(f'continues at step {self.step}, {self.before:.1f} minutes', flush=True)

    def write_log(self):
        keys = list(dict.fromkeys(key for row in self.rows for key in row))
        with open(self.folder / 'log.csv', 'w', newline='') as file:
            writer = csv.DictWriter(file, keys)
            writer.writeheader()
            writer.writerows(self.rows)
        (self.folder / 'arguments.json').write_text(json.dumps(vars(self.arguments), indent=1))
        plot(self.rows, self.folder / 'loss.png')


def plot(rows, path):
    """Plots every logged value over the steps, training and held-out, to a PNG file."""
    try:
        import matplotlib
        matplotlib.use('Agg')
        import matplotlib.pyplot as plt
    except ImportError:
        return
    names = [k for k in dict.fromkeys(key for row in rows for key in row) if k not in ('step', 'minutes', 'kind')]
    if not names:
        return
    figure, axes = plt.subplots(len(names), 1, figsize=(8, 2.6 * len(names)), squeeze=False)
    for axis, name in zip(axes[:, 0], names):
        for kind in ('train', 'held-out'):
            points = [(row['step'], row[name]) for row in rows if row.get('kind') == kind and name in row]
            if points:
                axis.plot(*zip(*points), label=kind, marker='.' if kind == 'held-out' else None, linewidth=1)
        axis.set_ylabel(name)
        axis.legend(loc='best')
    axes[-1, 0].set_xlabel('step')
    figure.tight_layout()
    figure.savefig(path, dpi=90)
    plt.close(figure)
