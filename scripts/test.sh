#!/usr/bin/env bash
# Run every step of `make test`, also after one failed, and end with a table. Exit 1 when a step failed.
set -uo pipefail
cd "$(dirname "$0")/.."

steps=(lint templates types contracts migrations test-sqlite test-postgres journeys)
names=() results=() times=() failed=0

run() {
    local name=$1 start=$SECONDS result=ok
    shift
    printf '\n== %s\n' "$name"
    if ! "$@" </dev/null; then result=FAILED failed=1; fi
    names+=("$name") results+=("$result") times+=($((SECONDS - start)))
    [ "$result" = ok ]
}

run dev-setup make --no-print-directory dev-setup && run packages make --no-print-directory packages
if [ "$failed" = 0 ]; then
    for step in "${steps[@]}"; do
        if [ "$step" = test-postgres ] && [ -z "${CI:-}" ] && ! .venv/bin/python scripts/private_postgres.py --find >/dev/null 2>&1; then
            names+=("$step") results+=("skipped: no PostgreSQL 15 or later") times+=(0)
        elif [ "$step" = journeys ] && [ -z "${CI:-}" ] && ! scripts/find_chromium.sh >/dev/null; then
            names+=("$step") results+=("skipped: no Chromium") times+=(0)
        else
            run "$step" make --no-print-directory "$step"
        fi
    done
fi

printf '\n'
for i in "${!names[@]}"; do printf '%-14s %4ds  %s\n' "${names[$i]}" "${times[$i]}" "${results[$i]}"; done
exit "$failed"
