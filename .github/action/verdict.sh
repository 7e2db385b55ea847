#!/usr/bin/env bash
# The verdict of the scan becomes the verdict of the job. Without one, the scan could not run: that is no pass.
set -euo pipefail
case "${AICHECK_EXIT_CODE:-}" in
  0) echo "aicheck: ${AICHECK_VERDICT:-pass}" ;;
  1 | 2 | 3)
    echo "aicheck: ${AICHECK_VERDICT:-could not run}" >&2
    exit "$AICHECK_EXIT_CODE"
    ;;
  *)
    echo "aicheck: the scan step gave no verdict" >&2
    exit 2
    ;;
esac
