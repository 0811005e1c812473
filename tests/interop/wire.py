"""The wire in Python, from proto/README.md alone: its tables are read at run time, and no line of
the project's C is looked at. Decodes and encodes frames, prints and reads JSON lines.

A message is a dict from field names to the values of the wire: integers, texts, bytes, lists of
such dicts, None for nil. MessagePack itself is the library's.
"""
import pathlib
import re

import msgpack

README = pathlib.Path(__file__).resolve().parents[2] / 'proto' / 'README.md'
FRAME_NAMES = ('topic', 'src', 'epoch', 'seq', 'ts_ns')
FRAME_SIZE_MAX = 1 << 20
SCALE_MAX = 18
MASK = 2**64 - 1
RANGES = {'u32': (0, 2**32 - 1), 'u64': (0, MASK), 'int': (-2**63, 2**63 - 1)}


class WireError(Exception):
    pass


# ---- the tables ---------------------------------------------------------------------------------


class Field:
    """One line of a table: its form, and what nil means."""

    def __init__(self, name, form, left_out):
        self.name, self.unit, self.names, self.row, self.limit = name, None, None, None, None
        text = re.fullmatch(r'str, at most (\d+) bytes', form)
        rows = re.fullmatch(r'list of (\w+), at most (\d+)', form)
        if form in ('u32', 'u64', 'bool', 'bin'):
            self.form = form
        elif form.startswith('int64: '):
            self.form, self.unit = 'int', form[len('int64: '):]
        elif text:
            self.form, self.limit = 'text', int(text.group(1))
        elif rows:
            self.form, self.row, self.limit = 'list', rows.group(1), int(rows.group(2))
        else:
            self.form, self.names = 'choice', []
            for number, choice in enumerate(form.split(', ')):
                if choice == 'nil':
                    self.names.append(None)
                    continue
                told, name_of = choice.split(' ')
                assert int(told) == number, f'{name}: {form}'
                self.names.append(name_of)
        self.added = left_out.endswith(', added')
        left_out = left_out.removesuffix(', added')
        self.required = left_out == 'required'
        self.same = left_out[len('as '):] if left_out.startswith('as ') else None
        self.default = None if self.required or self.same else self.read_default(left_out)

    def read_default(self, text):
        """None where the field is then absent."""
        if text == 'nil':
            return None
        if text == 'empty':
            return b'' if self.form == 'bin' else []
        if self.form == 'bool':
            return {'true': True, 'false': False}[text]
        if self.form == 'choice':
            return self.names.index(text)
        if text.endswith(' raw'):
            return int(text[:-len(' raw')])
        if self.unit == '10^-9':
            return parse_decimal(text, 9)
        return int(text)

    def meant(self, value):
        """Nil in an added field is its default, wherever more follows."""
        return self.default if value is None and self.added else value

    def nil_is_a_value(self):
        return self.form == 'choice' and self.names[0] is None


class Record:
    def __init__(self, name, number=None, topic=None, bare=False):
        self.name, self.number, self.topic, self.bare = name, number, topic, bare
        self.fields = []


class Schema:
    """Every message by name and by number, every row by name."""

    def __init__(self, page=None):
        page = page or README.read_text(encoding='utf-8')
        table = page.split('<!-- schema begins -->')[1].split('<!-- schema ends -->')[0]
        self.messages, self.rows, self.numbers = {}, {}, {}
        record = None
        for line in table.splitlines():
            head = re.fullmatch(r'### (\d+) (\w+)', line)
            row = re.match(r'\*(\w+)\*, a row: ', line)
            topic = re.search(r' Topic: `(.*)`\.$', line)
            if head:
                record = Record(head.group(2), int(head.group(1)))
                self.messages[record.name] = self.numbers[record.number] = record
            elif row:
                record = Record(row.group(1), bare='stands bare' in line)
                self.rows[record.name] = record
            elif topic:
                record.topic = topic.group(1).split('.')[0] if '.' in topic.group(1) else None
            elif line.startswith('| ') and not line.startswith('| field '):
                cells = [cell.strip() for cell in line.split('|')]
                record.fields.append(Field(*cells[1:4]))
        for message in self.messages.values():
            if message.name == 'policy':  # the one list whose default is not empty; said in the text
                next(f for f in message.fields if f.name == 'warn').default = [{'ratio': 800000000}]


# ---- numbers and names --------------------------------------------------------------------------


