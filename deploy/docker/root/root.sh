#!/usr/bin/env bash
# Makes the files of a small image: tini, and the libraries of Node.js, from Debian's packages.
#   root.sh ARCHITECTURE DIRECTORY
# apt only downloads, and dpkg-deb only unpacks. So the architecture may be another one than that of
# this machine. Docker's names `amd64` and `arm64` are Debian's names too.
set -euo pipefail
architecture=$1
files=$2
packages=(tini libc6 libgcc-s1 libstdc++6)
libraries='ld-linux*.so.* libc.so.* libm.so.* libdl.so.* libpthread.so.* librt.so.* libgcc_s.so.* libstdc++.so.*'

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
cd "$work"
dpkg --add-architecture "$architecture"
apt-get update -qq
apt-get download -qq "${packages[@]/%/:$architecture}"

lib="$files/usr/lib"
mkdir -p "$lib" "$files"/{etc,tmp,usr/bin,var/lib/dpkg/status.d,home/nonroot}
chmod 1777 "$files/tmp"
chown 65532:65532 "$files/home/nonroot"
for package in *.deb; do
  name=$(dpkg-deb --field "$package" Package)
  dpkg-deb --extract "$package" unpacked
  # The form that scanners of images read.
  dpkg-deb --field "$package" >"$files/var/lib/dpkg/status.d/$name"
  mkdir -p "$files/usr/share/doc/$name"
  # A package may have a link to the folder of another package.
  cp --dereference "unpacked/usr/share/doc/$name/copyright" "$files/usr/share/doc/$name/" \
    2>/dev/null || true
done

cp unpacked/usr/bin/tini-static "$files/usr/bin/"
folder=$(basename "$(dirname "$(find unpacked -name 'libc.so.6')")")
mkdir "$lib/$folder"
for pattern in $libraries; do
  find unpacked -path "*/$folder/$pattern" ! -name '*.py' -exec cp --no-dereference -t "$lib/$folder" {} +
done

# Debian's newer releases have these links too.
ln -s usr/lib "$files/lib"
ln -s usr/lib "$files/lib64"
loader=$(basename "$lib/$folder"/ld-linux*.so.*)
ln -s "$folder/$loader" "$lib/$loader"

cp /etc/os-release "$files/etc/"
echo 'root:x:0:0:root:/:/sbin/nologin' >"$files/etc/passwd"
echo 'nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin' >>"$files/etc/passwd"
printf 'root:x:0:\nnonroot:x:65532:\n' >"$files/etc/group"
echo 'hosts: files dns' >"$files/etc/nsswitch.conf"
