#!/usr/bin/env bash
# Builds the faster embedded store once for all checkouts (five minutes on two cores), and puts it beside our Python.
# Ends with 3 where this machine cannot build it.
set -euo pipefail
cd "$(dirname "$0")/../.."
# The last one that writes its indexes as secantusdb 0.7.0b3 reads them: from beta.196 on, numbers are keyed otherwise.
version=0.5.3-beta.195
root="${XDG_CACHE_HOME:-$HOME/.cache}/dangan/store-rs"
program="$root/bin/secantusd-rs"
if [ "$("$program" --version 2>/dev/null | head -1)" != "secantusd-rs $version" ]; then
  have=$(cargo --version 2>/dev/null | cut -d' ' -f2 || true)
  if [ -z "$have" ] || [ "$(printf '1.95.0\n%s\n' "$have" | sort -V | head -1)" != 1.95.0 ]; then
    echo "The Rust store needs cargo 1.95 or later; here is ${have:-none}. Install it from https://rustup.rs" >&2
    exit 3
  fi
  cargo install --locked --ignore-rust-version secantus-mdb --version "=$version" --root "$root" --force
fi
install -m 755 "$program" .venv/bin/
echo "secantusd-rs is in .venv/bin, and is taken from now on (DANGAN_STORE_SERVER=py takes the other one)"
