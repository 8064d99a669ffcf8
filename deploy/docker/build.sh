#!/usr/bin/env bash
# Builds an image from the sources of this clone, with docker or else with buildah.
#   build.sh [TARGET] [OPTION…]
# TARGET: sidecar (the default), demo or load. Options go to the builder: --platform linux/arm64.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
target=sidecar
if [ $# -gt 0 ] && [ "${1#-}" = "$1" ]; then
  target=$1
  shift
fi
version=$(sed -n 's/^  "version": "\(.*\)",$/\1/p' package.json)
case $target in
  sidecar) name=gunicorn-prometheus-exporter ;;
  demo | load) name=gunicorn-prometheus-exporter-$target ;;
  *)
    echo "build.sh: the target is sidecar, demo or load, and not $target" >&2
    exit 2
    ;;
esac
arguments=(--file deploy/docker/Dockerfile --target "$target" --tag "$name:$version"
  --build-arg "VERSION=$version" "$@" .)

if docker info >/dev/null 2>&1; then
  exec docker build "${arguments[@]}"
fi
# The format of OCI has no HEALTHCHECK. Versions of buildah before 1.29 do not set BUILDPLATFORM.
architecture=$(uname -m | sed 's/x86_64/amd64/; s/aarch64/arm64/')
exec buildah build --format docker --layers --build-arg "BUILDPLATFORM=linux/$architecture" \
  "${arguments[@]}"
