#!/bin/sh
# install-release.sh downloads the release in VERSION for this machine, compares its checksum and adds it to the
# PATH of later steps (GITHUB_PATH), or leaves it in the directory BIN.
set -eu
url=https://github.com/kubeflow-ambient/ambient-profile/releases/download/$VERSION
os=$(uname -s | tr '[:upper:]' '[:lower:]')
case $(uname -m) in
  x86_64 | amd64) arch=amd64 ;;
  aarch64 | arm64) arch=arm64 ;;
  *) echo "install-release.sh: error: no release for $(uname -m)" >&2; exit 2 ;;
esac
bin=${BIN:-${RUNNER_TEMP:?set BIN or RUNNER_TEMP}/ambient-profile-bin}
file=ambient-profile_${VERSION}_${os}_$arch.tar.gz
mkdir -p "$bin"
cd "$bin"
for name in "$file" checksums.txt; do curl --fail --silent --show-error --location --output "$name" "${URL:-$url}/$name"; done
if command -v sha256sum > /dev/null; then sum="sha256sum"; else sum="shasum -a 256"; fi
grep "  $file\$" checksums.txt | $sum -c - > /dev/null || { echo "install-release.sh: error: $file differs from checksums.txt" >&2; exit 1; }
tar -xzf "$file" ambient-profile
rm "$file" checksums.txt
if [ -n "${GITHUB_PATH:-}" ]; then echo "$bin" >> "$GITHUB_PATH"; fi
