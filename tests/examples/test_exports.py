#!/usr/bin/python3
"""test_exports.py LIBZEROLINE.SO SOURCE_ROOT - the shared library exports what its headers declare.

Exactly the functions marked ZL_API: nothing internal leaks out, nothing declared is missing. And
headers.cpp includes every public header.
"""

import os
import re
import subprocess
import sys

DECLARATION = re.compile(r"^ZL_API\b[^;(]*?\b(\w+)\(", re.M)
CHECKED_BUILD = re.compile(r"_*(odr_)?(asan|ubsan|tsan|sancov|sanitizer|start___|stop___)\w*")


def declared(text):
    return set(DECLARATION.findall(text))


def exported(listing):
    """The defined names in what `nm -D -P --defined-only` prints."""
    names = {line.split()[0] for line in listing.splitlines() if line.strip()}
    return {name for name in names if not CHECKED_BUILD.fullmatch(name)}


def differences(listing, texts):
    wanted = set().union(*(declared(text) for text in texts))
    found = exported(listing)
    wrong = [f"{name}: exported, but not marked ZL_API" for name in sorted(found - wanted)]
    wrong += [f"{name}: marked ZL_API, but not exported" for name in sorted(wanted - found)]
    wrong += [f"{name}: a public name without zl_" for name in sorted(wanted | found)
              if not name.startswith("zl_")]
    return wrong


def self_test():
    header = "ZL_API void zl_a(int x);\n/* zl_no( */\nZL_API ZL_MUST_CHECK enum e\nzl_b(void);\n" \
             "ZL_API const char *zl_c(void);\n#define ZL_API __attribute__((x))\n"
    listing = "zl_a T 0 1\nzl_b T 0 1\nzl_c T 0 1\n"
    assert differences(listing, [header]) == [], differences(listing, [header])
    for broken in (listing + "zl_hidden T 0 1\n", listing + "main T 0 1\n", listing[11:],
                   listing + "table D 0 1\n"):
        assert differences(broken, [header]) != [], broken
    assert differences("f T 0 1\n", ["ZL_API void f(void);\n"]) != []


def main():
    library, root = sys.argv[1:3]
    folder = os.path.join(root, "include", "zeroline")
    texts = {name: open(os.path.join(folder, name), encoding="utf-8").read()
             for name in sorted(os.listdir(folder)) if name.endswith(".h")}
    listing = subprocess.run(["nm", "-D", "-P", "--defined-only", library], check=True,
                             capture_output=True, text=True).stdout
    wrong = differences(listing, texts.values())
    program = os.path.join(os.path.dirname(os.path.abspath(__file__)), "headers.cpp")
    with open(program, encoding="utf-8") as file:
        headers_cpp = file.read()
    wrong += [f"{name}: headers.cpp does not include it" for name in texts
              if f"#include <zeroline/{name}>" not in headers_cpp]
    if wrong:
        sys.exit("\n".join(wrong))
    print(f"{len(exported(listing))} functions exported, {len(texts)} headers")


self_test()
main()
