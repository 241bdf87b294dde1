#!/bin/sh
# The recipe of `natural`: decoder, then also ResNet50's last stages on crops that grow, two runs on the rule and the average of their weights,
# choice, export, evaluation.
# Continues where it was stopped.
# Usage: run_natural.sh DATA TEACHER WORK MODEL [EVALUATION], with the arguments of run.sh
# PROFILE=cpu (default without CUDA) or PROFILE=accelerator; MINUTES_DECODER, MINUTES_ALL and MINUTES_RULE set the time limits; INIT names
# weights to start from, which leaves the decoder's own stage out.
set -eu
here=$(dirname "$0")
. "$here/begin.sh"
if [ "$PROFILE" = accelerator ]; then
  batch=384 decoder=${MINUTES_DECODER:-2} all=${MINUTES_ALL:-6} rule=${MINUTES_RULE:-1} first=3 rate=1.5e-3 average=0.999
else
  batch=24 decoder=${MINUTES_DECODER:-75} all=${MINUTES_ALL:-450} rule=${MINUTES_RULE:-50} first=4 rate=1e-3 average=0.998
fi
if [ -z "${INIT:-}" ]; then
  $python "$here/train_natural.py" $common --teacher "$teacher" --out "$work/natural-decoder" --time-limit "$decoder" \
    --batch $batch --rate 2e-3 --average $average --sizes 160:0
  INIT=$work/natural-decoder/checkpoint.pt
fi
$python "$here/train_natural.py" $common --teacher "$teacher" --init "$INIT" --out "$work/natural" --time-limit "$all" \
  --batch $batch --rate $rate --flat 0.5 --warmup 0.004 --average $average --backbone $first --backbone-rate 0.05 \
  --sizes 160:0,224:0.75,256:0.92 --shares 128:0.4,224:0.6
for seed in 1 2; do
  $python "$here/train_natural.py" $common --teacher "$teacher" --init "$work/natural/checkpoint.pt" --out "$work/rule-$seed" --time-limit "$rule" \
    --seed $seed --batch $batch --rate 3e-4 --flat 0.2 --warmup 0.02 --average 0.99 --backbone $first --backbone-rate 0.08 \
    --sizes 224:0 --shares 128:0.3,224:0.7 --damage 0.3 --decay 0.1 --rule 3 --display 0.8 1.2 5
done
$python "$here/average_weights.py" "$work/rule-1/checkpoint.pt:2" "$work/rule-2/checkpoint.pt:2" "$work/natural/checkpoint.pt:1" --out "$work/average.pt"
$python "$here/choose_natural.py" $common --weights "$work/average.pt" --report "$work/chosen.json"
$python "$here/export_natural.py" $common --chosen "$work/chosen.json" --recalibrate 12 --out "$work/export" --check
mkdir -p "$model"
npm --prefix "$here/../.." run ship -- "$(realpath "$work/export")" --size "${SIZE:-320}" --out "$(realpath "$model")"
if [ -n "$evaluation" ]; then
  $python "$here/evaluate.py" --model "$work/export/natural.onnx" --photographs "$evaluation" --size "${SIZE:-320}" \
    --report "$work/report.json" --sheet "$work/sheet.png"
fi
