#!/usr/bin/env bash
# Scan, compare with the base, write every report. Ends 0 whatever the verdict: the last step gives it.
set -euo pipefail
cd "$GITHUB_ACTION_PATH"
"$RUNNER_TEMP/aicheck-venv/bin/python" -I -m aicheck ci github
