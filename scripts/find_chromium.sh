#!/usr/bin/env bash
# Print the path of Chromium (or of the browser named by CHROMIUM); fail when there is none.
for name in ${CHROMIUM:+"$CHROMIUM"} /usr/bin/chromium chromium chromium-browser google-chrome; do
    if path=$(command -v "$name"); then
        # On Ubuntu chromium-browser is a stub that asks for a snap: it must be able to say its version.
        if "$path" --version >/dev/null 2>&1; then echo "$path"; exit 0; fi
    fi
done
exit 1
