"""
`python -m hum_sidecar.durations LIST ANSWERS`: decodes each file of a JSON list of paths, and tells how long it lasts.

Prints a line for each that is done. ANSWERS gets a list in the same order: `duration_s` of the samples that an engine
would get, or `problem`.
"""

import json
import os
import sys
from pathlib import Path

from hum_sidecar.decoder import SAMPLE_RATE, Budget, decode
from hum_sidecar.errors import HumError
from hum_sidecar.parent import leave_with_parent
from hum_sidecar.source import Region

# A benchmark's files are its owner's own: these are there against a file that never ends.
_BUDGET = Budget(duration_s=24 * 3600, cpu_s=3600)


def main() -> int:
    """0, whatever is wrong with the files."""
    leave_with_parent()
    answers: list[dict[str, object]] = []
    for path in json.loads(Path(sys.argv[1]).read_text()):
        answers.append(answer(path))
        print(len(answers), flush=True)
    Path(sys.argv[2]).write_text(json.dumps(answers))
    return 0


def answer(path: str) -> dict[str, object]:
    try:
        with Region(path, offset=0, length=os.stat(path).st_size) as source:
            media = decode(source, budget=_BUDGET, check=lambda: None, take=lambda _piece: None)
    except HumError as error:
        return {"problem": error.message}
    except OSError as error:
        return {"problem": f"cannot be read: {error.strerror}"}
    return {"duration_s": media.samples / SAMPLE_RATE}


if __name__ == "__main__":
    sys.exit(main())
