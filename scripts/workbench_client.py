"""Write `workbench/src/api/schema.d.ts`, the types of the API as the workbench's client has them.

    python scripts/workbench_client.py          # writes it; needs `npm ci` in workbench/
    python scripts/workbench_client.py --check  # exit 1 where the API has changed since; no Node

The file begins with a digest of the description that it was made from.
"""

import hashlib
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from orderguard.api import describe

WORKBENCH = Path(__file__).resolve().parents[1] / "workbench"
TARGET = WORKBENCH / "src" / "api" / "schema.d.ts"
MAKER = WORKBENCH / "node_modules" / ".bin" / "openapi-typescript"
MADE = "// Made by `make client` from the API's description, sha256 {digest}.\n"
MADE_FROM = re.compile(r"^// Made by .* sha256 ([0-9a-f]{64})\.\n")


def description() -> str:
    """What the API is, without which version tells it."""
    told = describe()
    del told["info"]["version"]
    return json.dumps(told, ensure_ascii=False, sort_keys=True, indent=1)


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def made_from() -> str | None:
    """The digest of the description that the committed client was made from."""
    found = MADE_FROM.match(TARGET.read_text("utf-8")) if TARGET.exists() else None
    return found[1] if found else None


def write(told: str) -> None:
    # The generator wants a whole description.
    whole = json.loads(told)
    whole["info"]["version"] = "1"
    with tempfile.TemporaryDirectory() as folder:
        source, made = Path(folder, "openapi.json"), Path(folder, "schema.d.ts")
        source.write_text(json.dumps(whole), "utf-8")
        subprocess.run([MAKER, source, "-o", made], check=True, stdout=subprocess.DEVNULL)  # noqa: S603
        TARGET.write_text(MADE.format(digest=digest(told)) + made.read_text("utf-8"), "utf-8")


def main() -> int:
    told = description()
    if "--check" not in sys.argv[1:]:
        write(told)
        return 0
    if made_from() == digest(told):
        return 0
    print("workbench: the API has changed; run `make client` and commit its file", file=sys.stderr)  # noqa: T201
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
