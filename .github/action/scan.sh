#!/usr/bin/env bash
# Scan, compare with the base, write every report. Ends 0 whatever the verdict: the last step gives it.
# shellcheck disable=SC1091 # checked by itself
source "${BASH_SOURCE[0]%/*}/common.sh"
: "${python:?}"
exec "$python" -I -X utf8 -m aicheck ci github
