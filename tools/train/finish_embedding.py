"""Finishes a trained embedding, for train_colorizer.py and export.py.

1. Measures the norm statistics of the averaged weights again, at the size at which the network will run.
2. With --fit N: trains the last layer alone to its optimum, on the features of up to N photographs of each pool that the
   teacher has scored, and caches the embeddings of these photographs beside the finished checkpoint (training a colorizer
   with the same --limit N then does not run the embedding network).
3. Reports agreement with the teacher on held-out photographs.
"""
import argparse
import json

import numpy as np
import torch

import loop
from data import build_pools
from norms import recalibrate
from sampling import Sampler, whole
from train_colorizer import load_student
from train_embedding import TeacherScores, distillation, grey_input, held_out


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--checkpoint', required=True, help='checkpoint.pt of train_embedding')
    parser.add_argument('--out', required=True, help='finished checkpoint to write')
    parser.add_argument('--data', nargs='+', required=True)
    parser.add_argument('--cache')
    parser.add_argument('--teacher', required=True)
    parser.add_argument('--teacher-size', type=int, default=128)
    parser.add_argument('--device', default='cuda' if torch.cuda.is_available() else 'cpu')
    parser.add_argument('--precision', choices=('bf16', 'f32'), default='bf16')
    parser.add_argument('--size', type=int, default=128, help='input size that the network will run at')
    parser.add_argument('--sizes', type=int, nargs='*', default=[], help='further input sizes to report')
    parser.add_argument('--batches', type=int, default=12, help='number of batches for the norm statistics')
    parser.add_argument('--batch', type=int, default=48)
    parser.add_argument('--fit', type=int, default=0, help='photographs of each pool for the last layer (0: as trained)')
    parser.add_argument('--epochs', type=int, default=12, help='epochs for the last layer')
    parser.add_argument('--weights', choices=('average', 'model'), default='average', help='averaged or last weights')
    parser.add_argument('--threads', type=int, default=0)
    return parser.parse_args()


@torch.no_grad()
def collect_features(student, sampler, teacher, size, precision, batch):
    """For each pool: photograph indices, features [n, 1536] and the teacher's scores (None where they are not computed yet)."""
    collected = []
    for pool, members in enumerate(sampler.members):
        features = []
        for start in range(0, len(members), batch):
            pixels = sampler.pixels(pool, members[start:start + batch])
            with loop.autocast(sampler.device, precision):
                images = grey_input(whole(pixels, size)).contiguous(memory_format=torch.channels_last)
                features.append(student.embedder.features(images).float().cpu())
            if start // batch % 20 == 0:
                print(f'features: pool {pool}, {start} of {len(members)}', flush=True)
        collected.append((members, torch.cat(features), teacher.known(pool, members)))
    return collected


def fit_last_layer(student, collected, teacher, epochs, temperature=2.0, batch=256):
    """Trains the classifier on fixed features by the same distillation loss, with a decaying rate."""
    features = torch.cat([f[torch.from_numpy(known)] for _, f, known in collected])
    scores = torch.cat([torch.from_numpy(teacher.tables[pool][members[known]].astype(np.float32))
                        for pool, (members, _, known) in enumerate(collected)])
    layer = student.embedder.classifier.cpu().requires_grad_(True)
    optimizer = torch.optim.AdamW(layer.parameters(), lr=1e-3, weight_decay=0.05)
    steps, done = epochs * (len(features) // batch), 0
    for epoch in range(epochs):
        total = 0.0
        for chosen in torch.randperm(len(features), generator=torch.Generator().manual_seed(epoch)).split(batch):
            optimizer.param_groups[0]['lr'] = 1e-3 * max(0.02, 1 - done / max(steps, 1))
            loss = distillation(layer(features[chosen]), scores[chosen], temperature)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total, done = total + loss.item() * len(chosen), done + 1
        print(f'last layer, epoch {epoch}: divergence {total / len(features):.3f}', flush=True)


def main():
    arguments = parse()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    device, precision = arguments.device, arguments.precision
    pools = build_pools(arguments.data, arguments.cache)
    student = load_student(arguments.checkpoint, device, arguments.weights == 'average')
    teacher = TeacherScores(arguments.teacher, pools, arguments.teacher_size, device, precision, arguments.cache)
    checking = Sampler(pools, device, seed=1, subset='held_out')
    sampler = Sampler(pools, device, seed=11, limit=arguments.fit)

    def run(number):
        images = torch.cat([whole(pixels, arguments.size) for _, _, pixels in sampler.batch(number, arguments.batch)])
        with loop.autocast(device, precision):
            student.embedder(grey_input(images).contiguous(memory_format=torch.channels_last))

    recalibrate(student, run, arguments.batches)
    report = {'as trained': held_out(student, checking, teacher, arguments.size, precision)}
    print(json.dumps(report), flush=True)
    if arguments.fit:
        collected = collect_features(student, sampler, teacher, arguments.size, precision, arguments.batch)
        fit_last_layer(student, collected, teacher, arguments.epochs)
        for pool, (members, features, _) in enumerate(collected):
            table = np.full((len(pools[pool]), student.embedder.classifier.out_features), np.nan, np.float16)
            with torch.no_grad():
                table[members] = student.embedder.classifier(features).numpy().astype(np.float16)
            np.save(f'{arguments.out}.{arguments.size}-{pools[pool].size}-{len(pools[pool])}.npy', table)
        student.to(device)
    for size in [arguments.size] * bool(arguments.fit) + arguments.sizes:
        report[size] = held_out(student, checking, teacher, size, precision)
        print(size, json.dumps(report[size]), flush=True)
    state = torch.load(arguments.checkpoint, map_location='cpu')
    state.pop('optimizer'), state.pop('model')
    state['average'] = {name: value.detach().cpu() for name, value in student.state_dict().items()}
    state['report'] = report
    torch.save(state, arguments.out)


if __name__ == '__main__':
    main()
