#!/usr/bin/python3
"""test_tidy.py SOURCE_ROOT - the rules of the house, held by a test.

First every rule is tried on small trees: one that is clean and one for each way to break it. Then
the real tree is read. A rule is a function from a tree to lines of complaint; a tree is a dict from
a path to its text.
"""

import os
import re
import sys

COLUMNS_MAX = 100
FUNCTION_LINES_MAX = 70
FILE_LINES_MAX = 500

# Longer than FILE_LINES_MAX, and why.
LONG_FILES = {
    "proto/messages.def": "one table, one definition of every message",
}

# A layer may include itself and what is named here.
LAYERS = {
    "core": [],
    "codec": ["core"],
    "tape": ["core", "codec"],
    "bus": ["core", "codec"],
    "app": ["core", "codec", "tape", "bus"],
    "cmd": ["core", "codec", "tape", "bus", "app"],
}

# All that the pure engine may know of the world.
CORE_SYSTEM_HEADERS = {
    "zeroline/base.h", "zeroline/message.h", "zeroline/engine.h",
    "string.h", "stdint.h", "stddef.h", "stdbool.h",
}
PUBLIC_SYSTEM_HEADERS = {"stdint.h", "stddef.h", "stdbool.h"}

TEXT_ENDINGS = (".c", ".h", ".cpp", ".def", ".py", ".md", ".json", ".yaml", ".yml", ".supp",
                ".html", ".css", ".js",
                "meson.build", "meson_options.txt", "Dockerfile")
# Where a person's or a machine's own folders begin; spelt so that this file does not hold them.
PRIVATE_FOLDERS = ["/" + name + "/" for name in ("work", "root", "home")]

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)', re.M)


def is_c(path):
    return path.endswith((".c", ".h", ".cpp")) and path.split("/")[0] in ("src", "include", "tests")


def is_text(path):
    return path.endswith(TEXT_ENDINGS) or "." not in os.path.basename(path)


def without_comments(text):
    """C without comments, strings and characters; lines stay where they are."""
    token = r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''
    return re.sub(token, lambda m: "\n" * m.group().count("\n") or " ", text, flags=re.S)


def includes(text):
    """(line, quoted name or None, bracketed name or None)"""
    for match in INCLUDE.finditer(text):
        yield text.count("\n", 0, match.start(1) if match.group(1) else match.start(2)) + 1, \
            match.group(1), match.group(2)


def check_columns(tree):
    for path, text in tree.items():
        if not is_c(path) and path != "proto/messages.def":
            continue
        for number, line in enumerate(text.split("\n"), 1):
            if len(line) > COLUMNS_MAX:
                yield f"{path}:{number}: {len(line)} columns, at most {COLUMNS_MAX}"


def check_blanks(tree):
    for path, text in tree.items():
        if not is_text(path):
            continue
        for number, line in enumerate(text.split("\n"), 1):
            if "\t" in line:
                yield f"{path}:{number}: a tab"
            if line != line.rstrip():
                yield f"{path}:{number}: blanks at the end of the line"
        if text and not text.endswith("\n"):
            yield f"{path}: no newline at the end"
        if text.endswith("\n\n"):
            yield f"{path}: empty lines at the end"


def check_file_length(tree):
    for path, text in tree.items():
        if (is_c(path) or path.endswith(".def")) and path not in LONG_FILES:
            lines = text.count("\n")
            if lines > FILE_LINES_MAX:
                yield f"{path}: {lines} lines, at most {FILE_LINES_MAX}"
    for path in LONG_FILES:
        if path in tree and tree[path].count("\n") <= FILE_LINES_MAX:
            yield f"{path}: is exempt from the length of files, and need not be"


def function_spans(text):
    """(first line of the head, last line), from 0. A function's braces stand at column 0."""
    lines = text.split("\n")
    opening = None
    for i, line in enumerate(lines):
        if line == "{":
            opening = i
            while opening > 0 and is_head(lines[opening - 1]):
                opening -= 1
        elif line.startswith("}") and opening is not None:
            yield opening, i
            opening = None


def is_head(line):
    return bool(line.strip()) and not line.startswith(("}", "#")) and not line.endswith((";", "*/"))


def check_function_length(tree):
    for path, text in tree.items():
        if not is_c(path):
            continue
        for first, last in function_spans(text):
            lines = last - first + 1
            if lines > FUNCTION_LINES_MAX:
                yield f"{path}:{first + 1}: a function of {lines} lines, at most " \
                      f"{FUNCTION_LINES_MAX}"


