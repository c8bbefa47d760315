"""What another check finds in files of entries: a path a line in, a JSON object a line out."""

import json
import pathlib
import sys

from accounting_fr.fec_check import check_fec

for line in sys.stdin:
    path = pathlib.Path(line.strip())
    report = check_fec(path.read_bytes(), path.name)
    answer = {
        "errors": report.errors,
        "warnings": report.warnings,
        "counts": report.summary(),
        "stats": report.stats,
    }
    print(json.dumps(answer), flush=True)