def parse_decimal(text, scale):
    match = re.fullmatch(r'(-?)(\d+)(?:\.(\d+))?', text, re.ASCII)
    if not match:
        raise WireError(f'not a decimal: {text}')
    part = (match.group(3) or '').rstrip('0')
    if len(part) > scale:
        raise WireError(f'too fine for scale {scale}: {text}')
    value = int(match.group(2) + part.ljust(scale, '0'))
    return -value if match.group(1) else value


def format_decimal(value, scale):
    digits = str(abs(value)).zfill(scale + 1)
    whole, part = digits[:len(digits) - scale], digits[len(digits) - scale:].rstrip('0')
    return ('-' if value < 0 else '') + whole + ('.' + part if part else '')


def mix64(z):
    z ^= z >> 30
    z = z * 0xbf58476d1ce4e5b9 & MASK
    z ^= z >> 27
    z = z * 0x94d049bb133111eb & MASK
    return z ^ z >> 31


KEY = re.compile(r'(0|[1-9]\d*)/(?:x|(0|[1-9]\d*)[LS]?)/(0|[1-9]\d*)/(0|[1-9]\d*)'
                 r'(?:/(0|[1-9]\d*))?', re.ASCII)


def parse_key(text):
    """(account, instrument or None for the cross pool, place), or None."""
    match = KEY.fullmatch(text)
    if not match:
        return None
    account, instrument, base, n, place = (int(part) if part else None for part in match.groups())
    small = [part for part in (instrument, n, place) if part is not None]
    if max(account, base) > MASK or max(small) >= 2**32:
        return None
    return account, instrument, place or 0


SCHEMA = Schema()


# ---- frames -------------------------------------------------------------------------------------


def pack(value):
    return msgpack.packb(value, use_bin_type=True)


def written(record, values):
    """The fields but those at the end that were added and say nothing."""
    count = len(record.fields)
    while count and record.fields[count - 1].added and not values[record.fields[count - 1].name]:
        count -= 1
    return record.fields[:count]


def pack_record(record, values):
    """The array's items."""
    items = []
    for field in written(record, values):
        value = field.meant(values[field.name])
        if value is not None and field.form == 'list':
            row = SCHEMA.rows[field.row]
            value = [pack_record(row, one) for one in value]
            value = [one[0] for one in value] if row.bare else value
        if field.nil_is_a_value() and value == 0:
            value = None
        items.append(value)
    return items


def encode_frame(header, messages):
    """header: a dict of topic, src, epoch, seq, ts_ns; messages: (name, values)."""
    head = [1, header['src'], header['epoch'], header['seq'], header['ts_ns']]
    frame = pack(header['topic']) + pack(head)
    for name, values in messages:
        record = SCHEMA.messages[name]
        frame += pack([record.number, *pack_record(record, values)])
    if len(frame) > FRAME_SIZE_MAX:
        raise WireError('too long')
    return frame


def check_value(field, value):
    name = field.name
    if field.form in RANGES:
        low, high = RANGES[field.form]
        if type(value) is not int or not low <= value <= high:
            raise WireError(f'{name}: {value!r}')
    elif field.form == 'choice':
        if type(value) is not int or not 0 <= value < len(field.names) or \
                field.names[value] is None:
            raise WireError(f'{name}: {value!r}')
    elif field.form == 'text':
        if type(value) is not str or len(value.encode()) > field.limit or '\0' in value:
            raise WireError(f'{name}: {value!r}')
    elif type(value) is not {'bool': bool, 'bin': bytes, 'list': list}[field.form]:
        raise WireError(f'{name}: {value!r}')


def unpack_record(record, items):
    values = {}
    least = sum(not field.added for field in record.fields)
    if type(items) is not list or len(items) < least:
        raise WireError(f'{record.name}: too short, or no array')
    items = items + [None] * (len(record.fields) - len(items))
    for field, value in zip(record.fields, items):
        if value is None:
            if field.required:
                raise WireError(f'{field.name}: nil')
        else:
            check_value(field, value)
            if field.form == 'list':
                row = SCHEMA.rows[field.row]
                if len(value) > field.limit:
                    raise WireError(f'{field.name}: too many rows')
                value = [unpack_record(row, [one] if row.bare else one) for one in value]
        values[field.name] = value
    return values


def decode_frame(frame):
    """(header, messages) as encode_frame takes them."""
    if len(frame) > FRAME_SIZE_MAX or frame[:1] != b'\xad':
        raise WireError('no frame')
    unpacker = msgpack.Unpacker(raw=False, strict_map_key=False)
    unpacker.feed(frame)
    parts = list(unpacker)
    topic, head, bodies = parts[0], parts[1], parts[2:]
    if not re.fullmatch(r'[a-z]{4}\.[0-9a-f]{8}', topic) or head[0] != 1 or not bodies:
        raise WireError('no frame')
    header = dict(zip(FRAME_NAMES, [topic, *head[1:5]]))
    messages = []
    for body in bodies:
        record = SCHEMA.numbers[body[0]]
        if record.topic not in (None, topic[:4]):
            raise WireError(f'{record.name} on {topic}')
        messages.append((record.name, unpack_record(record, body[1:])))
    return header, messages


