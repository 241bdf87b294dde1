#!/bin/bash
# Runs a pack in an empty root: a shell, coreutils, one program to unpack with and the llvmpipe driver, but no Node, no Vulkan
# loader and no network. Needs Linux with Mesa's llvmpipe, and root or user namespaces.
#
#   bench/pack/rehearse.sh PACK OUT [--unpacker xz|python3] [--no-driver] [options of run.sh]
set -euo pipefail # so each pipe reads its input to the end

if [ -z "${REHEARSAL_ROOT:-}" ]; then
  [ $# -ge 2 ] || { sed -n '2,6s/^# \?//p' "$0" >&2; exit 2; }
  REHEARSAL_ROOT=$(mktemp -d)
  export REHEARSAL_ROOT
  trap 'rm -rf "$REHEARSAL_ROOT"' EXIT
  user=()
  [ "$(id -u)" = 0 ] || user=(--user --map-root-user)
  # Mounts are made in there and end with it.
  code=0
  unshare "${user[@]}" --mount --net --pid --fork bash "$0" "$@" || code=$?
  exit "$code"
fi

pack=$(realpath "$1")
mkdir -p "$2"
out=$(realpath "$2")
shift 2
unpacker=xz
driver=yes
while :; do
  case "${1:-}" in
    --unpacker) unpacker=$2; shift 2 ;;
    --no-driver) driver=no; shift ;;
    *) break ;;
  esac
done
root=$REHEARSAL_ROOT

# What ldd finds for a program or library, at the same places.
libraries() {
  { ldd "$1" 2>/dev/null || true; } | grep -o '/[^ ]*' | while read -r library; do
    mkdir -p "$root$(dirname "$library")"
    cp -nL --reflink=auto "$library" "$root$library"
  done
}
program() {
  local path
  path=$(command -v "$1")
  cp -L "$path" "$root/bin/$1"
  libraries "$path"
}

mkdir -p "$root"/{bin,tmp,proc,dev,pack,out,usr/share/vulkan/icd.d}
for name in sh cp mktemp rm chmod mkdir uname date dirname env; do program "$name"; done
if [ "$unpacker" = python3 ]; then
  # A shim of a version manager is no program: the interpreter itself.
  interpreter=$(python3 -c 'import os, sys; print(os.path.realpath(sys.executable))')
  library=$(python3 -c 'import sysconfig; print(sysconfig.get_paths()["stdlib"])')
  mkdir -p "$root$(dirname "$interpreter")" "$root$library"
  cp -L "$interpreter" "$root$interpreter"
  ln -s "$interpreter" "$root/bin/python3"
  libraries "$interpreter"
  mount --rbind -o ro "$library" "$root$library"
  for module in "$library"/lib-dynload/_lzma*.so; do libraries "$module"; done
else
  program "$unpacker"
fi
# Every Linux with a GPU driver has the C and C++ libraries; here they come with the driver or by name.
for name in libc.so.6 libm.so.6 libdl.so.2 librt.so.1 libpthread.so.0 libstdc++.so.6 libgcc_s.so.1; do
  path=$(ldconfig -p | awk -v name="$name" '$1 == name && /x86-64/ && !seen++ { print $NF }')
  mkdir -p "$root$(dirname "$path")"
  cp -nL "$path" "$root$path"
  libraries "$path"
done
if [ "$driver" = yes ]; then
  descriptions=(/usr/share/vulkan/icd.d/lvp_icd*.json)
  description=${descriptions[0]}
  cp "$description" "$root/usr/share/vulkan/icd.d/"
  library=$(grep -o '"library_path": *"[^"]*"' "$description" | cut -d'"' -f4)
  case "$library" in /*) ;; *) library=$(ldconfig -p | awk -v name="$library" '$1 == name && !seen++ { print $NF }') ;; esac
  mkdir -p "$root$(dirname "$library")"
  cp -L "$library" "$root$library"
  libraries "$library"
fi
mount -t proc proc "$root/proc"
for device in null zero urandom random; do
  touch "$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
mount --rbind "$pack" "$root/pack"
mount -o remount,bind,ro "$root/pack"
mount --bind "$out" "$root/out"

inside() { chroot "$root" /bin/env -i PATH=/bin HOME=/tmp "$@"; }
found=$(find "$root" -xdev \( -name 'node' -o -name 'libvulkan.so*' \) -not -path "$root/pack/*" -not -path "$root/proc/*" -print -quit)
if [ -n "$found" ]; then
  echo "rehearse.sh: this root is not empty: ${found#"$root"}" >&2
  exit 1
fi
inside /bin/sh -c 'command -v node && exit 1; command -v '"$unpacker"' >/dev/null'
code=0
inside /bin/sh /pack/run.sh --out /out "$@" || code=$?
left=$(ls "$root/tmp")
if [ -n "$left" ]; then
  echo "rehearse.sh: run.sh left files behind: $left" >&2
  exit 1
fi
echo "rehearse.sh: run.sh ended with $code" >&2
exit "$code"
