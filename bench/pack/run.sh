#!/bin/sh
# Measures this machine's GPU. Needs x86-64 Linux with a GPU driver, and xz or Python 3; nothing is installed.
# Unpacks into a temporary folder (TMPDIR, else /tmp), which is removed at the end. `run.sh --help` lists the options.
set -eu
COLORIZE_BENCH_STARTED=$(date +%s)
export COLORIZE_BENCH_STARTED

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
if [ "$(uname -s) $(uname -m)" != "Linux x86_64" ]; then
  echo "run.sh: expected x86-64 Linux, received $(uname -s) $(uname -m)" >&2
  exit 2
fi
if command -v xz >/dev/null 2>&1; then
  unpack() { xz -dc -- "$1" >"$2"; }
elif command -v python3 >/dev/null 2>&1; then
  unpack() {
    python3 -c 'import lzma, shutil, sys
with lzma.open(sys.argv[1]) as packed, open(sys.argv[2], "wb") as target:
    shutil.copyfileobj(packed, target, 1 << 20)' "$1" "$2"
  }
else
  echo "run.sh: expected xz or python3 to unpack with, received neither; install one of them" >&2
  exit 2
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/colorize-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' HUP INT TERM
cp -R "$here/app" "$work/app"
jobs=
while read -r file; do
  mkdir -p "$work/$(dirname "$file")"
  unpack "$here/packed/$file.xz" "$work/$file" &
  jobs="$jobs $!"
done <"$here/packed/files.txt"
for job in $jobs; do
  if ! wait "$job"; then
    echo "run.sh: could not unpack into $work: is there room for 200 MB? TMPDIR names another folder" >&2
    exit 2
  fi
done
chmod +x "$work/bin/node"
if ! "$work/bin/node" --version >/dev/null; then
  echo "run.sh: Node does not start: expected glibc 2.34 and libstdc++ of GCC 12 or later, and a folder whose programs may run (TMPDIR)" >&2
  exit 2
fi

LD_LIBRARY_PATH="$work/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
# NVIDIA's tool is asked for names, clocks and memory; where the driver is mounted, it is there.
PATH="$PATH:/usr/local/nvidia/bin"
export LD_LIBRARY_PATH PATH
code=0
"$work/bin/node" "$work/app/main.js" "$@" || code=$?
exit "$code"
