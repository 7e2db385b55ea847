#!/usr/bin/env bash
# Put aicheck and exactly the dependencies whose hashes stand beside this file into an environment of its own.
#
# The working directory of a job belongs to the author of the pull request: nothing in it may run or configure
# anything here. So this script leaves it at once, Python starts isolated (-I), and uv and pip are told to read no
# configuration.
set -euo pipefail
cd "$GITHUB_ACTION_PATH"

lock="$GITHUB_ACTION_PATH/.github/action/requirements.txt"
venv="$RUNNER_TEMP/aicheck-venv"

if [ ! -x "$venv/bin/python" ]; then
  if command -v uv >/dev/null 2>&1; then
    uv --no-config --quiet venv --python "${AICHECK_PYTHON:-python3}" "$venv"
    uv --no-config --quiet pip install --python "$venv/bin/python" --require-hashes --only-binary :all: -r "$lock"
  else
    "${AICHECK_PYTHON:-python3}" -I -m venv "$venv"
    "$venv/bin/python" -I -m pip --isolated --disable-pip-version-check --quiet install \
      --require-hashes --only-binary :all: -r "$lock"
  fi
  # The Action's own checkout is the program: pinning the Action's commit pins all of it. No build runs.
  "$venv/bin/python" -I -c 'import sys, sysconfig, pathlib
pathlib.Path(sysconfig.get_path("purelib"), "aicheck-action.pth").write_text(sys.argv[1] + "\n", encoding="utf-8")' \
    "$GITHUB_ACTION_PATH/src"
fi
"$venv/bin/python" -I -m aicheck --version