def told(name, values, field_name):
    """A field's value, or what nil means for it."""
    field = next(f for f in SCHEMA.messages[name].fields if f.name == field_name)
    value = values[field_name]
    return field.default if value is None else value


# ---- what a stream says of units and topics ------------------------------------------------------


class Stream:
    """Learns from messages; knows the scale of a field and the topic of a message."""

    def __init__(self):
        self.assets, self.instruments, self.funds, self.orders = {}, {}, {}, {}
        self.cross, self.numeraire, self.partitions = {}, None, 256

    def learn(self, name, values):
        if name == 'cluster':
            self.partitions = told(name, values, 'partitions') or self.partitions
        elif name == 'asset':
            self.learn_asset(values)
        elif name == 'instrument':
            self.learn_instrument(values)
        elif name == 'fund':
            self.funds.setdefault(values['fund'], values['asset'])    # it keeps its asset
        elif name == 'liquidate':
            self.orders[values['order']] = values['instrument']
        elif name == 'account':
            self.learn_account(values)

    def learn_asset(self, values):
        """The first scales that can be stand."""
        known, new = self.assets.get(values['asset']), self.asset_of(values)
        if known and max(known['amount'], known['rate']) <= SCALE_MAX:
            return
        self.assets[values['asset']] = new
        if values['numeraire'] and self.numeraire is None:
            self.numeraire = values['asset']

    def learn_instrument(self, values):
        known, new = self.instruments.get(values['instrument']), self.instrument_of(values)
        if known and max(known['price'], known['qty']) <= SCALE_MAX:
            new.update({name: known[name] for name in ('price', 'qty', 'settle')})
        self.instruments[values['instrument']] = new

    @staticmethod
    def asset_of(values):
        return {'amount': values['scale'], 'rate': told('asset', values, 'rate_scale')}

    @staticmethod
    def instrument_of(values):
        return {'price': values['price_scale'], 'qty': values['qty_scale'],
                'settle': values['settle'], 'by_size': values['tier_by'] == 1,
                'fund': told('instrument', values, 'fund')}

    def learn_account(self, values):
        cross = self.cross.setdefault(values['account'], set())
        if values['full']:
            cross.clear()
        for position in values['positions'] or []:
            key = position['instrument'], position['leg'] or 0
            if position['mode'] == 1:
                continue
            if position['qty'] == 0:
                cross.discard(key)
            else:
                cross.add(key)

    def order_instrument(self, order):
        if order in self.orders:
            return self.orders[order]
        key = parse_key(order)
        if not key:
            return None
        account, instrument, place = key
        if instrument is not None:
            return instrument
        cross = sorted(self.cross.get(account, ()))
        return cross[place][0] if place < len(cross) else None

    def scale(self, unit, name, values, row):
        """None where it is not known. `row`: the values of the row around the field, or of the
        message itself."""
        fixed = {'10^-9': 9, '10^-12 settle': 12}
        scale = fixed[unit] if unit in fixed else self.looked_up(unit, name, values, row)
        return scale if scale is not None and scale <= 18 else None

    def looked_up(self, unit, name, values, row):
        if unit == 'amount, numeraire':
            return self.assets.get(self.numeraire, {}).get('amount')
        if unit == "amount, fund's asset":
            return self.assets.get(self.funds.get(values['fund']), {}).get('amount')
        if unit in ('amount', 'rate'):
            own = self.asset_of(values) if name == 'asset' else None
            return (own or self.assets.get(row.get('asset', values.get('asset')), {})).get(unit)
        if name == 'instrument':
            instrument = self.instrument_of(values)
        elif name == 'exec':
            instrument = self.instruments.get(self.order_instrument(values['order']))
        else:
            number = row.get('instrument', values.get('instrument'))
            instrument = self.instruments.get(number)
        if not instrument:
            return None
        if unit in ('price', 'qty'):
            return instrument[unit]
        if unit == 'amount or qty, by tier_by' and instrument['by_size']:
            return instrument['qty']
        return self.assets.get(instrument['settle'], {}).get('amount')

    def topic(self, name, values, src):
        """None where the content does not say."""
        letters = SCHEMA.messages[name].topic
        number = None
        if letters in ('ctrl', 'tape', 'book'):
            number = 0
        elif letters in ('beat', 'time'):
            number = src
        elif letters in ('rate', 'mark', 'rank', 'fund', 'plan', 'adlq', 'bids', 'snap'):
            number = values[{'rate': 'asset', 'mark': 'instrument', 'rank': 'instrument',
                             'bids': 'partition', 'snap': 'partition'}.get(letters, 'fund')]
        elif letters == 'defi':
            instrument = self.instruments.get(values['instrument'])
            number = instrument and mix64(instrument['fund']) % self.partitions
        elif letters in ('acct', 'ordr', 'alrt', 'exec'):
            key = parse_key(values['order']) if letters == 'exec' else [values['account']]
            if key and key[0] is not None:
                number = mix64(key[0]) % self.partitions
        return None if number is None else f'{letters}.{number:08x}'


