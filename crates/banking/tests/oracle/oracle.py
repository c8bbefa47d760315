"""What other implementations make of our files and numbers: one JSON object a line, in and out.

{"statement": PATH} is read by pycamt; {"iban": TEXT} and {"reference": TEXT} are checked by python-stdnum.
"""

import json
import sys

from pycamt.parser import Camt053Parser
from stdnum import iban, iso11649


def answer(question):
    if "iban" in question:
        return iban.is_valid(question["iban"], check_country=False)
    if "reference" in question:
        return iso11649.is_valid(question["reference"])
    parser = Camt053Parser.from_file(question["statement"])
    return {
        "header": parser.get_group_header(),
        "statements": parser.get_statement_info(),
        "transactions": parser.get_transactions(),
    }


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
