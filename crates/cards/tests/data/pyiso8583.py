"""Writes pyiso8583.jsonl: messages of the dialect of `cards::iso8583::ASCII_1987`, encoded by another
implementation (PyPI pyiso8583 4.0.1, MIT). Run by hand when the dialect changes:

    pip install pyiso8583==4.0.1 && python pyiso8583.py > pyiso8583.jsonl
"""
import json
import random
import string

import iso8583

DIGITS, HEX = string.digits, "0123456789ABCDEF"
ALPHANUMERIC = string.ascii_letters + string.digits + " "
PRINTABLE = "".join(chr(code) for code in range(32, 127))
TRACK_2 = DIGITS + "=D"

# number: (characters, digits of length, longest)
FIELDS = {
    2: (DIGITS, 2, 19), 3: (DIGITS, 0, 6), 4: (DIGITS, 0, 12), 7: (DIGITS, 0, 10), 11: (DIGITS, 0, 6),
    12: (DIGITS, 0, 6), 13: (DIGITS, 0, 4), 14: (DIGITS, 0, 4), 15: (DIGITS, 0, 4), 18: (DIGITS, 0, 4),
    22: (DIGITS, 0, 3), 25: (DIGITS, 0, 2), 32: (DIGITS, 2, 11), 35: (TRACK_2, 2, 37),
    37: (ALPHANUMERIC, 0, 12), 38: (ALPHANUMERIC, 0, 6), 39: (ALPHANUMERIC, 0, 2), 41: (PRINTABLE, 0, 8),
    42: (PRINTABLE, 0, 15), 43: (PRINTABLE, 0, 40), 48: (PRINTABLE, 3, 999), 49: (DIGITS, 0, 3),
    54: (ALPHANUMERIC, 3, 120), 55: (HEX, 3, 510), 60: (DIGITS, 3, 4), 62: (PRINTABLE, 3, 64),
    63: (PRINTABLE, 3, 64), 70: (DIGITS, 0, 3), 90: (DIGITS, 0, 42), 95: (ALPHANUMERIC, 0, 42),
    128: (HEX, 0, 16),
}


def text(prefix, longest):
    return {"data_enc": "ascii", "len_enc": "ascii", "len_type": prefix, "max_len": longest, "desc": ""}


spec = {str(number): text(0, 1) for number in range(2, 129)}
spec.update({"h": text(0, 0), "t": text(0, 4), "p": text(0, 16), "1": text(0, 16)})
spec.update({str(number): text(prefix, longest) for number, (_, prefix, longest) in FIELDS.items()})

dice = random.Random(8583)
for count in range(60):
    message = {"t": dice.choice(["0100", "0110", "0200", "0210", "0220", "0401", "0410", "0800"])}
    for number in sorted(dice.sample(list(FIELDS), dice.randint(1, len(FIELDS)))):
        alphabet, prefix, longest = FIELDS[number]
        length = dice.randint(0, min(longest, 80)) if prefix else longest
        length -= length % 2 if alphabet == HEX else 0
        message[str(number)] = "".join(dice.choices(alphabet, k=length))
    wire, _ = iso8583.encode(dict(message), spec)
    fields = {number: value for number, value in message.items() if number != "t"}
    print(json.dumps({"mti": message["t"], "fields": fields, "wire": wire.decode("ascii")}))
