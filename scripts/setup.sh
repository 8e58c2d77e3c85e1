#!/usr/bin/env bash
# Make .venv in the checkout: hashed requirements by plain pip, then the checkout itself, editable and without the network.
# usage: scripts/setup.sh prod|dev      PYTHON=python3.12 chooses another interpreter (3.11 or later)
set -euo pipefail
cd "$(dirname "$0")/.."
unset PYTHONDONTWRITEBYTECODE
kind=${1:?prod or dev}
say() { printf '%s\n' "$*"; }

usable() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

choose_python() {
    local candidate
    for candidate in ${PYTHON:+"$PYTHON"} python3.11 python3 python3.12 python3.13; do
        if usable "$candidate"; then say "$candidate"; return; fi
    done
    say "setup: no Python 3.11 or later found; on Debian and Ubuntu: apt-get install python3.11 python3.11-venv" >&2
    exit 1
}

# A checkout that was moved or copied has a .venv whose commands point to the old place: make it anew.
if ! { [ -x .venv/bin/python ] && usable .venv/bin/python && grep -qsF "$PWD/.venv" .venv/bin/activate; }; then
    python=$(choose_python)
    if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
        version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
        if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
            say "setup: Python cannot make virtual environments yet; installing python$version-venv by apt-get"
            apt-get update -q >/dev/null
            DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends "python$version-venv" </dev/null >/dev/null
        else
            say "setup: please install the package python$version-venv, then run make again" >&2
            exit 1
        fi
    fi
    say "setup: making .venv with $("$python" --version)"
    rm -rf .venv
    "$python" -m venv .venv
fi

stamp() { cat requirements/prod.txt "requirements/$kind.txt" pyproject.toml | sha256sum | cut -d' ' -f1; }
# The tools include everything the product needs, so either stamp satisfies prod.
wanted=$(stamp)
if grep -qsxF "$wanted" ".venv/installed-$kind" && [ -x .venv/bin/zhibu ]; then exit 0; fi

say "setup: installing requirements/$kind.txt"
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r "requirements/$kind.txt"
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-index --no-deps --no-build-isolation -e .
say "$wanted" > ".venv/installed-$kind"
if [ "$kind" = dev ]; then kind=prod; stamp > .venv/installed-prod; fi
say "setup: done; the command is .venv/bin/zhibu"
