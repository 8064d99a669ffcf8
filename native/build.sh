#!/usr/bin/env bash
# Builds the addon for each platform, on any of them, with the compiler of requirements.txt. Each
# build of the same sources has the same bytes. Needs Python 3.9 or later with venv and pip.
#   build.sh          writes prebuilt/ anew, and prints the table of addon-files.ts
#   build.sh --check  builds in a temporary directory, and fails if prebuilt/ has other bytes
# The exit code is 3 if the machine lacks the compiler.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

compile=(-std=c11 -Os -g0 -Wall -Wextra -Werror -fPIC -fvisibility=hidden)
# No call of a function that only a C library or a library of the compiler has.
compile+=(-ffreestanding -fno-sanitize=all -fno-stack-protector)
compile+=(-fno-unwind-tables -fno-asynchronous-unwind-tables)
linux=(-nostdlib -Wl,--hash-style=gnu -Wl,--build-id=none)
darwin=(-Wl,-undefined,dynamic_lookup)

main() {
  compiler=$(compiler)
  scratch=$(mktemp -d)
  trap 'rm -rf "$scratch"' EXIT
  # Nothing of an earlier build takes part.
  export ZIG_GLOBAL_CACHE_DIR=$scratch/cache ZIG_LOCAL_CACHE_DIR=$scratch/cache
  mkdir "$scratch/prebuilt"
  build linux-x64 x86_64-linux-musl linux "${linux[@]}"
  build linux-arm64 aarch64-linux-musl linux "${linux[@]}"
  # The linker writes the name of its output into these files, unless it gets another name.
  build darwin-x64 x86_64-macos.13.0 darwin "${darwin[@]}" -Wl,-install_name,darwin-x64.node
  build darwin-arm64 aarch64-macos.13.0 darwin "${darwin[@]}" -Wl,-install_name,darwin-arm64.node
  (cd "$scratch/prebuilt" && "$compiler" -c "$sums" >SHA256SUMS)
  if [ "${1:-}" = --check ]; then
    diff -r "$scratch/prebuilt" prebuilt || fail 'prebuilt/ differs from a new build: run native/build.sh.'
    echo 'prebuilt/ has the bytes of a new build.'
  else
    rm -rf prebuilt
    cp -R "$scratch/prebuilt" prebuilt
    (cd prebuilt && "$compiler" -c "$table")
  fi
}

fail() {
  printf 'native/build.sh: %s\n' "$1" >&2
  exit "${2:-1}"
}

# build NAME TARGET SYSTEM LINKER_FLAGS
build() {
  local name=$1 target=$2 system=$3 source
  shift 3
  local objects=()
  for source in addon "$system"; do
    zig cc -target "$target" "${compile[@]}" -c "source/$source.c" -o "$scratch/$name-$source.o"
    objects+=("$scratch/$name-$source.o")
  done
  zig cc -target "$target" -shared -s "$@" "${objects[@]}" -o "$scratch/$name.node"
  install -m 644 "$scratch/$name.node" "$scratch/prebuilt/$name.node"
}

zig() { "$compiler" -m ziglang "$@"; }

# Prints the path of a Python that has the compiler. The installation stays in the user's cache.
compiler() {
  local cache=${XDG_CACHE_HOME:-$HOME/.cache}/gunicorn-prometheus-exporter directory draft
  # The requirements are part of the name, so another version is another directory.
  directory=$cache/ziglang-$(cksum <requirements.txt | cut -d ' ' -f 1)
  if [ ! -x "$directory/bin/python" ]; then
    python3 -c 'import ensurepip, venv' 2>/dev/null ||
      fail 'python3 with venv is missing (apt-get install python3-venv).' 3
    mkdir -p "$cache"
    draft=$(mktemp -d "$cache/draft-XXXXXX")
    python3 -m venv "$draft"
    "$draft/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps \
      --only-binary :all: --require-hashes --requirement requirements.txt >&2 ||
      fail 'pip cannot install the compiler of requirements.txt.' 3
    # Of two installations at once, the first stays.
    python3 -c 'import os, sys; os.rename(*sys.argv[1:])' "$draft" "$directory" 2>/dev/null ||
      rm -rf "$draft"
  fi
  printf '%s\n' "$directory/bin/python"
}

# In Python, because tools for hashes have other names on macOS.
sums='
import hashlib, pathlib
for path in sorted(pathlib.Path().glob("*.node")):
    print(hashlib.sha256(path.read_bytes()).hexdigest(), path, sep="  ")
'
table='
import pathlib, zlib
for path in sorted(pathlib.Path().glob("linux-*.node")):
    content = path.read_bytes()
    digits = f"{zlib.crc32(content):08x}"
    checksum = f"0x{digits[:4]}_{digits[4:]}"
    print(f"  \x27{path.stem}\x27: {{ bytes: {len(content):_}, checksum: {checksum} }},")
'

main "$@"
