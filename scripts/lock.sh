#!/usr/bin/env bash
# Write requirements/*.txt anew: every version with its hashes, for every platform, and no address of any registry.
set -euo pipefail
cd "$(dirname "$0")/.."
tool=$(mktemp -d)
trap 'rm -rf "$tool"' EXIT
.venv/bin/python -m venv "$tool"
"$tool/bin/python" -m pip install --quiet uv
for list in prod dev; do
    "$tool/bin/uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
        "requirements/$list.in" -o "requirements/$list.txt"
done