def check_function_braces(tree):
    """What check_function_length cannot see: a function opened at the end of its head."""
    for path, text in tree.items():
        if not is_c(path):
            continue
        for number, line in enumerate(without_comments(text).split("\n"), 1):
            if re.match(r"[A-Za-z_][^=]*\)\s*\{", line) and not line.startswith("extern"):
                yield f"{path}:{number}: a function's opening brace stands on a line of its own"


def check_layers(tree):
    for path, text in tree.items():
        if not path.startswith("src/") or not is_c(path):
            continue
        own = path.split("/")[1]
        if own not in LAYERS:
            yield f"{path}: {own} is not a layer"
            continue
        for line, quoted, _ in includes(text):
            if quoted is None or quoted == "messages.def":
                continue
            layer = quoted.split("/")[0]
            if "src/" + quoted not in tree or layer not in LAYERS:
                yield f'{path}:{line}: "{quoted}" is not written as "layer/file.h"'
            elif layer != own and layer not in LAYERS[own]:
                yield f"{path}:{line}: {own} may not include {quoted}"


def check_core_includes(tree):
    for path, text in tree.items():
        if not path.startswith("src/core/"):
            continue
        for line, quoted, bracketed in includes(text):
            if bracketed is not None and bracketed not in CORE_SYSTEM_HEADERS:
                yield f"{path}:{line}: core may not include <{bracketed}>"
            if quoted is not None and quoted != "messages.def" and not quoted.startswith("core/"):
                yield f'{path}:{line}: core may not include "{quoted}"'


def check_core_floats(tree):
    for path, text in tree.items():
        if not path.startswith("src/core/") or path.startswith("src/core/guess."):
            continue
        for number, line in enumerate(without_comments(text).split("\n"), 1):
            for word in re.findall(r"\b(?:double|float)\b", line):
                yield f"{path}:{number}: {word}: only guess.* may use floating point"


def check_public_headers(tree):
    """Whole for whoever has only what is installed, and installed."""
    install = tree.get("include/meson.build", "")
    for path, text in tree.items():
        if not path.startswith("include/") or not path.endswith(".h"):
            continue
        if f"'{path[len('include/'):]}'" not in install:
            yield f"{path}: is not among the headers to install in include/meson.build"
        for line, quoted, bracketed in includes(text):
            if quoted is not None and quoted != "messages.def" and \
                    "include/zeroline/" + quoted not in tree:
                yield f'{path}:{line}: "{quoted}" is not a public header'
            if bracketed is not None and bracketed not in PUBLIC_SYSTEM_HEADERS:
                yield f"{path}:{line}: a public header may not include <{bracketed}>"


def check_header_comments(tree):
    for path, text in tree.items():
        if path.startswith(("src/", "include/")) and path.endswith(".h"):
            if not text.startswith(f"/* {os.path.basename(path)} - "):
                yield f'{path}: does not begin with "/* {os.path.basename(path)} - ..."'


def check_dead_files(tree):
    included = set()
    for path, text in tree.items():
        if is_c(path):
            for _, quoted, bracketed in includes(text):
                name = quoted or bracketed
                included.add("include/" + name)
                included.add("src/" + name)
                included.add(os.path.join(os.path.dirname(path), name))
    for path in tree:
        if path.startswith("src/") and path.endswith(".c"):
            if f"'{path[len('src/'):]}'" not in tree.get("src/meson.build", ""):
                yield f"{path}: is not in src/meson.build"
        elif path.startswith("tests/") and path.endswith((".c", ".cpp")):
            name = os.path.basename(path)
            stem = os.path.splitext(name)[0]
            names = (name, stem, re.sub("^(test|fuzz|bench)_", "", stem))
            build = tree.get(os.path.dirname(path) + "/meson.build", "")
            if not any(f"'{name}'" in build for name in names):
                yield f"{path}: is not in the meson.build beside it"
        elif path.endswith(".h") and is_c(path) and path not in included:
            yield f"{path}: nobody includes it"


def check_commands(tree):
    main = tree.get("src/cmd/main.c", "")
    table = re.search(r"struct zl_command commands\[\] = \{\n(.*?)\n\};", main, re.S)
    if not table:
        yield "src/cmd/main.c: the table of commands is not found"
        return
    rows = re.findall(r'\{"([^"]+)",\s*"[^"]*",\s*(\w+)\}', table.group(1))
    if len(rows) != table.group(1).count("{") or not rows:
        yield "src/cmd/main.c: the table of commands is not understood"
    for name, function in rows:
        if function != "zl_cmd_" + name:
            yield f"src/cmd/main.c: {name} is not run by zl_cmd_{name}"
        if function + "(" not in tree.get(f"src/cmd/{name}.c", ""):
            yield f"src/cmd/main.c: {name} has no src/cmd/{name}.c with {function}"


