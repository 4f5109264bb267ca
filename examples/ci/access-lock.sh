#!/bin/sh
# access-lock.sh RENDER LOCK compares who may reach what by the manifests that the command RENDER prints with the
# committed lock file LOCK. It fails, and prints who gains and who loses access, if they differ.
set -eu
if [ $# -ne 2 ] || [ -z "$1" ] || [ -z "$2" ]; then
  echo "access-lock.sh: error: write access-lock.sh 'COMMAND' access.lock.yaml" >&2
  exit 2
fi
rendered=$(mktemp)
trap 'rm -f "$rendered"' EXIT
sh -euc "$1" > "$rendered"
ambient-profile diff --exit-code "$2" "$rendered" || {
  code=$?
  [ "$code" -eq 1 ] || exit "$code"
  echo "access-lock.sh: error: access differs from $2; if it is meant to, run: $1 | ambient-profile explain -o lock - > $2" >&2
  exit 1
}
