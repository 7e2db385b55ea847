#!/usr/bin/env bash
# Build wheel and sdist twice from the committed tree, demand the same bytes, and describe what was built.
set -euo pipefail
out=${1:?usage: build_release.sh DIRECTORY}
top=$(git rev-parse --show-toplevel)
commit=$(git -C "$top" rev-parse HEAD)  # once: the branch may move while this builds
SOURCE_DATE_EPOCH=$(git -C "$top" log -1 --format=%ct "$commit")
export SOURCE_DATE_EPOCH PYTHONHASHSEED=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

python3 -m venv "$work/venv"
"$work/venv/bin/pip" --disable-pip-version-check --quiet install build
for number in 1 2; do
  mkdir "$work/tree$number"
  git -C "$top" archive "$commit" | tar -x -C "$work/tree$number"
  "$work/venv/bin/python" -m build --outdir "$work/dist$number" "$work/tree$number" >/dev/null
done
diff -r "$work/dist1" "$work/dist2"

mkdir -p "$out/packages" "$out/bom"
cp "$work/dist1"/* "$out/packages/"
"$work/venv/bin/pip" --disable-pip-version-check --quiet install "$work"/dist1/*.whl
# Our own SBOM and AI-BOM: what the package depends on, and the models that its tree names (none that it loads).
code=0
"$work/venv/bin/aicheck" scan "$work/tree1" --offline --quiet -f cyclonedx >"$out/bom/aicheck.cdx.json" || code=$?
test "$code" -ne 2
(cd "$out/packages" && sha256sum ./*) >"$out/SHA256SUMS"