def check_private_paths(tree):
    for path, text in tree.items():
        for number, line in enumerate(text.split("\n"), 1):
            for folder in PRIVATE_FOLDERS:
                if re.search(r"(?<![\w.>])" + re.escape(folder), line):
                    yield f"{path}:{number}: a folder of one machine, {folder}"


CHECKS = [
    check_columns, check_blanks, check_file_length, check_function_length, check_function_braces,
    check_layers, check_core_includes, check_core_floats, check_public_headers,
    check_header_comments, check_dead_files, check_commands, check_private_paths,
]


# ---- the rules on small trees ----

CLEAN = {
    "src/meson.build": "core = ['core/a.c', 'core/guess.c', 'codec/b.c', 'bus/s.c', 'tape/t.c',\n"
                       "        'app/p.c', 'cmd/main.c', 'cmd/go.c']\n",
    "src/core/a.h": "/* a.h - a. */\n#include <zeroline/base.h>\n",
    "src/core/a.c": '#include "core/a.h"\n#include "messages.def"\n#include <string.h>\n\n'
                    "/* No double decides. */\nint f(int a,\n      int b)\n{\n        return a;\n}\n",
    "src/core/guess.c": '#include "core/a.h"\n\nstatic double guess;\n',
    "src/codec/b.h": '/* b.h - b. */\n#include "core/a.h"\n#include <stdio.h>\n',
    "src/codec/b.c": '#include "codec/b.h"\n\nstatic double any;\n',
    "src/tape/t.c": '#include "codec/b.h"\n',
    "src/tape/t.h": "/* t.h - t. */\n",
    "src/bus/s.c": '#include "core/a.h"\n',
    "src/bus/s.h": "/* s.h - s. */\n",
    "src/app/p.c": '#include "bus/s.h"\n#include "tape/t.h"\n',
    "src/app/p.h": "/* p.h - p. */\n",
    "src/cmd/main.c": '#include "app/p.h"\n\nstatic const struct zl_command commands[] = {\n'
                      '        {"go", "goes", zl_cmd_go},\n};\n',
    "src/cmd/go.c": "#include <zeroline/base.h>\n\nint zl_cmd_go(int argc)\n{\n        return 0;\n}\n",
    "include/meson.build": "install_headers('zeroline/base.h')\n",
    "include/zeroline/base.h": '/* base.h - base. */\n#include <stdint.h>\n#include "messages.def"\n',
    "proto/messages.def": "x\n" * 501,
    "tests/unit/meson.build": "foreach name : ['key', 'test_all']\nendforeach\n",
    "tests/unit/test_key.c": '#include "core/a.h"\n',
    "tests/unit/test_all.c": '#include "near.h"\n',
    "tests/unit/near.h": "/* near.h - near. */\n",
    "deploy/setup": "#!/bin/bash\ncd /usr/share && ls \"$root/work/\"\n",
}


def function_of(lines):
    return "int f(void)\n{\n" + "        f();\n" * (lines - 3) + "}\n"


