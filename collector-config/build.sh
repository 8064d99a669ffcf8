#!/usr/bin/env bash
# Builds the OpenTelemetry Collector of otelcol/ and prints its path, the only line on stdout. What was built
# once stays in the user's cache. Needs Go and a proxy of its modules.
#   build.sh          builds what go.mod and go.sum say, or finds it built
#   build.sh --lock   writes go.mod and go.sum anew, after the versions in builder.yaml or here were changed
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
plan=$PWD/otelcol
version=v0.155.0
export CGO_ENABLED=0

main() {
  cache=${XDG_CACHE_HOME:-$HOME/.cache}/gunicorn-prometheus-exporter
  # This file is part of the key: it has the builder's version and how it is called.
  binary=$cache/otelcol-$(cat build.sh otelcol/* | git hash-object --stdin | cut -c 1-16)
  if [ "${1:-}" = --lock ]; then
    lock
    return
  fi
  if [ ! -x "$binary" ]; then
    wait_for_others
    [ -x "$binary" ] || build
  fi
  printf '%s\n' "$binary"
}

# Of two at once the second waits for what the first builds. Where there is no flock both build, and neither
# sees the other's half-written file: a rename is whole.
wait_for_others() {
  mkdir -p "$cache"
  if command -v flock >/dev/null; then
    exec 9>"$cache/otelcol.lock"
    flock 9
  fi
}

build() {
  echo "Building $binary: some minutes, once." >&2
  generate
  cp "$plan/go.mod" "$plan/go.sum" sources/
  # The builder would run `go mod tidy`: it asks for what the tests of every dependency need, many times
  # what is compiled, and it would choose versions by itself.
  ./builder --config "$plan/builder.yaml" --skip-generate --skip-get-modules >&2
  sources/otelcol --version >&2
  mv sources/otelcol "$binary"
}

lock() {
  generate
  cd sources
  go mod init otelcol
  # Not the version of the Go that happens to run here, which go.mod would ask of everybody.
  go mod edit -go=1.25.0
  sed -n 's/^ *- gomod: \([^ ]*\) /-require=\1@/p' "$plan/builder.yaml" | xargs go mod edit
  go build -mod=mod -tags "$(sed -n 's/^ *build_tags: //p' "$plan/builder.yaml")" -o /dev/null .
  cp go.mod go.sum "$plan/"
}

# Writes the Collector's main program into sources/ of a directory that goes with this script.
generate() {
  if ! command -v go >/dev/null; then
    echo 'Building the Collector needs Go 1.25 or later (https://go.dev/dl): there is no go in PATH.' >&2
    exit 1
  fi
  mkdir -p "$cache"
  draft=$(mktemp -d "$cache/draft-XXXXXX")
  trap 'rm -rf "$draft"' EXIT
  cd "$draft"
  GOBIN=$draft go install "go.opentelemetry.io/collector/cmd/builder@$version" >&2
  ./builder --config "$plan/builder.yaml" --skip-get-modules --skip-compilation >&2
}

main "$@"
