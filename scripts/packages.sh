#!/usr/bin/env bash
# What the tests need besides Python: a PostgreSQL server (15 or later), Chromium, Chinese fonts.
# As root on Debian the missing ones are installed by apt-get; otherwise they are named. In CI a missing one is an error.
set -euo pipefail
cd "$(dirname "$0")/.."

missing=()
python3=.venv/bin/python
[ -x "$python3" ] || python3=python3
look() {
    missing=()
    "$python3" scripts/private_postgres.py --find >/dev/null 2>&1 || missing+=(postgresql)
    scripts/find_chromium.sh >/dev/null || missing+=(chromium)
    { command -v fc-list >/dev/null && [ -n "$(fc-list :lang=zh-cn file)" ]; } || missing+=(fontconfig fonts-noto-cjk)
}

look
if [ ${#missing[@]} = 0 ]; then exit 0; fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "packages: installing by apt-get: ${missing[*]}"
    if [[ " ${missing[*]} " == *" postgresql "* && ! -e /etc/postgresql-common/createcluster.conf ]]; then
        # The tests start a private server. Without this the package would also set up and start one for the whole machine.
        mkdir -p /etc/postgresql-common/createcluster.d
        echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.d/zhibu.conf
        echo "packages: no server for the whole machine is set up (/etc/postgresql-common/createcluster.d/zhibu.conf)"
    fi
    apt-get update -q >/dev/null || true
    DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends "${missing[@]}" </dev/null >/dev/null \
        || echo "packages: apt-get failed" >&2
    look
    if [ ${#missing[@]} = 0 ]; then exit 0; fi
fi
echo "packages: not found on this machine: ${missing[*]} (names of Debian packages)" >&2
if [ -n "${CI:-}" ]; then exit 1; fi
echo "packages: the steps that need them are skipped" >&2
