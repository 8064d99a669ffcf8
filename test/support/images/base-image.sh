#!/usr/bin/env bash
# Makes a stand-in for `node:24-bookworm-slim` where no registry of images can be reached: Debian's
# packages, npm, and the Node.js of the npm package. For other architectures than this machine's,
# the stand-in has only Node.js, because the Dockerfile runs no command there.
#   base-image.sh IMAGE [BUILDAH_OPTION…]
set -euo pipefail
image=$1
shift
here=$(dpkg --print-architecture)
folder=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
version=$("$folder/node_modules/.bin/node" --print 'process.versions.node')

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
mmdebstrap --quiet --variant=minbase --include=ca-certificates --dpkgopt=force-unsafe-io bookworm \
  distribution.tar
npm pack --silent npm@11 >/dev/null
mkdir -p npm/usr/local/lib/node_modules/npm npm/usr/local/bin
tar -xzf npm-*.tgz --strip-components=1 --directory npm/usr/local/lib/node_modules/npm
ln -s ../lib/node_modules/npm/bin/npm-cli.js npm/usr/local/bin/npm

# The list of a run that was interrupted.
buildah "$@" manifest rm "$image" >/dev/null 2>&1 || true
for architecture in amd64 arm64; do
  package=node-linux-${architecture/amd64/x64}
  npm pack --silent "$package@$version" >/dev/null
  mkdir -p "$architecture/usr/local"
  tar -xzf "$package"-*.tgz --strip-components=1 --directory "$architecture/usr/local" \
    package/bin/node
  container=$(buildah "$@" from --arch "$architecture" scratch)
  if [ "$architecture" = "$here" ]; then
    buildah "$@" add --quiet "$container" distribution.tar / >/dev/null
    buildah "$@" add --quiet "$container" npm/ / >/dev/null
  fi
  buildah "$@" add --quiet "$container" "$architecture"/ / >/dev/null
  buildah "$@" config --os linux --arch "$architecture" \
    --env PATH=/usr/local/bin:/usr/bin:/bin --cmd node "$container"
  # With a name of its own, because `buildah rmi --prune` removes images without one.
  buildah "$@" commit --quiet --rm --manifest "$image" "$container" "$image-$architecture" >/dev/null
done
