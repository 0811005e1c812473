#!/usr/bin/env python3
"""`zeroline encode` and `decode` against a second implementation of proto/README.md (wire.py).

    test_wire.py ZEROLINE [SEED [ROUNDS]]

Random messages encoded in Python must decode to the lines that Python prints; random lines must
encode to frames in which Python reads what it expects. Ids come from small ranges, so that most
scales are known, change now and then, and are unknown at first.
"""
import json
import random
import subprocess
import sys

sys.dont_write_bytecode = True
import wire  # noqa: E402

SEED = int(sys.argv[2]) if len(sys.argv) > 2 else 20240229
ROUNDS = int(sys.argv[3]) if len(sys.argv) > 3 else 6000
LETTERS = ['a', 'Z', '0', ' ', '"', '\\', '/', '\n', '\t', '\x01', '\x1f', '\x7f', 'é', '€',
           '\u2028', '\U0001f600', '\ud7ff', '\uffff']
SMALL = {'asset': 4, 'instrument': 6, 'settle': 4, 'fund': 3, 'account': 5, 'partition': 300}


class Maker:
    """Random values of the wire for any record."""

    def __init__(self, rng):
        self.rng = rng

    def integer(self, form):
        low, high = wire.RANGES[form]
        kind = self.rng.random()
        if kind < 0.05:
            return self.rng.choice([low, high])
        value = self.rng.getrandbits(self.rng.randint(0, 64))
        value = -value if form == 'int' and self.rng.random() < 0.5 else value
        return max(low, min(high, value))

    def text(self, field):
        if field.name in ('order', 'key', 'loser_key') and self.rng.random() < 0.9:
            pool = self.rng.choice(['x', 'x', '1', '2L', '3S', '4'])
            key = f'{self.rng.randint(0, 4)}/{pool}/{self.integer("u64")}/{self.integer("u32")}'
            return key + self.rng.choice(['', '/0', '/1', '/2', '/01', '/'])
        if field.name == 'pool':
            return self.rng.choice(['x', '7', '7L', '7S'])
        size, out = self.rng.randint(0, field.limit), ''
        while True:
            letter = self.rng.choice(LETTERS)
            if len((out + letter).encode()) > size:
                return out
            out += letter

    def value(self, field):
        rng = self.rng
        if field.name in SMALL:
            return rng.randrange(SMALL[field.name])
        if field.name.endswith('scale'):
            return rng.choice([rng.randint(0, 18)] * 6 + [19, 2**31, 2**32 - 1])
        if field.form in wire.RANGES:
            return self.integer(field.form)
        if field.form == 'bool':
            return rng.random() < 0.5
        if field.form == 'choice':
            return rng.randrange(len(field.names))
        if field.form == 'text':
            return self.text(field)
        if field.form == 'bin':
            return rng.randbytes(rng.choice([0, 1, 31, 32, 255, 256, 3000]))
        most = field.limit if rng.random() < 0.01 else min(field.limit, 4)
        return [self.record(wire.SCHEMA.rows[field.row]) for _ in range(rng.randint(0, most))]

    def record(self, record):
        values = {}
        for field in record.fields:
            absent = not field.required and not field.nil_is_a_value() and self.rng.random() < 0.2
            values[field.name] = None if absent else self.value(field)
        return values

    def message(self):
        weights = {'asset': 3, 'instrument': 4, 'account': 4, 'exec': 6, 'fund': 2, 'deficit': 2}
        names = [name for name in wire.SCHEMA.messages for _ in range(weights.get(name, 1))]
        name = self.rng.choice(names)
        return name, self.record(wire.SCHEMA.messages[name])


def run(arguments, data):
    done = subprocess.run([sys.argv[1], *arguments], input=data, capture_output=True, timeout=250)
    if done.returncode != 0 or done.stderr:
        raise SystemExit(f'zeroline {arguments} answers {done.returncode}: '
                         f'{done.stderr.decode()[:2000]}')
    return done.stdout


def compare(what, number, ours, theirs):
    if ours != theirs:
        raise SystemExit(f'seed {SEED}, {what} {number}:\n  python:   {ours}\n  zeroline: {theirs}')


