#!/usr/bin/env bash
# Run a command with a data folder of its own that is deleted afterwards: no test touches var/.
set -uo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 143' TERM INT HUP
export ZHIBU_DATA=$folder DJANGO_SETTINGS_MODULE=${DJANGO_SETTINGS_MODULE:-zhibu.config.settings}
"$@"
