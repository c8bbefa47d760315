"""Reads and writes ISO 8583 messages with another implementation, for tests/oracle.rs.

    python oracle.py pyiso8583|iso8583sim DIALECT.tsv

First says in one line which fields of the dialect the implementation can express: {"2": ["n", 19], ...}, with the
characters and the longest value to try. Then answers each line {"mti", "fields", "wire"} with what it reads from that
wire and what it writes for those fields: {"mti", "fields", "wire"}, or {"error"}.
"""
import json
import re
import sys


def table(path):
    """The headings and the fields of a dialect: number -> (content, digits of length, longest, wire)."""
    headings, fields = {}, {}
    for line in open(path, encoding="utf-8"):
        if not line.strip() or line.startswith("#"):
            continue
        key, *columns = line.rstrip("\n").split("\t")
        if not key.isdigit():
            headings[key] = columns[0]
            continue
        content, dots, length = re.fullmatch(r"(x\+n|ans|an|n|z|b)(\.*)(\d+)", columns[0]).groups()
        fields[int(key)] = (content, len(dots), int(length) + (content == "x+n"), columns[1])
    return headings, fields


class PyIso8583:
    """PyPI pyiso8583: its specification says everything that our tables say."""

    def __init__(self, headings, fields):
        import iso8583

        self.codec = iso8583
        self.fields = fields
        self.can = {number: [content, longest] for number, (content, _, longest, _) in fields.items()}
        self.spec = {str(number): self.text(0, 1) for number in range(2, 129)}
        self.spec["h"] = self.text(0, 0)
        self.spec["t"] = self.binary(2) if headings["type"] == "packed" else self.text(0, 4)
        bitmap = self.binary(8) if headings["bitmap"] == "bytes" else self.text(0, 16)
        self.spec["p"] = self.spec["1"] = bitmap
        encoding = {"text": "ascii", "packed": "bcd", "bytes": "b"}[headings["lengths"]]
        for number, (_, digits, longest, wire) in fields.items():
            if wire == "text" or wire == "hex":
                spec = self.text(digits, longest * (2 if wire == "hex" else 1))
            elif wire == "bytes":
                spec = self.binary(longest)
            else:
                spec = self.binary(longest)
                spec["len_count"] = "nibbles"
                spec.update({"left_pad": "0"} if wire == "packed<" else {"right_pad": "F"})
            spec["len_enc"] = encoding
            spec["len_type"] = digits if encoding == "ascii" or digits == 0 else digits - 1
            self.spec[str(number)] = spec

    @staticmethod
    def text(digits, longest):
        return {"data_enc": "ascii", "len_enc": "ascii", "len_type": digits, "max_len": longest, "desc": ""}

    @staticmethod
    def binary(longest):
        return {"data_enc": "b", "len_enc": "ascii", "len_type": 0, "max_len": longest, "desc": ""}

    def is_packed_track(self, number):
        content, _, _, wire = self.fields[number]
        return content == "z" and wire.startswith("packed")

    def decode(self, wire):
        read, _ = self.codec.decode(wire, self.spec)
        fields = {int(number): value for number, value in read.items() if number.isdigit() and number != "1"}
        for number in fields:
            if self.is_packed_track(number):
                fields[number] = fields[number].replace("D", "=")
        return read["t"], fields

    def encode(self, mti, fields):
        message = {"t": mti}
        for number, value in fields.items():
            message[str(number)] = value.replace("=", "D") if self.is_packed_track(number) else value
        wire, _ = self.codec.encode(message, self.spec)
        return bytes(wire)


class Iso8583Sim:
    """PyPI iso8583sim: its fields are its own, so only those of the same kind and length can be compared; its
    layouts are one for all numbers and one for all text."""

    KINDS = {"NUMERIC": "n", "ALPHANUMERIC": "an", "BINARY": "b"}

    def __init__(self, headings, fields):
        from iso8583sim.core import types
        from iso8583sim import wire

        self.types, self.wire = types, wire
        self.version = types.ISO8583Version.V1993 if headings["version"] == "1" else types.ISO8583Version.V1987
        encoding = {"text": wire.Encoding.ASCII, "packed": wire.Encoding.BCD, "bytes": wire.Encoding.BINARY}
        packed_right = any(wire == "packed>" for _, _, _, wire in fields.values())
        self.format = wire.WireFormat(
            mti=encoding[headings["type"]],
            bitmap="binary" if headings["bitmap"] == "bytes" else "hex",
            length_prefix=encoding[headings["lengths"]],
            numeric=encoding[headings["type"]],
            binary_fields="raw" if headings["bitmap"] == "bytes" else "hex",
            bcd_odd_padding="right" if packed_right else "left",
        )
        self.can = {}
        for number, field in fields.items():
            tried = self.common(number, *field)
            if tried:
                self.can[number] = tried

    def common(self, number, content, digits, longest, lies):
        """The characters and the longest value that mean the same on both sides, or None."""
        from iso8583sim.wire import codec

        theirs = self.types.get_field_definition(number, None, self.version)
        if theirs is None:
            return None
        variable = {"LLVAR": 2, "LLLVAR": 3}.get(theirs.field_type.name, 0)
        if variable != digits:
            return None
        kind = codec._content_kind(number, theirs)
        wire = {"numeric": "packed", "track": "packed", "binary": "bytes", "text": "text"}[kind]
        if wire == "packed" and self.format.numeric != self.wire.Encoding.BCD:
            wire = "text"
        if wire == "bytes" and self.format.binary_fields == "hex":
            wire = "hex"
        if wire != lies.rstrip("<>"):
            return None
        if digits:
            most = theirs.max_length // (2 if content == "b" else 1)
            return [content, min(longest, most)]
        narrower = self.KINDS[theirs.field_type.name]
        same_length = theirs.max_length == longest
        if not same_length or narrower not in {"n": "n", "an": "n an", "ans": "n an", "b": "b"}.get(content, "").split():
            return None
        return [narrower, longest]

    def decode(self, wire):
        read = self.wire.decode_message(wire, self.format, version=self.version)
        return read.mti, {number: value for number, value in read.fields.items() if number}

    def encode(self, mti, fields):
        message = self.types.ISO8583Message(mti=mti, fields=dict(fields), version=self.version)
        return self.wire.encode_message(message, self.format)


def main():
    name, path = sys.argv[1:]
    oracle = {"pyiso8583": PyIso8583, "iso8583sim": Iso8583Sim}[name](*table(path))
    print(json.dumps(oracle.can), flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            fields = {int(number): value for number, value in asked["fields"].items()}
            mti, read = oracle.decode(bytes.fromhex(asked["wire"]))
            answer = {"mti": mti, "fields": read, "wire": oracle.encode(asked["mti"], fields).hex()}
        except Exception as error:  # whatever it is, the test shall see it beside the message
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer))


main()
