#!/usr/bin/env bash
# Prints the software bill of materials (CycloneDX, JSON) of what a user installs.
#   scripts/sbom.sh TARBALL
# The repository's own tree would not do: npm takes a package that is a dependency and a development
# dependency for the latter, and leaves it out.
set -euo pipefail
tarball=$(realpath "$1")
project=$(mktemp -d)
trap 'rm -rf "$project"' EXIT
cd "$project"
echo '{"name":"installed","version":"0.0.0","private":true}' >package.json
npm install --no-audit --no-fund --ignore-scripts --silent "$tarball" >&2
npm sbom --sbom-format=cyclonedx --sbom-type=application
