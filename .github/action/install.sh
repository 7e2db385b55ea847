#!/usr/bin/env bash
# Put aicheck and exactly the dependencies whose hashes stand beside this file into an environment of its own.
#
# Python starts isolated (-I), uv and pip read no configuration. Where packages come from may be the runner's
# business (a mirror, a proxy): the hashes say what they must be.
# shellcheck disable=SC1091 # checked by itself
source "${BASH_SOURCE[0]%/*}/common.sh"
: "${action:?}" "${venv:?}" "${python:?}"

lock=$action/.github/action/requirements.txt

# A run that was cut short, another commit of this Action or another lock leaves another stamp: then all is new.
stamp() {
  printf '%s\n' "$action"
  cat "$lock"
}

# The first Python that is new enough; a runner's default may be older than what it has besides.
find_python() {
  local candidate
  for candidate in ${AICHECK_PYTHON:+"$AICHECK_PYTHON"} python3 python3.13 python3.12 python3.11 python3.14 python; do
    if "$candidate" -I -c 'import sys; sys.exit(sys.version_info < (3, 11) or print(sys.executable))' 2>/dev/null; then
      return 0
    fi
  done
  return 1
}

with_uv() {
  local name
  for name in "${!UV_@}"; do
    case $name in
      UV_INDEX* | UV_DEFAULT_INDEX | UV_EXTRA_INDEX_URL | UV_FIND_LINKS | UV_CACHE_DIR | UV_HTTP_* | UV_OFFLINE | \
        UV_SYSTEM_CERTS | UV_NATIVE_TLS | UV_KEYRING_PROVIDER | UV_LINK_MODE) ;;
      *) unset -v "$name" ;;
    esac
  done
  # The runner's own certificates: proxies that inspect traffic are in no built-in list.
  export UV_SYSTEM_CERTS=${UV_SYSTEM_CERTS:-true}
  uv --no-config --quiet venv --python "$1" "$venv" &&
    uv --no-config --quiet pip install --python "$python" --require-hashes --only-binary :all: -r "$lock"
}

with_pip() {
  local options=()
  # --isolated ignores the environment; a mirror or a certificate of the runner's is all that is let through.
  if [ -n "${PIP_INDEX_URL:-}" ]; then options+=(--index-url "$PIP_INDEX_URL"); fi
  if [ -n "${PIP_CERT:-}" ]; then options+=(--cert "$PIP_CERT"); fi
  "$1" -I -m venv "$venv" &&
    "$python" -I -m pip --isolated --disable-pip-version-check --quiet install --require-hashes \
      --only-binary :all: ${options[@]+"${options[@]}"} -r "$lock"
}

if [ ! -x "$python" ] || [ ! -f "$venv/aicheck.stamp" ] || [ "$(cat "$venv/aicheck.stamp")" != "$(stamp)" ]; then
  rm -rf "$venv"
  mkdir -p "${venv%/*}"
  if ! found=$(find_python); then
    echo "::error title=aicheck could not be installed::no Python 3.11 or newer: add actions/setup-python before" >&2
    exit 2
  fi
  if ! command -v uv >/dev/null 2>&1 || ! with_uv "$found"; then
    rm -rf "$venv"
    if ! with_pip "$found"; then
      echo "::error title=aicheck could not be installed::see the log of this step; the package index must be" \
        "reachable, and Python needs its venv module (on Debian: python3-venv) or uv beside it" >&2
      exit 2
    fi
  fi
  # The Action's own checkout is the program: pinning the Action's commit pins all of it. No build runs.
  "$python" -I -c 'import sys, sysconfig, pathlib
pathlib.Path(sysconfig.get_path("purelib"), "aicheck-action.pth").write_text(sys.argv[1] + "\n", encoding="utf-8")' \
    "$action/src"
  "$python" -I -m aicheck --version
  stamp >"$venv/aicheck.stamp"
fi
