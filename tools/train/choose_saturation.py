"""Compares saturation factors and knees (shown() in natural.py) on held-out training photographs: ab-RMSE relative to grey, and
colourfulness relative to the photographs. Reads the .pt file of export.py; pass the chosen ones to export.py.
"""
import argparse
import itertools

import numpy as np
import torch

from colour import CHROMA_SCALE, lab_to_rgb, rgb_to_lab
from data import build_pools
from evaluate import TorchModel
from measures import colourfulness
from natural import shown
from sampling import Sampler, whole
from train_embedding import grey_input


@torch.no_grad()
def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--model', required=True)
    parser.add_argument('--data', nargs='+', required=True)
    parser.add_argument('--cache')
    parser.add_argument('--size', type=int, default=128)
    parser.add_argument('--embedder-size', type=int, default=112)
    parser.add_argument('--photographs', type=int, default=120)
    parser.add_argument('--factors', type=float, nargs='*', default=[1, 1.25, 1.5, 1.75, 2, 2.5])
    parser.add_argument('--knees', type=float, nargs='*', default=[0, 5, 8])
    parser.add_argument('--threads', type=int, default=0)
    arguments = parser.parse_args()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    model = TorchModel(arguments.model, 'bf16')
    sampler = Sampler(build_pools(arguments.data, arguments.cache), 'cpu', seed=2, subset='held_out')
    settings = list(itertools.product(arguments.factors, arguments.knees))
    rows = []
    for _, _, pixels in sampler.batch(0, arguments.photographs):
        embedding = model.embed(grey_input(whole(pixels, arguments.embedder_size)))
        rgb = whole(pixels, arguments.size)
        lab = rgb_to_lab(rgb)
        ab = model.chroma(lab[:, :1] / 50 - 1, embedding) * CHROMA_SCALE
        for number in range(len(rgb)):
            truth, light = lab[number:number + 1, 1:], lab[number:number + 1, :1]
            row = [truth.pow(2).mean().item(), colourfulness(rgb[number:number + 1]).item()]
            for factor, knee in settings:
                result = lab_to_rgb(torch.cat((light, shown(ab[number:number + 1], factor, knee)), 1))
                row += [(rgb_to_lab(result)[:, 1:] - truth).pow(2).mean().item(), colourfulness(result).item()]
            rows.append(row)
    rows = np.array(rows)
    grey = np.sqrt(rows[:, 0]).mean()
    for number, (factor, knee) in enumerate(settings):
        squared, colourful = rows[:, 2 + 2 * number], rows[:, 3 + 2 * number]
        print(f'saturation {factor}, knee {knee}: ab-RMSE {np.sqrt(squared).mean() / grey - 1:+.1%} (pooled '
              f'{np.sqrt(squared.mean() / rows[:, 0].mean()) - 1:+.1%}) of grey, colourfulness {colourful.mean() / rows[:, 1].mean():.0%}')


if __name__ == '__main__':
    main()
