"""Averages the weights of `natural` from several runs that share their beginning, which is often better than each of them (Wortsman et al.
2022, "Model soups"). Norm statistics are to be measured again afterwards, as choose_natural.py and export_natural.py do.

    python3 average_weights.py WORK/rule-a/checkpoint.pt:2 WORK/rule-b/checkpoint.pt:2 WORK/natural-f16.pt:1 --teacher TEACHER --out WORK/average.pt
"""
import argparse

import torch

from export_natural import load, training_facts


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('weights', nargs='+', metavar='FILE:SHARE', help='checkpoints or files of weights')
    parser.add_argument('--teacher', help='folder of the tfjs ResNet50, for weights that lack the backbone')
    parser.add_argument('--out', required=True, help='file to write: a file of weights for --weights and --init')
    return parser.parse_args()


def average(states, shares):
    """The weighted mean of state dicts with the same names; whole numbers are those of the first."""
    total = sum(shares)
    return {name: sum(state[name] * (share / total) for state, share in zip(states, shares)) if first.is_floating_point() else first
            for name, first in states[0].items()}


def main():
    arguments = parse()
    paths, shares = zip(*((path, float(share)) for path, _, share in (item.rpartition(':') for item in arguments.weights)))
    if min(shares) <= 0:
        raise SystemExit(f'{" ".join(arguments.weights)}: expected shares above 0')
    states = [load(path, arguments.teacher).state_dict() for path in paths]
    torch.save({'average': average(states, shares), 'averaged': [training_facts(path) for path in paths]}, arguments.out)


if __name__ == '__main__':
    main()
