"""A tape as its description says it is, without any of the project's code: reading, spoiling, and
what can be saved of it. The checksum is libxxhash's own."""
import ctypes
import struct

MAGIC = b'ZLTAPE\r\n\x01' + bytes(7)
IN, OUT, INTERNAL, KEPT, SEAL, STATE, HOLE = range(7)
BODY_MAX = 1 << 20

_xxhash = ctypes.CDLL('libxxhash.so.0')
_xxhash.XXH3_64bits.restype = _xxhash.XXH3_64bits_withSeed.restype = ctypes.c_uint64
_xxhash.XXH3_64bits.argtypes = [ctypes.c_char_p, ctypes.c_size_t]
_xxhash.XXH3_64bits_withSeed.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint64]


def checksum(head, body):
    return _xxhash.XXH3_64bits_withSeed(body, len(body), _xxhash.XXH3_64bits(head, 8))


def record(kind, body):
    head = struct.pack('<II', len(body), kind)
    return head + struct.pack('<Q', checksum(head, body)) + body


def holds(data, at):
    """(kind, body) of the record that stands there, or None."""
    if len(data) - at < 16:
        return None
    size, kind, said = struct.unpack_from('<IIQ', data, at)
    if kind not in (IN, OUT, INTERNAL, SEAL, STATE, HOLE) or size > BODY_MAX or \
            at + 16 + size > len(data):
        return None
    body = data[at + 16:at + 16 + size]
    return (kind, body) if checksum(data[at:at + 8], body) == said else None


def scan(data, at):
    """The first place from here on where a record holds, or the end."""
    while at < len(data) and holds(data, at) is None:
        at += 1
    return at


def read(data):
    """All records of a whole tape: (offset, kind, body)."""
    pieces, missing, torn = salvage(data)
    assert not missing and not torn, (missing, torn)
    return pieces


def salvage(data):
    """What can be saved: the records (offset, kind, body), the damages (offset, size, whether it
    goes to the end), and how many bytes of a torn record there are."""
    pieces, missing, at = [], [], 16
    if data[:16] != MAGIC:
        at = scan(data, 0)
        missing.append((0, at, at == len(data)))
    while at < len(data):
        found = holds(data, at)
        if found:
            pieces.append((at, *found))
            at += 16 + len(found[1])
            continue
        following = scan(data, at + 1)
        if following == len(data):
            size = struct.unpack_from('<I', data, at)[0] if len(data) - at >= 16 else 0
            if len(data) - at < 16 or BODY_MAX >= size > len(data) - at - 16:
                return pieces, missing, len(data) - at
        missing.append((at, following - at, following == len(data)))
        at = following
    return pieces, missing, 0
