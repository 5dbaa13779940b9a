#!/usr/bin/env bash
# Docker engine, Compose and buildx for a Debian machine (as root) that has package mirrors and no image registry.
# Nothing is started by the system and nothing lies on Docker's usual paths: the programs are unpacked into a folder.
#   get-docker.sh DIR    unpacks into DIR and prints the PATH and the DOCKER_CONFIG to use
# runc, iptables and an init are installed from the system's own release; engine, Compose and buildx come from
# Debian testing's packages (nothing older has all of them; they run on Debian 12), checked against the index's sums.
set -euo pipefail
dir=$1
suite=${SUITE:-forky}
packages=(docker-compose docker-buildx docker.io docker-cli containerd)
mkdir -p "$dir/config/cli-plugins" "$dir/debs"

missing=()
command -v runc >/dev/null || missing+=(runc)
command -v iptables >/dev/null || missing+=(iptables)
command -v ip >/dev/null || missing+=(iproute2)
command -v tini-static >/dev/null || missing+=(tini)
command -v xz >/dev/null || missing+=(xz-utils)
command -v curl >/dev/null || missing+=(curl)
if [ ${#missing[@]} -gt 0 ]; then
  {
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
  } >"$dir/apt.log" 2>&1 || { tail -3 "$dir/apt.log" >&2; echo "apt-get could not install ${missing[*]}" >&2; exit 1; }
fi

if [ ! -e "$dir/unpacked" ]; then
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' | sed -n 's,/$,,;1p')
  mirror=${DEBIAN_MIRROR:-$mirror}
  curl -sSf --retry 3 "$mirror/dists/$suite/main/binary-amd64/Packages.xz" | xz -dc >"$dir/Packages"
  field() { # field PACKAGE NAME
    awk -v RS= -v p="$1" -v f="$2" '$0 ~ "^Package: " p "\n" {
      match($0, "\n" f ": [^\n]+"); print substr($0, RSTART + length(f) + 3, RLENGTH - length(f) - 3); exit }' "$dir/Packages"
  }
  fetch() {
    curl -sSf --retry 3 -o "$dir/debs/$1.deb" "$mirror/$(field "$1" Filename)"
    echo "$(field "$1" SHA256)  $dir/debs/$1.deb" | sha256sum -c --quiet >&2
    dpkg -x "$dir/debs/$1.deb" "$dir/root"
    echo "$1 $(field "$1" Version)" >>"$dir/versions"
  }
  : >"$dir/versions"
  for package in "${packages[@]}"; do fetch "$package"; done
  cp "$dir"/root/usr/libexec/docker/cli-plugins/* "$dir/config/cli-plugins/"
  rm -rf "$dir/debs" "$dir/Packages"
  touch "$dir/unpacked"
fi
echo "PATH=$dir/root/usr/sbin:$dir/root/usr/bin:$PATH"
echo "DOCKER_CONFIG=$dir/config"
