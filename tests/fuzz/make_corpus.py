#!/usr/bin/env python3
"""Seeds for the fuzz targets, from the golden frames of proto/vectors/.

    make_corpus.py ZEROLINE FOLDER

makes FOLDER/frame, FOLDER/json, FOLDER/store and FOLDER/tape. Tapes are made by `zeroline encode
-o`; segments of their records, whose checksums the fuzzer itself makes right.
"""
import json
import pathlib
import struct
import subprocess
import sys

VECTORS = pathlib.Path(__file__).resolve().parents[2] / 'proto' / 'vectors'
LONGEST = 4096  # a fuzzer learns more from short seeds


def vectors(name):
    with open(VECTORS / f'{name}.jsonl', encoding='utf-8') as file:
        return [json.loads(line) for line in file]


def store_seeds(valid):
    """The first byte says of what kind the file is: a segment, a compressed one, a snapshot."""
    records = b''
    for place, vector in enumerate(valid[:12]):
        frame = bytes.fromhex(vector['hex'])[:200]
        records += struct.pack('<IIQQQ', 16 + len(frame), 3, 0, 1000 + place, place) + frame
    head = b'ZLSEGM\r\n\1' + bytes(7) + struct.pack('<IIQQQQQ', 1, 1, 1, 1000, 1000, 1, 0)
    yield 'segment', b'\0' + head + records
    yield 'torn', b'\0' + head + records[:-5]
    yield 'compressed', b'\1' + subprocess.run(
        ['zstd', '-q', '-c'], input=head + records, stdout=subprocess.PIPE, check=True).stdout
    head = b'ZLSNAP\r\n\1' + bytes(7) + struct.pack('<QQQQQQ', 1000, len(records), 0, 1, 1, 0)
    yield 'snapshot', b'\2' + head + records


def main():
    zeroline, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    for kind in ('frame', 'json', 'store', 'tape'):
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
    for name, data in store_seeds(valid):
        (folder / 'store' / name).write_bytes(data)


if __name__ == '__main__':
    main()
