#!/bin/sh
# hydrated-diff.sh OLD NEW [PATH] compares who may reach what by the manifests of two branches that hold rendered
# manifests, such as those that Argo CD's source hydrator writes. It fails if any client gains access.
set -eu
if [ $# -lt 2 ] || [ $# -gt 3 ]; then
  echo "hydrated-diff.sh: error: write hydrated-diff.sh OLD-BRANCH NEW-BRANCH [PATH]" >&2
  exit 2
fi
path=${3:-.}
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
mkdir "$out/old" "$out/new"
git archive -o "$out/old.tar" "$1" "$path"
git archive -o "$out/new.tar" "$2" "$path"
tar -xf "$out/old.tar" -C "$out/old"
tar -xf "$out/new.tar" -C "$out/new"
cd "$out"
ambient-profile diff --no-new-access old new
