"""Build `license_texts.json` from AboutCode LicenseDB: `python scripts/build_license_texts.py DIR OUT.json`.

DIR holds `<key>.LICENSE` files (pypi:scancode-toolkit `licensedcode/data/licenses`, data under CC-BY-4.0).
Kept are the licences of `licenses.json` and the common software licences; of each, hashes and no text.
"""

from __future__ import annotations

import base64
import json
import re
import sys
from array import array
from pathlib import Path

from aicheck.knowledge.licenses import _licensedb_table, rows
from aicheck.knowledge.licensetext import digest, sample, tokens

COMMON = """apache-1.1 gpl-1.0 lgpl-2.0 bsd-original x11 bsd-zero openssl zlib ruby php-3.01 psf-2.0
    cddl-1.0 cpl-1.0 epl-1.0 ms-rl artistic-1.0 artistic-perl-1.0 eupl-1.2 cecill-2.1
    cecill-b-en unlicense wtfpl-2.0 0bsd upl-1.0 mulanpsl-2.0 blueoak-1.0.0 boost-1.0 isc
    ofl-1.1 cc0-1.0 hfoil-1.0 redis-source-available-1.0 commons-clause""".split()


def main() -> int:
    source, target = Path(sys.argv[1]), Path(sys.argv[2])
    table = _licensedb_table()
    keys = set(COMMON)
    for row in rows().values():
        entry = table.get(row["expression"].casefold())
        if entry is not None:
            keys.add(entry[0])
    texts = {}
    for key in sorted(keys):
        if key.endswith("-plus"):  # the text is that of the plain version
            continue
        path = source / f"{key}.LICENSE"
        if not path.is_file():
            continue
        body = path.read_text(encoding="utf-8")
        words = tokens(re.sub(r"\A---\n.*?\n---\n", "", body, count=1, flags=re.DOTALL))
        if len(words) < 20:
            continue
        modulus = 1 if len(words) < 600 else 8 if len(words) < 4000 else 16
        packed = base64.b64encode(array("I", sorted(sample(words, modulus))).tobytes()).decode()
        texts[key] = [digest(words), modulus, packed]
    head = {
        "source": "AboutCode LicenseDB (pypi:scancode-toolkit==32.5.0), CC-BY-4.0; hashes only",
        "texts": texts,
    }
    target.write_text(json.dumps(head, indent=0) + "\n", encoding="utf-8")
    print(len(texts), "texts")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
