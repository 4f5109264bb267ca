#!/bin/sh
# access-diff.sh BASE OUT renders the commit BASE and the checkout by the command in RENDER, and compares who may
# reach what. OUT gets base.yaml, head.yaml, diff.md, and gained: true if any client gains access.
# It runs in a directory of a git repository, and RENDER runs in the same directory of both trees.
set -eu
if [ $# -ne 2 ] || [ -z "$1" ] || [ -z "${RENDER:-}" ]; then
  echo "access-diff.sh: error: write RENDER='COMMAND' access-diff.sh BASE OUT" >&2
  exit 2
fi
mkdir -p "$2"
out=$(cd "$2" && pwd)
below=$(git rev-parse --show-prefix)
tree=$(mktemp -d)
trap 'git worktree remove --force "$tree/base" 2> /dev/null || true; rm -rf "$tree"' EXIT
git worktree add --quiet --detach "$tree/base" "$1"

sh -euc "$RENDER" > "$out/head.yaml"
if [ -d "$tree/base/$below" ]; then
  (cd "$tree/base/$below" && sh -euc "$RENDER") > "$out/base.yaml"
else
  # The directory is new, and with it all access that it gives.
  printf 'apiVersion: v1\nkind: Namespace\nmetadata: {name: default}\n' > "$out/base.yaml"
fi

# diff exits with 1 for a gain, which it prints, and for content that it rejects, about which it prints nothing.
gained=false
ambient-profile diff --no-new-access -o markdown "$out/base.yaml" "$out/head.yaml" > "$out/diff.md" || {
  code=$?
  [ "$code" -eq 1 ] && [ -s "$out/diff.md" ] || exit "$code"
  gained=true
}
[ -s "$out/diff.md" ] || echo "No access changes." > "$out/diff.md"
echo "$gained" > "$out/gained"
cat "$out/diff.md"
