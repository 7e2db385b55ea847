# shellcheck shell=bash
# What every step starts with. Sourced by the scripts beside it; sets `action`, `venv` and `python`.
#
# The working directory of a job belongs to the author of the pull request: nothing in it may run or configure
# anything here. So every step leaves it at once, and no program is looked for in it.
set -euo pipefail

# From the script's own place: the same in containers, whose paths differ from the runner's.
action=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd)
cd "$action"

# Programs come from the runner: relative entries of PATH and those inside the checkout do not count.
workspace=${GITHUB_WORKSPACE:-/nonexistent}
programs=
while IFS= read -r -d : entry; do
  case $entry in
    "${workspace%/}" | "${workspace%/}"/*) ;;
    /*) programs+=${programs:+:}$entry ;;
  esac
done <<<"$PATH:"
export PATH=$programs
unset -v programs workspace entry
# They would load code into every program that starts here.
unset -v BASH_ENV ENV PYTHONSTARTUP PYTHONPATH PYTHONHOME VIRTUAL_ENV CONDA_PREFIX

temp=${RUNNER_TEMP:-${TMPDIR:-/tmp}}
# A container's user may have none; caches then live as long as the job.
export HOME=${HOME:-$temp/aicheck-home}
venv=$temp/aicheck-venv
# shellcheck disable=SC2034 # used by those that source this
python=$venv/bin/python
