"""Reads a vault's audit log as a stranger would: RFC 6962 written out as its recursion, signatures by OpenSSL."""

import base64
import hashlib
import sqlite3
import subprocess
import sys
import tempfile


def root(entries):
    if not entries:
        return hashlib.sha256(b"").digest()
    if len(entries) == 1:
        return hashlib.sha256(b"\0" + entries[0]).digest()
    half = 1
    while half * 2 < len(entries):
        half *= 2
    return hashlib.sha256(b"\1" + root(entries[:half]) + root(entries[half:])).digest()


def is_signed(key, text, signature):
    with tempfile.NamedTemporaryFile() as message, tempfile.NamedTemporaryFile() as signed:
        message.write(text.encode())
        message.flush()
        signed.write(signature)
        signed.flush()
        command = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", key, "-rawin"]
        command += ["-in", message.name, "-sigfile", signed.name]
        return subprocess.run(command, capture_output=True).returncode == 0


def main(database, key, origin):
    rows = sqlite3.connect(database).execute("SELECT place, said, signature FROM audit_entry ORDER BY place")
    entries = []
    for place, said, signature in rows:
        entries.append(said.encode())
        checkpoint = f"{origin}\n{len(entries)}\n{base64.b64encode(root(entries)).decode()}\n"
        if place != len(entries) - 1 or not is_signed(key, checkpoint, signature):
            sys.exit(f"entry {place} does not fit its signature")
    print(f"{len(entries)} entries, root {root(entries).hex()}")


main(*sys.argv[1:])
