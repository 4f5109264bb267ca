#!/usr/bin/env bash
# Prints the name of an image that can build the Dockerfile: golang:1.26, or where no registry
# answers one made on the spot from this machine's Go: the toolchain, the modules that the program needs,
# and what they compile to; no shell, no network. The same Go and go.sum give the same name, and it
# is made once.
#   docker build --build-arg BUILDER="$(image/builder.sh)" .
set -euo pipefail
cd "$(dirname "$0")/.."
if docker image inspect golang:1.26 > /dev/null 2>&1 || docker pull -q golang:1.26 > /dev/null 2>&1; then
  echo golang:1.26
  exit
fi
name=ambient-profile-builder:$( (go version; cat go.sum image/builder.sh) | sha256sum | cut -c1-12)
if docker image inspect "$name" > /dev/null 2>&1; then
  echo "$name"
  exit
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
goroot=$(go env GOROOT)
modules=$(go env GOMODCACHE)
archs=${ARCHS:-amd64 arm64}

# Compiled packages, as the Dockerfile compiles them: without these each build takes minutes.
mkdir -p "$work/root/.cache"
for arch in $archs; do
  GOCACHE=$work/root/.cache/go-build GOFLAGS="-trimpath -buildvcs=false" GOOS=linux GOARCH=$arch CGO_ENABLED=0 \
    go build -o "$work/built/" ./cmd/ambient-profile ./image
done

# The modules' directories, and go.mod and hash of all that go.mod can reach.
for arch in $archs; do
  GOOS=linux GOARCH=$arch CGO_ENABLED=0 go list -deps -f '{{with .Module}}{{if not .Main}}{{.Dir}}{{end}}{{end}}' ./cmd/ambient-profile ./image
done | sort -u | sed -n "s,^$modules/,,p" > "$work/modules"
(cd "$modules" && find cache/download -type f \( -name '*.mod' -o -name '*.ziphash' -o -name '*.info' \)) >> "$work/modules"

mkdir "$work/tmp" && chmod 1777 "$work/tmp"
add() { tar --hard-dereference --owner 0 --group 0 -rf "$work/image.tar" "$@"; }
add -C "$work" tmp root
add -C "$goroot" --transform 's,^,usr/local/go/,' bin pkg/include pkg/tool src VERSION go.env
add -C "$modules" --transform 's,^,go/pkg/mod/,' -T "$work/modules"

docker import \
  -c 'ENV PATH=/usr/local/go/bin' -c 'ENV HOME=/root' -c 'ENV GOPATH=/go' \
  -c 'ENV GOPROXY=off' -c 'ENV GOTOOLCHAIN=local' \
  "$work/image.tar" "$name" > /dev/null
echo "$name"
