#!/usr/bin/env bash
# Builds docker/Dockerfile with buildah, without a Docker engine, on a base that debootstrap makes; then lives with the
# image as a container would: another user, a root file system that cannot be written, a health check, SIGTERM.
#
#   tests/docker/image.sh WORK    WORK: a folder that keeps the base and the image; needs root, network and some 3 GB
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mkdir -p "$1" && cd "$1" && pwd)
base=docker.io/library/debian:12-slim

say() { printf 'image: %s\n' "$*" >&2; }
fail() { say "FAILED: $*"; exit 1; }
buildah() { nice -n 19 buildah --root "$work/storage" --runroot "$work/run" --storage-driver vfs "$@"; }

make_base() {  # once
    local mirror container
    if buildah inspect --type image "$base" >/dev/null 2>&1; then return; fi
    # shellcheck disable=SC2016  # apt's own format
    mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | grep -m1 '/debian/*$' || true)
    say "making $base from ${mirror:=http://deb.debian.org/debian}"
    rm -rf "$work/base"
    nice -n 19 debootstrap --variant=minbase bookworm "$work/base" "$mirror" >"$work/debootstrap.log"
    container=$(buildah from scratch)
    buildah add -q "$container" "$work/base" / >/dev/null
    buildah config --cmd /bin/bash "$container"
    buildah commit -q --rm "$container" "$base" >/dev/null
    rm -rf "$work/base"
}

config() {  # of the image, by a Go template
    buildah inspect --type image --format "$1" tokenweir
}

expect() {  # WHAT HAVE WANTED
    [ "$2" = "$3" ] || fail "$1: expected '$3', got '$2'"
    say "ok: $1"
}

port_of() {  # WHAT: where the proxy says that it listens
    sed -n "s/^tokenweir: $1 on http:\/\/.*:\([0-9]*\)$/\1/p" "$work/container.log"
}

make_base
say "building the image"
buildah bud --isolation chroot --format docker --pull-never --layers=false -t tokenweir \
    -f "$root/docker/Dockerfile" "$root" >"$work/build.log" 2>&1 ||
    { tail -50 "$work/build.log"; fail "it does not build"; }

expect "it runs as nobody" "$(config '{{.Docker.Config.User}}')" 65532:65532
expect "it is stopped by SIGTERM" "$(config '{{.Docker.Config.StopSignal}}')" SIGTERM
expect "it starts the proxy" "$(config '{{.Docker.Config.Entrypoint}}')" "[/usr/local/bin/tokenweir]"
user=$(config '{{.Docker.Config.User}}')
health=$(config '{{index .Docker.Config.Healthcheck.Test 3}}')

container=$(buildah from --pull-never tokenweir)
trap 'buildah rm "$container" >/dev/null' EXIT
rootfs=$(buildah mount "$container")
size=$(du -sm "$rootfs" | cut -f1)
[ "$size" -lt 200 ] || fail "it has $size MiB"
say "ok: it has $size MiB"
for left in src usr/bin/g++; do [ ! -e "$rootfs/$left" ] || fail "/$left is left in it"; done

# Runs a command as the image's user, all of its root file system read-only.
# shellcheck disable=SC2016  # expanded by the shell that runs it
in_container=(unshare --mount bash -euc '
    rootfs=$1 user=$2
    shift 2
    mount --bind "$rootfs" "$rootfs"
    mount --rbind /dev "$rootfs/dev"
    mount --rbind /proc "$rootfs/proc"
    mount -o remount,bind,ro "$rootfs"
    exec chroot --userspec="$user" "$rootfs" "$@"' _ "$rootfs" "$user")

# Ports that are free, in the place of 7080 and 7081: the network is this machine's.
"${in_container[@]}" env TOKENWEIR_LISTEN=127.0.0.1:0 TOKENWEIR_ADMIN_LISTEN=127.0.0.1:0 /usr/local/bin/tokenweir \
    >"$work/calls.jsonl" 2>"$work/container.log" &
pid=$!
for ((tries = 0; tries < 100; ++tries)); do
    ! grep -q 'admin on' "$work/container.log" || break
    kill -0 $pid 2>/dev/null || { cat "$work/container.log"; fail "it does not start"; }
    sleep 0.1
done
"${in_container[@]}" /bin/bash -c "${health//7081/$(port_of admin)}" || fail "its health check fails"
say "ok: it is healthy"
if "${in_container[@]}" /bin/bash -c "${health//7081/1}" 2>/dev/null; then fail "its health check does not look"; fi
say "ok: it would not be if nobody answered"
curl -sf "http://127.0.0.1:$(port_of listening)/mock/v1/chat/completions" -d '{"model":"m","messages":[]}' >/dev/null ||
    fail "it does not answer a call"
say "ok: it answers a call"
kill $pid
status=0
wait $pid || status=$?
expect "SIGTERM ends it well" $status 0
expect "the call is in its log" "$(grep -c '"tokenweir.outcome":"ok"' "$work/calls.jsonl")" 1