def lines_of(text):
    return text.split('\n')[:-1]


# ---- Python's bytes to zeroline's lines ----------------------------------------------------------


def test_decode(rng):
    maker, stream = Maker(rng), wire.Stream()
    frames, lines = [], []
    seen = set()
    while len(lines) < ROUNDS:
        batch = [maker.message()]
        letters = wire.SCHEMA.messages[batch[0][0]].topic or rng.choice(['ctrl', 'acct', 'rank'])
        while rng.random() < 0.3:
            name, values = maker.message()
            if wire.SCHEMA.messages[name].topic in (None, letters):
                batch.append((name, values))
        header = {'src': maker.integer('u32'), 'epoch': maker.integer('u64'),
                  'seq': maker.integer('u64'), 'ts_ns': maker.integer('u64')}
        for place, (name, values) in enumerate(batch):
            stream.learn(name, values)
            if place == 0:
                named = stream.topic(name, values, header['src'])
                header['topic'] = named if named and rng.random() < 0.8 else \
                    f'{letters}.{maker.integer("u32"):08x}'
            lines.append(wire.json_line(stream, header, name, values))
            seen.add(name)
        frames.append(wire.encode_frame(header, batch))
    printed = lines_of(run(['decode'], b''.join(frames)).decode())
    for number, (ours, theirs) in enumerate(zip(lines, printed)):
        compare('decoded line', number, ours, theirs)
        if ours.count('\\u') == 0:
            json.loads(theirs)
    compare('lines', 'in all', len(lines), len(printed))
    compare('types', 'in all', set(wire.SCHEMA.messages), seen)
    # And back: the same lines are the same bytes, once no two neighbours share a header.
    again = run(['encode'], '\n'.join(printed).encode())
    compare('bytes', 'in all', b''.join(frames).hex(), again.hex())
    return len(lines), len(frames)


# ---- Python's lines to zeroline's frames ---------------------------------------------------------


class Writer:
    """Writes values as JSON in the many ways that are allowed."""

    def __init__(self, rng, stream, name, values):
        self.rng, self.stream, self.name, self.values = rng, stream, name, values

    def decimal(self, value, scale):
        text = wire.format_decimal(value, scale)
        if self.rng.random() < 0.2:
            text += ('' if '.' in text else '.') + '0' * self.rng.randint(1, 3)
        if self.rng.random() < 0.1:
            text = text.replace('-', '-00') if '-' in text else '0' + text
        return text

    def value(self, row, field):
        value = row[field.name]
        if field.form == 'choice':
            return field.names[value] if value is not None else None
        if value is None:
            return None
        if field.form == 'bin':
            return value.hex()
        if field.form == 'int' and self.rng.random() < 0.9:
            scale = self.stream.scale(field.unit, self.name, self.values, row)
            if scale is not None:
                return self.decimal(value, scale)
        return value


LEFT_OUT = object()


def leave_out(rng, record, values):
    """Marks some fields as left out, and answers what is then meant."""
    meant = {}
    for field in record.fields:
        value = values[field.name]
        if not field.required and rng.random() < 0.3:
            values[field.name] = LEFT_OUT
            meant[field.name] = field.default
        elif field.form == 'list' and value is not None:
            meant[field.name] = [leave_out(rng, wire.SCHEMA.rows[field.row], one)
                                 for one in value]
        else:
            meant[field.name] = value
    for field in record.fields:
        if field.same and values[field.name] is LEFT_OUT:
            meant[field.name] = meant[field.same]
    return meant


def as_line(rng, pairs):
    rng.shuffle(pairs)
    separators = rng.choice([(',', ':'), (', ', ': '), (' ,', ' :  ')])
    return json.dumps(dict(pairs), separators=separators, ensure_ascii=rng.random() < 0.5)


def normal(name, values):
    """Legs and added fields as the wire has them: nil, not 0."""
    record = wire.SCHEMA.messages.get(name) or wire.SCHEMA.rows[name]
    out = {}
    for field in record.fields:
        value = values[field.name]
        if field.nil_is_a_value() or field.added:
            value = value or None
        if field.form == 'list' and value is not None:
            value = [normal(field.row, one) for one in value]
        out[field.name] = value
    return out