# (the rule, what is changed in the clean tree, part of the complaint)
BROKEN = [
    (check_columns, {"src/core/a.c": "/* " + "x" * 98 + "\n"}, "101 columns"),
    (check_columns, {"tests/unit/test_key.c": "x" * 101 + "\n"}, "101 columns"),
    (check_columns, {"proto/messages.def": "x" * 101 + "\n"}, "101 columns"),
    (check_blanks, {"src/core/a.c": "int a;\n\tint b;\n"}, ":2: a tab"),
    (check_blanks, {"deploy/setup": "ls \n"}, "blanks at the end"),
    (check_blanks, {"src/core/a.c": "int a;"}, "no newline"),
    (check_blanks, {"src/core/a.c": "int a;\n\n"}, "empty lines"),
    (check_file_length, {"src/core/a.c": "x\n" * 501}, "501 lines"),
    (check_file_length, {"tests/unit/test_key.c": "x\n" * 501}, "501 lines"),
    (check_file_length, {"proto/messages.def": "x\n" * 500}, "need not be"),
    (check_function_length, {"src/core/a.c": function_of(71)}, "a.c:1: a function of 71 lines"),
    (check_function_length, {"src/core/a.c": "int a;\n\n" + function_of(71)}, "a.c:3: "),
    (check_function_length, {"tests/unit/test_key.c": function_of(90)}, "90 lines"),
    (check_function_braces, {"src/core/a.c": "int f(void) {\n        return 1;\n}\n"}, "a.c:1"),
    (check_layers, {"src/core/a.c": '#include "codec/b.h"\n'}, "core may not include codec/b.h"),
    (check_layers, {"src/tape/t.c": '#include "bus/s.h"\n'}, "tape may not include bus/s.h"),
    (check_layers, {"src/bus/s.c": '#include "tape/t.h"\n'}, "bus may not include tape/t.h"),
    (check_layers, {"src/codec/b.c": '# include "app/p.h"\n'}, "codec may not include app/p.h"),
    (check_layers, {"src/codec/b.c": '#include "b.h"\n'}, "layer/file.h"),
    (check_layers, {"src/codec/b.c": '#include "../app/p.h"\n'}, "layer/file.h"),
    (check_layers, {"src/codec/b.c": '#include "core/gone.h"\n'}, "layer/file.h"),
    (check_layers, {"src/misc/m.c": "\n"}, "misc is not a layer"),
    (check_core_includes, {"src/core/a.c": "#include <stdio.h>\n"}, "<stdio.h>"),
    (check_core_includes, {"src/core/a.h": "int a;\n#include <time.h>\n"}, "a.h:2: core may not"),
    (check_core_includes, {"src/core/a.c": "#include <zeroline/frame.h>\n"}, "<zeroline/frame.h>"),
    (check_core_includes, {"src/core/a.c": '#include "codec/b.h"\n'}, '"codec/b.h"'),
    (check_core_floats, {"src/core/a.c": "static double a;\n"}, "a.c:1: double"),
    (check_core_floats, {"src/core/a.h": "/*\n*/ float a;\n"}, "a.h:2: float"),
    (check_public_headers, {"include/zeroline/new.h": "/* new.h - new. */\n"}, "to install"),
    (check_public_headers, {"include/zeroline/base.h": "#include <zmq.h>\n"}, "<zmq.h>"),
    (check_public_headers, {"include/zeroline/base.h": '#include "core/a.h"\n'}, "public header"),
    (check_header_comments, {"include/zeroline/base.h": "#include <stdint.h>\n"}, "begin with"),
    (check_header_comments, {"src/core/a.h": "/* b.h - a. */\n"}, "begin with"),
    (check_dead_files, {"src/core/z.c": "\n"}, "src/core/z.c: is not in src/meson.build"),
    (check_dead_files, {"src/core/z.h": "\n"}, "nobody includes it"),
    (check_dead_files, {"tests/unit/test_z.c": "\n"}, "meson.build beside it"),
    (check_commands, {"src/cmd/main.c": "int main(void);\n"}, "not found"),
    (check_commands, {"src/cmd/go.c": "\n"}, "has no src/cmd/go.c"),
    (check_commands, {"src/cmd/main.c": CLEAN["src/cmd/main.c"].replace("_go", "_run")}, "not run"),
    (check_commands, {"src/cmd/main.c": CLEAN["src/cmd/main.c"].replace('"goes"', "NULL")},
     "not understood"),
    (check_private_paths, {"deploy/setup": "cd " + PRIVATE_FOLDERS[0] + "x\n"}, "setup:1: a folder"),
    (check_private_paths, {"README.md": "\nin `" + PRIVATE_FOLDERS[2] + "me`\n"}, "README.md:2"),
]


def self_test():
    wrong = [f"clean tree: {complaint}" for check in CHECKS for complaint in check(CLEAN)]
    if {check for check, _, _ in BROKEN} != set(CHECKS):
        wrong.append("a rule has no tree that breaks it")
    for check, change, expected in BROKEN:
        complaints = list(check({**CLEAN, **change}))
        if not any(expected in complaint for complaint in complaints):
            wrong.append(f"{check.__name__} on {list(change)}: no {expected!r} in {complaints}")
    list_fits = list(check_function_length({"src/core/a.c": function_of(70)}))
    if list_fits:
        wrong.append(f"70 lines: {list_fits}")
    return wrong


def read_tree(root):
    tree = {}
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(f for f in folders if f not in (".git", "__pycache__")
                            and not (folder == root and f.startswith("build")))
        for name in sorted(names):
            if name == ".git":
                continue  # of a worktree: a file that says where the repository is
            path = os.path.join(folder, name)
            if name == ".git":
                continue  # a second work tree's: where the first one is
            try:
                with open(path, encoding="utf-8", newline="") as file:
                    tree[os.path.relpath(path, root)] = file.read()
            except (UnicodeDecodeError, FileNotFoundError):
                continue  # not text
    return tree


def main():
    wrong = self_test()
    if wrong:
        sys.exit("the rules themselves:\n" + "\n".join(wrong))
    tree = read_tree(sys.argv[1])
    if "src/core/fixed.h" not in tree:
        sys.exit(f"{sys.argv[1]} is not the root of the source")
    complaints = [complaint for check in CHECKS for complaint in check(tree)]
    print(f"{len(tree)} files, {len(CHECKS)} rules tried on {len(BROKEN)} broken trees, "
          f"{len(complaints)} complaints")
    if complaints:
        sys.exit("\n".join(complaints))


main()
