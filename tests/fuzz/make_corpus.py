#!/usr/bin/env python3
"""Seeds for the fuzz targets, from the golden frames of proto/vectors/.

    make_corpus.py ZEROLINE FOLDER

makes FOLDER/frame, FOLDER/json and FOLDER/tape. Tapes are made by `zeroline encode -o`.
"""
import json
import pathlib
import subprocess
import sys

VECTORS = pathlib.Path(__file__).resolve().parents[2] / 'proto' / 'vectors'
LONGEST = 4096  # a fuzzer learns more from short seeds


def vectors(name):
    with open(VECTORS / f'{name}.jsonl', encoding='utf-8') as file:
        return [json.loads(line) for line in file]


def main():
    zeroline, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    for kind in ('frame', 'json', 'tape'):
        (folder / kind).mkdir(parents=True, exist_ok=True)
    valid = vectors('valid')
    for group in (valid, vectors('newer'), vectors('hostile')):
        for number, vector in enumerate(group):
            data = bytes.fromhex(vector['hex'])
            if len(data) <= LONGEST:
                name = f'{"hostile" if "defect" in vector else "good"}-{number}-{len(data)}'
                (folder / 'frame' / name).write_bytes(data)
    for number, vector in enumerate(valid):
        for place, line in enumerate(vector['json']):
            if len(line) <= LONGEST and place < 12:
                (folder / 'json' / f'{number}-{place}').write_text(line, encoding='utf-8')
        text = ''.join(line + '\n' for line in vector['json'])
        if len(text) <= 4 * LONGEST:
            subprocess.run([zeroline, 'encode', '-o', folder / 'tape' / str(number)],
                           input=text.encode(), check=True)
    (folder / 'tape' / 'nothing').write_bytes(b'')


if __name__ == '__main__':
    main()
