#!/bin/sh
# Builds the sandbox's page from its sources. Needs Node 20 or newer, and npm.
set -eu
cd "$(dirname "$0")"
npm ci --no-audit --no-fund --silent
npm run --silent build -- "$@"
