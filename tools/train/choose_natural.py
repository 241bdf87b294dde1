"""Chooses the weights of `natural`, and the temperature, saturation and knee (shown() in natural.py) of its colours, by a rule
on held-out training photographs.

The rule and its figures stand in rule.py. Costs within --tolerance of the lowest count as equal; of those, the setting with the smallest
error is chosen, because a false colour is worse than a pale one.

All figures are measured at a quarter of the working size, where the network predicts, after clipping to the gamut.
"""
import argparse
import itertools
import json
from pathlib import Path

import numpy as np
import torch

from colour import lab_to_rgb, rgb_to_lab
from damage import Damage
from data import build_pools
from export_natural import load, measure_norms
from measures import Measures, colourfulness
from natural import expectation, shown
from rule import cost
from sampling import Sampler
from train_natural import predictions


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--weights', nargs='+', required=True, help='checkpoints or files of weights')
    parser.add_argument('--teacher', help='folder of the tfjs ResNet50, for weights that lack the backbone')
    parser.add_argument('--data', nargs='+', required=True)
    parser.add_argument('--cache')
    parser.add_argument('--size', type=int, default=224)
    parser.add_argument('--photographs', type=int, default=384)
    parser.add_argument('--temperatures', type=float, nargs='*', default=[1, 0.7, 0.5])
    parser.add_argument('--saturations', type=float, nargs='*', default=[1, 1.2, 1.4, 1.6])
    parser.add_argument('--knees', type=float, nargs='*', default=[0, 5, 8])
    parser.add_argument('--tolerance', type=float, default=0.003, help='costs that differ by less count as equal')
    parser.add_argument('--recalibrate', type=int, default=8, help='batches to measure norm statistics on (0: as trained)')
    parser.add_argument('--precision', choices=('bf16', 'f32'), default='bf16')
    parser.add_argument('--threads', type=int, default=0)
    parser.add_argument('--report', help='JSON file to write')
    return parser.parse_args()


class Setting:
    """The figures for one temperature, saturation and knee."""

    def __init__(self):
        self.measures, self.colourful = Measures(), []

    def add(self, ab, lab):
        rgb = lab_to_rgb(torch.cat((lab[:, :1], ab), 1))
        self.measures.add(rgb_to_lab(rgb)[:, 1:], lab[:, 1:])
        self.colourful += colourfulness(rgb).tolist()

    def entry(self, truth):
        result = self.measures.result()
        entry = {'error': result['rmse_mean'], 'pooled': result['rmse_over_grey'], 'colourfulness': float(np.mean(self.colourful) / truth),
                 'kept': result['neutral_kept'], 'nearer': result['nearer']}
        return entry | {'cost': cost(entry['error'], entry['colourfulness'], entry['kept'])}


def prepared(weights, arguments):
    """The network with the norm statistics of the exported file."""
    model = load(weights, arguments.teacher)
    if arguments.recalibrate:
        measure_norms(model, arguments.data, arguments.cache, arguments.size, arguments.recalibrate, 32, arguments.precision)
    return model


@torch.no_grad()
def table(model, sampler, arguments, damage=None):
    """{(temperature, saturation, knee): figures} on held-out photographs."""
    settings = {key: Setting() for key in itertools.product(arguments.temperatures, arguments.saturations, arguments.knees)}
    truth = []
    for scores, lab in predictions(model, sampler, arguments.size, arguments.precision, arguments.photographs, damage=damage):
        truth += colourfulness(lab_to_rgb(lab)).tolist()
        means = {temperature: expectation(scores, model.cells, temperature) for temperature in arguments.temperatures}
        for (temperature, saturation, knee), setting in settings.items():
            setting.add(shown(means[temperature], saturation, knee), lab)
    return {key: setting.entry(np.mean(truth)) for key, setting in settings.items()}


def choose(rows, tolerance):
    """The row of the smallest error among those whose cost is within `tolerance` of the lowest."""
    lowest = min(row['cost'] for row in rows)
    return min((row for row in rows if row['cost'] <= lowest + tolerance), key=lambda row: row['error'])


def main():
    arguments = parse()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    sampler = Sampler(build_pools(arguments.data, arguments.cache), 'cpu', seed=2, subset='held_out')
    rows = []
    for weights in arguments.weights:
        model = prepared(weights, arguments)
        for (temperature, saturation, knee), entry in table(model, sampler, arguments).items():
            rows.append({'weights': weights, 'temperature': temperature, 'saturation': saturation, 'knee': knee, **entry})
            print(f'{weights} T {temperature} saturation {saturation} knee {knee}: error {entry["error"]:.4f} (pooled {entry["pooled"]:.4f}) '
                  f'of grey\'s, colourfulness {entry["colourfulness"]:.0%}, neutral kept {entry["kept"]:.1%}, nearer {entry["nearer"]:.0%}, '
                  f'cost {entry["cost"]:.4f}', flush=True)
    best = choose(rows, arguments.tolerance)
    print('chosen:', json.dumps(best))
    model = prepared(best['weights'], arguments)
    arguments.temperatures, arguments.saturations, arguments.knees = [best['temperature']], [best['saturation']], [best['knee']]
    damaged, = table(model, sampler, arguments, Damage(1.0)).values()
    print('the same on damaged photographs:', json.dumps(damaged))
    if arguments.report:
        Path(arguments.report).write_text(json.dumps({'chosen': best, 'damaged': damaged, 'all': rows}, indent=1) + '\n')


if __name__ == '__main__':
    main()
