#!/usr/bin/python3
"""test_pure.py LIBCORE.A - the engine knows nothing of the world outside it.

The symbols that the core library leaves undefined are all it could call: memory, strings and the
compiler's own arithmetic. No clock, file, socket, thread, allocation or output.
"""

import re
import subprocess
import sys

ALLOWED = {"memcpy", "memset", "memmove", "memcmp", "strlen", "strcmp",
           "bcmp"}  # what clang makes of a memcmp for equality

COMPILER = re.compile(
    r"__(u?divmod|u?div|u?mod|mul|ashl|ashr|lshr|u?cmp)[sdt]i[234]"  # integers
    r"|__(popcount|clz|ctz|parity|bswap)[sdt]i2"
    r"|__fix(uns)?[sd]f[dt]i|__float(un)?[dt]i[sd]f"  # a guess's to and from 128 bits
    r"|__stack_chk_fail|_GLOBAL_OFFSET_TABLE_"
    r"|__(asan|ubsan|tsan|sanitizer|sancov|start___sancov|stop___sancov)_\w+")  # checked builds


def symbols(listing):
    """(defined, undefined) names in what `nm -P` prints."""
    defined, undefined = set(), set()
    for line in listing.splitlines():
        match = re.match(r"(\S+) ([A-Za-z])(?: |$)", line)
        if match:
            weak_or_none = match.group(2) in "Uwv"
            (undefined if weak_or_none else defined).add(match.group(1))
    return defined, undefined


def impure(listing):
    defined, undefined = symbols(listing)
    return sorted(name for name in undefined - defined - ALLOWED if not COMPILER.fullmatch(name))


def self_test():
    clean = "libcore.a[a.o]:\nzl_f T 0 10\nzl_g U\nmemcpy U\n__udivti3 U\n__divmodti4 U\n" \
            "__asan_init U\n\nlibcore.a[b.o]:\nzl_g T 0 10\nstatic_h t 10 10\n"
    assert impure(clean) == [], impure(clean)
    for name in ("time", "malloc", "printf", "pthread_create", "zmq_send", "__assert_fail", "write",
                 "clock_gettime", "__errno_location", "zl_elsewhere", "rand", "pow"):
        assert impure(clean + name + " U\n") == [name], name
        assert impure(clean + name + " w\n") == [name], name


self_test()
output = subprocess.run(["nm", "-P", sys.argv[1]], check=True, capture_output=True,
                        text=True).stdout
if "zl_wide_mul" not in symbols(output)[0]:
    sys.exit(f"{sys.argv[1]} is not the core library")
found = impure(output)
if found:
    sys.exit("core calls what is not pure: " + ", ".join(found))
print(f"{len(symbols(output)[0])} symbols, none reaches outside")