def random_frame_names(rng, maker, letters, topic, last):
    """The line's own src, epoch and so on; now and then the last line's, to join its frame."""
    if last and last['topic'].startswith(letters) and rng.random() < 0.5:
        return {key: last[key] for key in ('topic', 'src', 'epoch', 'seq')}
    said = {}
    if rng.random() < 0.3:
        said['src'] = rng.randint(0, 3)
    if rng.random() < 0.2:
        said['epoch'] = maker.integer('u64')
    if rng.random() < 0.3:
        said['seq'] = rng.getrandbits(60)
    if rng.random() < 0.3:
        said['ts_ns'] = maker.integer('u64')
    if topic is None or rng.random() < 0.2:
        said['topic'] = f'{letters}.{rng.getrandbits(4):08x}'
    return said


def test_encode(rng):
    maker, stream = Maker(rng), wire.Stream()
    lines, frames, sequences, last = [], [], {}, None
    while len(lines) < ROUNDS:
        name, values = maker.message()
        record = wire.SCHEMA.messages[name]
        meant = leave_out(rng, record, values)
        pairs = write_pairs(rng, stream, name, values, meant)
        stream.learn(name, meant)
        letters = record.topic or 'acct'
        probe = stream.topic(name, meant, 1)
        said = random_frame_names(rng, maker, letters, probe, last)
        header = {'src': 1, 'epoch': 1, 'ts_ns': 0, **said}
        header.setdefault('topic', stream.topic(name, meant, header['src']))
        counter = header['topic'], header['src']
        header.setdefault('seq', sequences.get(counter, 0) + 1)
        sequences[counter] = header['seq']
        joins = 'seq' in said and last and all(header[key] == last[key] for key in
                                               ('topic', 'src', 'epoch', 'seq'))
        if joins:
            frames[-1][1].append((name, normal(name, meant)))
        else:
            frames.append((header, [(name, normal(name, meant))]))
        last = header
        lines.append(as_line(rng, pairs + list(said.items())))
        if rng.random() < 0.02:
            lines[-1] = '\n  ' + lines[-1] + ' \r'
    written = lines_of(run(['encode', '--hex'], ('\n'.join(lines) + '\n').encode()).decode())
    for number, ((header, messages), theirs) in enumerate(zip(frames, written)):
        data = bytes.fromhex(theirs)
        got_header, got = wire.decode_frame(data)
        compare('header of frame', number, header, got_header)
        compare('messages of frame', number, messages,
                [(name, normal(name, values)) for name, values in got])
        compare('bytes of frame', number, wire.encode_frame(got_header, got).hex(), theirs)
    compare('frames', 'in all', len(frames), len(written))
    return len(lines), len(frames)


def write_pairs(rng, stream, name, values, meant):
    """(name, JSON value) of every field that is said; scales come from what is meant."""
    record = wire.SCHEMA.messages[name]
    writer = Writer(rng, stream, name, meant)

    def walk(record, said, meant_row):
        pairs = []
        for field in record.fields:
            if said[field.name] is LEFT_OUT:
                continue
            value = said[field.name]
            if field.form == 'list' and value is not None:
                row = wire.SCHEMA.rows[field.row]
                rows = list(zip(value, meant_row[field.name]))
                if row.bare:
                    shown = [writer.value(one, row.fields[0]) for _, one in rows]
                else:
                    shown = [shuffled(rng, walk(row, one, told)) for one, told in rows]
                pairs.append((field.name, shown))
            else:
                pairs.append((field.name, writer.value(meant_row, field)))
        return pairs

    return [('type', name), *walk(record, values, meant)]


def shuffled(rng, pairs):
    rng.shuffle(pairs)
    return dict(pairs)


def main():
    rng = random.Random(SEED)
    decoded = test_decode(rng)
    encoded = test_encode(rng)
    print(f'seed {SEED}: {decoded[0]} messages decoded from {decoded[1]} frames, '
          f'{encoded[0]} lines encoded to {encoded[1]}')


if __name__ == '__main__':
    main()
