"""Reads a vault's audit log as a stranger would: RFC 6962 written out as its recursion, signatures by OpenSSL.

audit_oracle.py log DATABASE KEY ORIGIN                     the log itself: every entry fits its signature
audit_oracle.py inclusion KEY ORIGIN < CHECKPOINT AND PROOF    an entry is in the log of a checkpoint
audit_oracle.py request KEY ORIGIN OLD-ROOT < REQUEST       what a witness is asked continues what she has seen
audit_oracle.py cosigned KEY ORIGIN WITNESS-KEY WITNESS < NOTE     a witness signed the checkpoint

For `inclusion` the standard input is JSON: `note`, `entry` (the text of the entry), `at`, `proof` (hashes in base64).
"""

import base64
import hashlib
import json
import sqlite3
import subprocess
import sys
import tempfile

ED25519, COSIGNATURE = b"\x01", b"\x04"


def leaf(entry):
    return hashlib.sha256(b"\0" + entry).digest()


def node(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def half(size):
    """The largest power of two below the size."""
    found = 1
    while found * 2 < size:
        found *= 2
    return found


def root(entries):
    if not entries:
        return hashlib.sha256(b"").digest()
    if len(entries) == 1:
        return leaf(entries[0])
    middle = half(len(entries))
    return node(root(entries[:middle]), root(entries[middle:]))


def root_by_path(hashed, at, size, proof):
    """RFC 6962, 2.1.1: the root that a leaf has with its audit path, which ends with the other half of the whole log."""
    if size == 1:
        if proof:
            sys.exit("the proof is too long")
        return hashed
    if not proof:
        sys.exit("the proof is too short")
    middle, other = half(size), proof[-1]
    if at < middle:
        return node(root_by_path(hashed, at, middle, proof[:-1]), other)
    return node(other, root_by_path(hashed, at - middle, size - middle, proof[:-1]))


def roots_by_proof(old, size, known, proof):
    """RFC 6962, 2.1.2: the roots that the beginning and the whole have by the proof. `known`: the beginning's, where it is asked."""
    if old == size:
        if known is None and not proof:
            sys.exit("the proof is too short")
        rest, found = (proof, known) if known is not None else (proof[:-1], proof[-1])
        if rest:
            sys.exit("the proof is too long")
        return found, found
    if not proof:
        sys.exit("the proof is too short")
    middle, other = half(size), proof[-1]
    if old <= middle:
        before, after = roots_by_proof(old, middle, known, proof[:-1])
        return before, node(after, other)
    before, after = roots_by_proof(old - middle, size - middle, None, proof[:-1])
    return node(other, before), node(other, after)


def is_signed(key, text, signature):
    with tempfile.NamedTemporaryFile() as message, tempfile.NamedTemporaryFile() as signed:
        message.write(text.encode())
        message.flush()
        signed.write(signature)
        signed.flush()
        command = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", key, "-rawin"]
        command += ["-in", message.name, "-sigfile", signed.name]
        return subprocess.run(command, capture_output=True).returncode == 0


def key_id(key, name, algorithm):
    """C2SP signed-note: the first four bytes of a hash of name, algorithm and public key, the last 32 bytes of its DER form."""
    command = ["openssl", "pkey", "-pubin", "-in", key, "-outform", "DER"]
    public = subprocess.run(command, capture_output=True, check=True).stdout[-32:]
    return hashlib.sha256(name.encode() + b"\n" + algorithm + public).digest()[:4]


def signatures(note, key, name, algorithm):
    """The text of a note, and what the key signed of it under this name."""
    text, _, lines = note.partition("\n\n")
    found = []
    for line in lines.splitlines():
        dash, who, encoded = line.split(" ")
        known, signature = base64.b64decode(encoded)[:4], base64.b64decode(encoded)[4:]
        if (dash, who) == ("\u2014", name) and known == key_id(key, name, algorithm):
            found.append(signature)
    return text + "\n", found


def checkpoint(note, key, origin):
    """Size and root of a checkpoint (C2SP tlog-checkpoint) that its vault signed."""
    text, found = signatures(note, key, origin, ED25519)
    if not any(is_signed(key, text, signature) for signature in found):
        sys.exit("the vault did not sign it")
    named, size, hashed = text.splitlines()
    if named != origin:
        sys.exit("it is of another log")
    return int(size), base64.b64decode(hashed)


def log(database, key, origin):
    rows = sqlite3.connect(database).execute("SELECT place, said, signature FROM audit_entry ORDER BY place")
    entries = []
    for place, said, signature in rows:
        entries.append(said.encode())
        text = f"{origin}\n{len(entries)}\n{base64.b64encode(root(entries)).decode()}\n"
        if place != len(entries) - 1 or not is_signed(key, text, signature):
            sys.exit(f"entry {place} does not fit its signature")
    print(f"{len(entries)} entries, root {root(entries).hex()}")


def inclusion(key, origin):
    given = json.load(sys.stdin)
    size, hashed = checkpoint(given["note"], key, origin)
    proof = [base64.b64decode(one) for one in given["proof"]]
    if not given["at"] < size or root_by_path(leaf(given["entry"].encode()), given["at"], size, proof) != hashed:
        sys.exit("the entry is not in it")
    print(f"entry {given['at']} of {size}")


def request(key, origin, old_root):
    """C2SP tlog-witness, add-checkpoint."""
    head, _, note = sys.stdin.read().partition("\n\n")
    first, *proof = head.splitlines()
    word, old = first.split(" ")
    size, hashed = checkpoint(note, key, origin)
    seen = bytes.fromhex(old_root)
    if word != "old" or roots_by_proof(int(old), size, seen, [base64.b64decode(one) for one in proof]) != (seen, hashed):
        sys.exit("it does not continue what was seen")
    print(f"{old} entries, then {size}")


def cosigned(key, origin, witness_key, witness):
    """C2SP tlog-cosignature, v1."""
    note = sys.stdin.read()
    size, _ = checkpoint(note, key, origin)
    text, found = signatures(note, witness_key, witness, COSIGNATURE)
    for timed in found:
        time = int.from_bytes(timed[:8], "big")
        if is_signed(witness_key, f"cosignature/v1\ntime {time}\n{text}", timed[8:]):
            return print(f"{size} entries, seen at {time}")
    sys.exit("the witness did not sign it")


{"log": log, "inclusion": inclusion, "request": request, "cosigned": cosigned}[sys.argv[1]](*sys.argv[2:])
