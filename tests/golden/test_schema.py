#!/usr/bin/env python3
"""The table in proto/README.md is what `zeroline schema` prints, and proto/messages.def is sound.

    test_schema.py ZEROLINE            compares
    test_schema.py ZEROLINE --write    puts the table of this program into the page
"""
import pathlib
import re
import subprocess
import sys

PROTO = pathlib.Path(__file__).resolve().parents[2] / 'proto'
BEGIN = '<!-- schema begins -->\n'
END = '<!-- schema ends -->\n'
FIELD = re.compile(r'^ZL_(?:UINT|BOOL|CHOICE|INT|TEXT|BYTES|LIST)\((\w+), (.*)\)$')
TYPE_LIMIT = 64
FIELDS_MAX = 64  # the bits of `absent`
FRAME_NAMES = {'type', 'topic', 'src', 'epoch', 'seq', 'ts_ns', 'at'}  # in every JSON line


def complain(text):
    print(text, file=sys.stderr)
    return 1


def split_page(page):
    if page.count(BEGIN) != 1 or page.count(END) != 1:
        raise SystemExit('proto/README.md: the schema markers must stand there once each')
    head, rest = page.split(BEGIN)
    table, tail = rest.split(END)
    return head, table, tail


def check_page(page, printed):
    table = split_page(page)[1]
    bad = 0
    if table != '\n' + printed:
        theirs, ours = ('\n' + printed).splitlines(), table.splitlines()
        at = next((i for i, pair in enumerate(zip(theirs, ours)) if pair[0] != pair[1]),
                  min(len(theirs), len(ours)))
        bad += complain('proto/README.md differs from `zeroline schema` from line '
                        f'{at + 1} of the table on:\n  page:    {ours[at:at + 1]}\n  program: '
                        f'{theirs[at:at + 1]}\nrun tests/golden/test_schema.py ZEROLINE --write')
    for line in printed.splitlines():
        if '(null)' in line:
            bad += complain(f'zeroline schema: a record without a description: {line}')
        if line.startswith('|') and line.count('|') != 5:
            bad += complain(f'zeroline schema: a row with another number of columns: {line}')
    return bad


def check_definitions(text):
    """Numbers and names are used once; a message's topic and a list's row exist."""
    bad = 0
    ids, names, fields = {}, set(), {}
    rows = set()
    for line in text.splitlines():
        message = re.match(r'^ZL_MESSAGE\((\d+), (\w+), (\w+), (\w+), ', line)
        row = re.match(r'^ZL_ROW\((\w+), ', line)
        field = FIELD.match(line)
        if message:
            number, upper, name, _ = message.groups()
            if int(number) in ids:
                bad += complain(f'messages.def: {name} and {ids[int(number)]} are both {number}')
            if not 0 < int(number) < TYPE_LIMIT:
                bad += complain(f'messages.def: {name}: {number} is not from 1 to 63')
            if upper != name.upper():
                bad += complain(f'messages.def: {upper} is not {name} in capitals')
            ids[int(number)] = name
        if row:
            rows.add(row.group(1))
        if message or row:
            name = message.group(3) if message else row.group(1)
            if name in names:
                bad += complain(f'messages.def: {name} stands there twice')
            names.add(name)
            fields[name] = []
        elif field:
            owner, rest = field.groups()
            parts = [part.strip() for part in rest.split(',')]
            place = 0 if re.match(r'^ZL_(BOOL|BYTES)', line) else 1
            if owner not in fields or owner != list(fields)[-1]:
                bad += complain(f'messages.def: a field of {owner} stands in another record')
                continue
            if line.startswith('ZL_LIST'):
                place = 1
                if parts[0] not in rows:
                    bad += complain(f'messages.def: {owner}: no row {parts[0]} stands before it')
            if parts[place] in fields[owner]:
                bad += complain(f'messages.def: {owner}.{parts[place]} stands there twice')
            if owner in ids.values() and parts[place] in FRAME_NAMES:
                bad += complain(f'messages.def: {owner}.{parts[place]} is a name of the frame')
            fields[owner].append(parts[place])
            if len(fields[owner]) > FIELDS_MAX:
                bad += complain(f'messages.def: {owner} has more than {FIELDS_MAX} fields')
    if len(ids) < 10 or len(rows) < 5:
        bad += complain('messages.def: this test no longer understands it')
    return bad


def joined(text):
    """A definition that goes on over the next line, on one."""
    return re.sub(r',\n +', ', ', text)


def main():
    printed = subprocess.run([sys.argv[1], 'schema'], check=True, capture_output=True,
                             text=True).stdout
    readme = PROTO / 'README.md'
    page = readme.read_text()
    if sys.argv[2:] == ['--write']:
        head, _, tail = split_page(page)
        readme.write_text(head + BEGIN + '\n' + printed + END + tail)
        return 0
    bad = check_page(page, printed) + check_definitions(joined((PROTO / 'messages.def').read_text()))
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main())
