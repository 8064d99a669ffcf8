#!/usr/bin/env bash
# Puts Debian's musl into the current directory, as libc.so. Needs no root. Debian 12 has a musl that
# is too old for Node.js, so apt-get then reads the lists of Debian 13, beside the machine's own.
set -euo pipefail
oldest=1.2.4

main() {
  apt-get -qq download musl || { apt-get -qq update && apt-get -qq download musl; }
  is_new_enough || newer
  is_new_enough
  dpkg -x musl_*.deb .
  cp "$(find . -path '*-linux-musl/libc.so' | head -n 1)" libc.so
}

is_new_enough() {
  dpkg --compare-versions "$(dpkg-deb --field musl_*.deb Version)" ge "$oldest"
}

newer() {
  rm musl_*.deb
  mkdir -p sources lists/partial cache/archives/partial
  sed 's/bookworm/trixie/g' /etc/apt/sources.list.d/debian.sources >sources/debian.sources
  local options=(-qq -o APT::Sandbox::User=root -o Dir::Etc::sourcelist=/dev/null)
  options+=(-o "Dir::Etc::sourceparts=$PWD/sources" -o "Dir::State::lists=$PWD/lists")
  options+=(-o "Dir::Cache=$PWD/cache")
  apt-get "${options[@]}" update
  apt-get "${options[@]}" download musl
}

main
