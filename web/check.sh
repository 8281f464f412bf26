#!/bin/sh
# Checks that the built page in the repository is what its sources give.
set -eu
cd "$(dirname "$0")"
fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
./build.sh "$fresh"
if ! diff -r "$fresh" ../internal/sandbox/page/dist >/dev/null; then
  echo "internal/sandbox/page/dist is not what web/ gives: run web/build.sh and commit what it wrote." >&2
  exit 1
fi
echo "the built page is that of its sources"
