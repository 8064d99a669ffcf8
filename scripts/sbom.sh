#!/usr/bin/env bash
# Prints the software bill of materials (CycloneDX, JSON) of what a user installs, and of the
# packages whose code is in the files of dist.
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
npm sbom --sbom-format=cyclonedx --sbom-type=application >sbom.json
node - <<'EOF'
const { readFileSync } = require('node:fs')
const sbom = JSON.parse(readFileSync('sbom.json', 'utf8'))
const name = 'gunicorn-prometheus-exporter'
const licenses = readFileSync(`node_modules/${name}/dist/third-party-licenses.txt`, 'utf8')
const own = sbom.components.find((each) => each.name === name)
own.components = Array.from(
  licenses.matchAll(/^(@?[\w/-]+) (\d+\.\d+\.\d+) \(([\w.-]+)\)$/gm),
  ([, package, version, id]) => ({
    type: 'library',
    name: package,
    version,
    purl: `pkg:npm/${package.replace('@', '%40')}@${version}`,
    licenses: [{ license: { id } }],
  }),
)
process.stdout.write(`${JSON.stringify(sbom, undefined, 2)}\n`)
EOF
