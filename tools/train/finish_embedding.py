"""Finishes a trained embedding: measures its norm statistics again for the averaged weights and reports its agreement
with the teacher at several input sizes, so that the size to run it at can be chosen. Writes a checkpoint for
train_colorizer.py and export.py.
"""
import argparse
import json

import torch

import loop
from data import build_pools
from norms import recalibrate
from sampling import Sampler, whole
from train_colorizer import load_student
from train_embedding import TeacherScores, grey_input, held_out


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--checkpoint', required=True, help='checkpoint.pt of train_embedding')
    parser.add_argument('--out', required=True, help='finished checkpoint to write')
    parser.add_argument('--data', nargs='+', required=True)
    parser.add_argument('--cache')
    parser.add_argument('--teacher', required=True)
    parser.add_argument('--device', default='cuda' if torch.cuda.is_available() else 'cpu')
    parser.add_argument('--precision', choices=('bf16', 'f32'), default='bf16')
    parser.add_argument('--size', type=int, default=128, help='input size at which the statistics are measured')
    parser.add_argument('--sizes', type=int, nargs='*', default=[128], help='input sizes to report')
    parser.add_argument('--batches', type=int, default=16)
    parser.add_argument('--batch', type=int, default=48)
    parser.add_argument('--weights', choices=('average', 'model'), default='average', help='averaged or last weights')
    parser.add_argument('--threads', type=int, default=0)
    arguments = parser.parse_args()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    device, precision = arguments.device, arguments.precision
    pools = build_pools(arguments.data, arguments.cache)
    student = load_student(arguments.checkpoint, device, arguments.weights == 'average')
    teacher = TeacherScores(arguments.teacher, pools, 128, device, precision, arguments.cache)
    checking = Sampler(pools, device, seed=1, subset='held_out')
    sampler = Sampler(pools, device, seed=11)

    def run(number):
        images = torch.cat([whole(pixels, arguments.size) for _, _, pixels in sampler.batch(number, arguments.batch)])
        with loop.autocast(device, precision):
            student.embedder(grey_input(images).contiguous(memory_format=torch.channels_last))

    recalibrate(student, run, arguments.batches)
    state = torch.load(arguments.checkpoint, map_location='cpu')
    state['average'] = student.state_dict()
    state.pop('optimizer')
    state.pop('model')
    state['report'] = {}
    for size in arguments.sizes:
        state['report'][size] = held_out(student, checking, teacher, size, precision)
        print(size, json.dumps(state['report'][size]), flush=True)
    torch.save(state, arguments.out)


if __name__ == '__main__':
    main()
