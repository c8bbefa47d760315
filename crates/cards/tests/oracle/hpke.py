"""Seals and opens with pyhpke: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM, base mode.

seal PUBLIC-KEY INFO AAD PLAIN          prints the encapsulated key and the ciphertext
open SEED ENCAPSULATED INFO AAD CIPHER  prints the plain text
Everything is hexadecimal.
"""

import sys

from pyhpke import AEADId, CipherSuite, KDFId, KEMId

suite = CipherSuite.new(
    KEMId.DHKEM_X25519_HKDF_SHA256, KDFId.HKDF_SHA256, AEADId.AES256_GCM
)
deed, given = sys.argv[1], [bytes.fromhex(text) for text in sys.argv[2:]]
if deed == "seal":
    public, info, aad, plain = given
    key = suite.kem.deserialize_public_key(public)
    encapsulated, sender = suite.create_sender_context(key, info=info)
    print(encapsulated.hex(), sender.seal(plain, aad).hex())
else:
    seed, encapsulated, info, aad, cipher = given
    pair = suite.kem.derive_key_pair(seed)
    recipient = suite.create_recipient_context(
        encapsulated, pair.private_key, info=info
    )
    print(recipient.open(cipher, aad).hex())
