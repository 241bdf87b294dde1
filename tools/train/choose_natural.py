"""Chooses weights of `natural`, the temperature and the saturation of what is shown, on held-out training photographs.

The rule. E is the ab-RMSE over that of grey, mean of photographs; C is the colourfulness over the truth's (Hasler and
Suesstrunk 2003), at most 1; K is the share of pixels of true chroma under 4 that get less than 8. Of the settings with
K of 90 % or more, the one with the least E + (1 - C) / 10 is chosen: one point of error buys ten points of
colourfulness. Where none keeps 90 %, each point that K lacks counts as half a point of error.

All is measured at a quarter of the working size, where the network predicts, after the gamut took what it does not hold.
"""
import argparse
import json
from pathlib import Path

import numpy as np
import torch

from colour import lab_to_rgb, rgb_to_lab
from damage import Damage
from data import build_pools
from evaluate import colourfulness
from export_natural import load, measure_norms
from natural import expectation
from sampling import Sampler
from train_natural import Measures, predictions

KEPT = 0.9


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--weights', nargs='+', required=True, help='checkpoints or files of weights')
    parser.add_argument('--teacher', help='folder of the tfjs ResNet50, for weights that lack the backbone')
    parser.add_argument('--data', nargs='+', required=True)
    parser.add_argument('--cache')
    parser.add_argument('--size', type=int, default=224)
    parser.add_argument('--photographs', type=int, default=384)
    parser.add_argument('--temperatures', type=float, nargs='*', default=[1, 0.8, 0.6, 0.45])
    parser.add_argument('--saturations', type=float, nargs='*', default=[1, 1.15, 1.3, 1.5])
    parser.add_argument('--recalibrate', type=int, default=8, help='batches to measure norm statistics on (0: as trained)')
    parser.add_argument('--precision', choices=('bf16', 'f32'), default='bf16')
    parser.add_argument('--threads', type=int, default=0)
    parser.add_argument('--report', help='JSON file to write')
    return parser.parse_args()


def cost(entry):
    """What the rule makes least."""
    return entry['error'] + (1 - min(entry['colourfulness'], 1)) / 10 + max(0.0, KEPT - entry['kept']) / 2


class Setting:
    """What one temperature and saturation gives."""

    def __init__(self):
        self.measures, self.colourful = Measures(), []

    def add(self, ab, lab):
        rgb = lab_to_rgb(torch.cat((lab[:, :1], ab), 1))
        self.measures.add(rgb_to_lab(rgb)[:, 1:], lab[:, 1:])
        self.colourful += [colourfulness(one) for one in rgb]

    def entry(self, truth):
        result = self.measures.result()
        entry = {'error': result['rmse_mean'], 'pooled': result['rmse_over_grey'], 'colourfulness': float(np.mean(self.colourful) / truth),
                 'kept': result['neutral_kept'], 'nearer': result['nearer']}
        return entry | {'cost': cost(entry)}


@torch.no_grad()
def table(model, sampler, arguments, damage=None):
    """{(temperature, saturation): figures} on held-out photographs."""
    settings = {(t, s): Setting() for t in arguments.temperatures for s in arguments.saturations}
    truth = []
    for scores, lab in predictions(model, sampler, arguments.size, arguments.precision, arguments.photographs, damage=damage):
        truth += [colourfulness(one) for one in lab_to_rgb(lab)]
        for temperature in arguments.temperatures:
            ab = expectation(scores, model.cells, temperature)
            for saturation in arguments.saturations:
                settings[temperature, saturation].add(ab * saturation, lab)
    return {key: setting.entry(np.mean(truth)) for key, setting in settings.items()}


def main():
    arguments = parse()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    sampler = Sampler(build_pools(arguments.data, arguments.cache), 'cpu', seed=2, subset='held_out')
    rows = []
    for weights in arguments.weights:
        model = load(weights, arguments.teacher)
        if arguments.recalibrate:
            measure_norms(model, arguments.data, arguments.cache, arguments.size, arguments.recalibrate, 32, arguments.precision)
        for (temperature, saturation), entry in table(model, sampler, arguments).items():
            rows.append({'weights': weights, 'temperature': temperature, 'saturation': saturation, **entry})
            print(f'{weights} T {temperature} saturation {saturation}: error {entry["error"]:.4f} (pooled {entry["pooled"]:.4f}) of grey\'s, '
                  f'colourfulness {entry["colourfulness"]:.0%}, neutral kept {entry["kept"]:.1%}, nearer {entry["nearer"]:.0%}, cost {entry["cost"]:.4f}', flush=True)
    best = min(rows, key=lambda row: row['cost'])
    print('chosen:', json.dumps(best))
    model = load(best['weights'], arguments.teacher)
    arguments.temperatures, arguments.saturations = [best['temperature']], [best['saturation']]
    damaged, = table(model, sampler, arguments, Damage(1.0)).values()
    print('the same on damaged photographs:', json.dumps(damaged))
    if arguments.report:
        Path(arguments.report).write_text(json.dumps({'chosen': best, 'damaged': damaged, 'all': rows}, indent=1) + '\n')


if __name__ == '__main__':
    main()
