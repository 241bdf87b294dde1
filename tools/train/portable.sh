#!/bin/sh
# Packs training for a machine without a network that can be had for minutes: KIT/part-000 ... and KIT/run.sh.
# Usage: portable.sh --part-mib 56 --out KIT --data DATA --teacher TEACHER [--natural WEIGHTS] [--model MODEL]
#        [--wheel FILE.whl ...]; see portable.py. README.md says how the kit travels.
exec "${PYTHON:-python3}" "$(dirname "$0")/portable.py" pack "$@"
