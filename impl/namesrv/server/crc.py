"""CRC-32 of a whole from those of its parts, so that bytes known already need not be gone through again.

    crc32(head + tail) == combine(crc32(head), crc32(tail), shift(len(tail)))

A CRC is a remainder of polynomials over GF(2): appending n zero bytes multiplies by x^(8n) modulo the CRC's polynomial, and
what the tail adds is its own CRC. Numbers are bit-reversed, as in zlib: the highest bit is the coefficient of x^0.
"""

from functools import lru_cache
from typing import Final

POLYNOMIAL: Final = 0xEDB88320
ONE: Final = 1 << 31


def multiply(a: int, b: int) -> int:
    """The product of two polynomials modulo the CRC's."""
    product = 0
    mask = ONE
    while True:
        if a & mask:
            product ^= b
            if not a & (mask - 1):
                return product
        mask >>= 1
        if not mask:
            return product
        b = b >> 1 ^ POLYNOMIAL if b & 1 else b >> 1


@lru_cache(maxsize=1024)
def shift(length: int) -> int:
    """x^(8 * length): what `length` more bytes multiply a CRC by."""
    result = ONE
    square = 1 << 23  # x^8
    while length:
        if length & 1:
            result = multiply(result, square)
        square = multiply(square, square)
        length >>= 1
    return result


def combine(head_crc: int, tail_crc: int, tail_shift: int) -> int:
    """The CRC of head and tail; `tail_shift` is `shift(len(tail))`."""
    return multiply(tail_shift, head_crc) ^ tail_crc
