"""Shamir's secret sharing over GF(2^8) with x^8 + x^4 + x^3 + x^2 + 1, from the definition: no tables.

Takes shares in hexadecimal, each its number and its bytes, and prints what they make together.
"""

import sys


def multiply(a, b):
    product = 0
    while b:
        if b & 1:
            product ^= a
        a <<= 1
        if a & 0x100:
            a ^= 0x11D
        b >>= 1
    return product


def inverse(a):
    # The multiplicative group has 255 elements, so a^254 is the inverse of a.
    result = 1
    for _ in range(254):
        result = multiply(result, a)
    return result


def at_zero(points):
    value = 0
    for i, (xi, yi) in enumerate(points):
        term = yi
        for j, (xj, _) in enumerate(points):
            if i != j:
                term = multiply(term, multiply(xj, inverse(xi ^ xj)))
        value ^= term
    return value


shares = [bytes.fromhex(share) for share in sys.argv[1:]]
columns = range(1, len(shares[0]))
print(bytes(at_zero([(s[0], s[i]) for s in shares]) for i in columns).hex())
