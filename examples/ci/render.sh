#!/bin/sh
# render.sh DIR prints the manifests of a kustomization, and fails when a function in it did not run:
# then its AmbientProfile is left over, or nothing carries its mark. Give another command in KUSTOMIZE.
set -eu
rendered=$(${KUSTOMIZE:-kustomize build --enable-alpha-plugins --enable-exec} "$1")
if printf '%s\n' "$rendered" | grep -q '^kind: AmbientProfile$'; then
  echo "render.sh: error: $1: the output still holds an AmbientProfile, so the function did not run; add --enable-alpha-plugins --enable-exec to kustomize build" >&2
  exit 1
fi
if ! printf '%s\n' "$rendered" | grep -q '^    ambient.kubeflow.org/owned-by: '; then
  echo "render.sh: error: $1: nothing is owned by an AmbientProfile; is it listed in transformers:?" >&2
  exit 1
fi
printf '%s\n' "$rendered"
