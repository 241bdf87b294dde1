# run.sh and run_natural.sh read this file first. It reads their arguments DATA TEACHER WORK MODEL [EVALUATION], chooses
# PROFILE, and creates the folder of the cache.
data=$1 teacher=$2 work=$3 model=$4 evaluation=${5:-}
python=${PYTHON:-python3}
if [ -z "${PROFILE:-}" ]; then
  PROFILE=$($python -c 'import torch; print("accelerator" if torch.cuda.is_available() else "cpu")')
fi
common="--data $data --cache $work/cache"
mkdir -p "$work/cache"

# Training on CPUs. glibc's allocator returns memory to the system and requests it again at every step, 230,000 page faults
# a second; jemalloc, set to keep its memory, doubled the training rate.
if [ "$PROFILE" != accelerator ]; then
  export OMP_WAIT_POLICY=passive
  jemalloc=$(ldconfig -p 2>/dev/null | sed -n 's/.*libjemalloc\.so\.2 .*=> //p' | head -n 1)
  if [ -n "$jemalloc" ]; then
    export MALLOC_CONF=background_thread:true,dirty_decay_ms:-1,muzzy_decay_ms:-1,oversize_threshold:0,thp:always
    export LD_PRELOAD="$jemalloc"
  else
    echo 'libjemalloc.so.2 not found (Debian: libjemalloc2): training on CPUs takes about twice as long without it' >&2
  fi
fi