# ---- JSON lines ---------------------------------------------------------------------------------


def json_text(text):
    out = ''
    for letter in text:
        if letter in '"\\':
            out += '\\' + letter
        elif ord(letter) < 0x20 or ord(letter) == 0x7f:
            out += f'\\u00{ord(letter):02x}'
        else:
            out += letter
    return f'"{out}"'


def json_value(stream, name, values, row, field):
    value = field.meant(row[field.name])
    if field.nil_is_a_value():
        value = value or None
    if value is None:
        return 'null'
    if field.form == 'bool':
        return 'true' if value else 'false'
    if field.form == 'text':
        return json_text(value)
    if field.form == 'bin':
        return f'"{value.hex()}"'
    if field.form == 'choice':
        return json_text(field.names[value])
    if field.form == 'list':
        record = SCHEMA.rows[field.row]
        if record.bare:
            return '[' + ','.join(json_value(stream, name, values, one, record.fields[0])
                                  for one in value) + ']'
        return '[' + ','.join('{' + json_fields(stream, name, values, one, record) + '}'
                              for one in value) + ']'
    scale = stream.scale(field.unit, name, values, row) if field.form == 'int' else None
    return str(value) if scale is None else f'"{format_decimal(value, scale)}"'


def json_fields(stream, name, values, row, record):
    return ','.join(f'"{field.name}":' + json_value(stream, name, values, row, field)
                    for field in written(record, row))


def json_line(stream, header, name, values):
    """What `zeroline decode` prints. The stream has learnt the message already."""
    fields = json_fields(stream, name, values, values, SCHEMA.messages[name])
    line = f'{{"type":"{name}"' + (',' + fields if fields else '')
    if stream.topic(name, values, header['src']) != header['topic']:
        line += f',"topic":"{header["topic"]}"'
    return line + ''.join(f',"{key}":{header[key]}' for key in FRAME_NAMES[1:]) + '}'


def read_choice(field, value):
    return 0 if value is None and field.nil_is_a_value() else field.names.index(value)


def read_fields(record, said, convert):
    """Values from a JSON object; `convert` reads what has a decimal point, and comes last."""
    values = {}
    for field in record.fields:
        if field.name not in said:
            if field.required:
                raise WireError(f'{field.name} is required')
            values[field.name] = field.default
        elif said[field.name] is None:
            values[field.name] = None
        elif field.form == 'choice':
            values[field.name] = read_choice(field, said[field.name])
        elif field.form == 'bin':
            values[field.name] = bytes.fromhex(said[field.name])
        elif field.form == 'list':
            row = SCHEMA.rows[field.row]
            rows = [{row.fields[0].name: one} if row.bare else one for one in said[field.name]]
            values[field.name] = [read_fields(row, one, None) for one in rows]
        else:
            values[field.name] = said[field.name]
    for field in record.fields:
        if field.same and field.name not in said:
            values[field.name] = values[field.same]
    if convert:
        read_decimals(record, values, values, convert)
    return values


def read_decimals(record, values, row, convert):
    for field in record.fields:
        value = row[field.name]
        if field.form == 'int' and isinstance(value, str):
            row[field.name] = convert(field, values, row, value)
        elif field.form == 'list':
            for one in value or []:
                read_decimals(SCHEMA.rows[field.row], values, one, convert)


def read_object(stream, said):
    """A message from a parsed JSON line, as (name, values)."""
    name = said['type']

    def convert(field, values, row, text):
        scale = stream.scale(field.unit, name, values, row)
        if scale is None:
            raise WireError(f'{field.name}: no scale')
        return parse_decimal(text, scale)

    return name, read_fields(SCHEMA.messages[name], said, convert)
