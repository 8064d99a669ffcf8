#!/usr/bin/env bash
# Builds a program that the tests of deploy/ need, and prints its path, the only line on stdout. What was
# built once stays in the user's cache. Needs Go and a proxy of its modules.
#   programs.sh helm          Helm
#   programs.sh kustomize     Kustomize, where there is no kubectl
#   programs.sh operator      not built: the sources of the Prometheus operator, with its schemas
set -euo pipefail

main() {
  case ${1:-} in
    helm) module=helm.sh/helm/v4/cmd/helm@v4.3.2 ;;
    kustomize) module=sigs.k8s.io/kustomize/kustomize/v5@v5.8.3 ;;
    operator) module=github.com/prometheus-operator/prometheus-operator@v0.85.0 ;;
    *) echo 'Usage: programs.sh helm|kustomize|operator' >&2; exit 2 ;;
  esac
  cache=${XDG_CACHE_HOME:-$HOME/.cache}/gunicorn-prometheus-exporter
  place=$cache/$1-${module##*@}
  mkdir -p "$cache"
  [ -e "$place" ] || locked "$1"
  printf '%s\n' "$place"
}

# Of two at once the second waits for what the first builds. Where there is no flock both build, and
# neither sees the other's half-written file: a rename is whole.
locked() {
  if command -v flock >/dev/null; then
    exec 9>"$cache/$1.lock"
    flock 9
  fi
  [ -e "$place" ] && return
  if ! command -v go >/dev/null; then
    echo "$1 needs Go 1.25 or later (https://go.dev/dl): there is no go in PATH." >&2
    exit 1
  fi
  draft=$(mktemp -d "$cache/draft-XXXXXX")
  trap 'chmod -R u+w "$draft"; rm -rf "$draft"' EXIT
  if [ "$1" = operator ]; then schemas; else build "$1"; fi
}

build() {
  echo "Building $place: some minutes, once." >&2
  GOBIN=$draft go install "$module" >&2
  mv "$draft/$1" "$place"
}

schemas() {
  cd "$draft"
  sources=$(go mod download -json "$module" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
  cp -r "$sources/example/prometheus-operator-crd" "$draft/schemas"
  chmod -R u+w "$draft/schemas"
  mv "$draft/schemas" "$place"
}

main "$@"
