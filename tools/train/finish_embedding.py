"""Finishes a trained embedding, for train_colorizer.py and export.py: chooses the size at which it runs.

For each size, measures the norm statistics of the averaged weights again at that size, and then agreement with the teacher on
held-out photographs. The size with the least divergence is chosen, and its norms are kept; --size chooses another. The figures of
all sizes go into the finished checkpoint.
"""
import argparse
import json

import torch

import loop
from data import build_pools
from sampling import Sampler
from train_embedding import TeacherAnswers, at_size, held_out, load_student


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--checkpoint', required=True, help='checkpoint.pt of train_embedding or of train_colorizer --joint')
    parser.add_argument('--out', required=True, help='finished checkpoint to write')
    parser.add_argument('--data', nargs='+', required=True)
    parser.add_argument('--cache')
    parser.add_argument('--teacher', required=True)
    parser.add_argument('--teacher-size', type=int, default=160)
    parser.add_argument('--device', default='cuda' if torch.cuda.is_available() else 'cpu')
    parser.add_argument('--precision', choices=('bf16', 'f32'), default='bf16')
    parser.add_argument('--sizes', type=int, nargs='+', default=[112, 128, 160, 192, 224, 256, 299], help='input sizes to measure')
    parser.add_argument('--size', type=int, help='the size that the network will run at (default: the best of --sizes)')
    parser.add_argument('--batches', type=int, default=12, help='batches of 48 photographs for the norm statistics')
    parser.add_argument('--checks', type=int, default=16, help='batches of 64 held-out photographs')
    parser.add_argument('--weights', choices=('average', 'model'), default='average', help='averaged or last weights')
    parser.add_argument('--threads', type=int, default=0)
    return parser.parse_args()


def main():
    arguments = parse()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    device, precision = arguments.device, arguments.precision
    pools = build_pools(arguments.data, arguments.cache)
    student = load_student(arguments.checkpoint, device, arguments.weights)
    teacher = TeacherAnswers(arguments.teacher, pools, arguments.teacher_size, device, precision, arguments.cache)
    checking = Sampler(pools, device, seed=1, subset='held_out')
    sampler = Sampler(pools, device, seed=11)
    report, finished = {}, {}
    for size in sorted({*arguments.sizes, *([arguments.size] if arguments.size else [])}):
        finished[size] = at_size(student, sampler, size, precision, arguments.batches)
        report[size] = held_out(finished[size], checking, teacher, size, precision, arguments.checks)
        print(size, json.dumps(report[size]), flush=True)
    chosen = arguments.size or min(report, key=lambda size: report[size]['divergence'])
    print(f'size {chosen}', flush=True)
    state = torch.load(arguments.checkpoint, map_location='cpu')
    kept = {key: value for key, value in state.items() if key not in ('optimizer', 'model')}
    averaged = {name: value.detach().cpu() for name, value in finished[chosen].state_dict().items()}
    torch.save(kept | {'average': averaged, 'embedder_size': chosen, 'report': report}, arguments.out)


if __name__ == '__main__':
    main()
