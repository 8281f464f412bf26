#!/bin/sh
# Takes the README's picture, docs/sandbox.png, with a headless chromium.
set -eu
cd "$(dirname "$0")/.."
ESRESTORE_REQUIRE=browser go test ./internal/sandbox -count=1 -run TestThePictureOfTheReadmeCanBeTaken -readme docs/sandbox.png
