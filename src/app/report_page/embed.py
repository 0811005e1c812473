#!/usr/bin/env python3
"""embed.py OUTPUT [PAGE CSS CHART SCRIPT...] - the report's page as C.

The page is one file: its style, its scripts and the chart library stand in it. The policy in its
head names them by their hashes, so that nothing else can run or load, whatever the data says.
OUTPUT holds what stands before the data and what stands behind; both are empty where nothing but
OUTPUT is given.
"""
import base64
import hashlib
import sys


def read(path):
    """A file's text."""
    with open(path, encoding='utf-8') as file:
        return file.read()


def source(text):
    """A Content-Security-Policy source: the hash of what stands between two tags."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def page_of(page, css, chart, script):
    """(before, behind) the data."""
    for what, name in ((css, '</style'), (chart, '</script'), (script, '</script')):
        if name in what.lower() or '<!--' in what:
            raise SystemExit(f'embed.py: {name} or a comment would end in the middle')
    policy = f"default-src 'none'; img-src data:; style-src {source(css)}; " \
             f"script-src {source(chart)} {source(script)}; base-uri 'none'; form-action 'none'"
    before, behind = page.split('{{data}}')
    before = before.replace('{{policy}}', policy).replace('{{css}}', css)
    parts = behind.split('{{chart}}')
    return before, chart.join(parts).replace('{{js}}', script)


def c_array(name, text):
    """A constant; the zero at its end is not counted."""
    data = text.encode()
    rows = [','.join(map(str, data[i:i + 32])) for i in range(0, len(data), 32)]
    body = ',\n'.join(rows + ['0'])
    return (f'const unsigned char {name}[] = {{\n{body}}};\n'
            f'const size_t {name}_size = {len(data)};\n')


def main():
    """The command line."""
    output, inputs = sys.argv[1], sys.argv[2:]
    before, behind = '', ''
    if inputs:
        page, css, chart = (read(path) for path in inputs[:3])
        script = '"use strict";\n' + ''.join(read(path) for path in inputs[3:])
        before, behind = page_of(page, css, chart, script)
    with open(output, 'w', encoding='utf-8') as file:
        file.write('#include "app/report_page/page.h"\n\n')
        file.write(c_array('zl_page_before', before) + c_array('zl_page_behind', behind))


if __name__ == '__main__':
    main()
