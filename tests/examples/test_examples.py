#!/usr/bin/python3
"""test_examples.py FEEDER ROUTER - the examples against a peer in another language.

Nothing here sleeps: the examples publish after the first subscription, and every wait has an end.
"""

import contextlib
import os
import subprocess
import sys
import tempfile

import msgpack
import zmq

WAIT_MS = 30000
FEEDER, ROUTER = sys.argv[1:3]


def pack(topic, header, *messages):
    return b"".join(msgpack.packb(part) for part in (topic, header, *messages))


def unpack(frame):
    unpacker = msgpack.Unpacker()
    unpacker.feed(frame)
    return list(unpacker)


def connect(context, kind, endpoint):
    socket = context.socket(kind)
    socket.setsockopt(zmq.RCVTIMEO, WAIT_MS)
    socket.setsockopt(zmq.SNDTIMEO, WAIT_MS)
    socket.setsockopt(zmq.LINGER, 0)
    if kind == zmq.SUB:
        socket.setsockopt(zmq.SUBSCRIBE, b"")
    socket.connect(endpoint)
    return socket


@contextlib.contextmanager
def running(*command):
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        process.stdout.close()


def check_feeder(context, folder):
    endpoint = f"ipc://{folder}/marks"
    marks = connect(context, zmq.SUB, endpoint)
    with running(FEEDER, endpoint) as feeder:
        frame = marks.recv()
        assert feeder.wait(WAIT_MS / 1000) == 0
    assert frame.startswith(b"\xadmark.00000007"), frame
    topic, header, mark = unpack(frame)
    assert topic == "mark.00000007", topic
    assert header == [1, 2, 1, 1, 1], header
    # type, instrument, price, then index, bid and ask left out, depth, funding
    assert mark == [5, 7, 6600050, None, None, None, 0, 0], mark


def check_router(context, folder):
    """A decision of each kind of order; each is answered, all in one frame."""
    liquidate = [18, "42/x/17/0/1", 42, "x", 7, None, 1, 50, 6500000, None, 0, True, 0, 1,
                 6600050, 9, -5, 100, 1, 1]
    first = [18, "42/x/17/0/0", 42, "x", 5, None, 0, 3, 200, 210, 0, True, 0, 1, 205, 9, -5, 100,
             1, 1]
    # type, order, filled, final, quantity, price, fee, rev
    check_decision(context, f"{folder}/1", [first, liquidate], [
        "42/x/17/0/0: buy 3 of instrument 5 at 200",
        "42/x/17/0/1: sell 50 of instrument 7 at 6500000",
    ], [
        [8, "42/x/17/0/0", 1, True, 3, 200, 0, 0],
        [8, "42/x/17/0/1", 1, True, 50, 6500000, 0, 0],
    ])
    check_decision(context, f"{folder}/2", [[16, "42/7L/17/0/0", 42, "7L", None]],
                   ["42/7L/17/0/0: cancel what pool 7L has open"],
                   [[8, "42/7L/17/0/0", 1, True, 0, None, 0, 0]])
    check_decision(context, f"{folder}/3", [[17, "42/x/17/1/0", 42, "x", 2, 4500000]],
                   ["42/x/17/1/0: sell 4500000 of asset 2"],
                   [[8, "42/x/17/1/0", 1, True, 4500000, None, 0, 0]])


def check_decision(context, name, orders, lines, wanted):
    orders_at, answers_at = f"ipc://{name}.orders", f"ipc://{name}.answers"
    answers = connect(context, zmq.SUB, answers_at)
    worker = connect(context, zmq.PUSH, orders_at)
    with running(ROUTER, orders_at, answers_at) as router:
        worker.send(pack("ordr.0000000b", [1, 3, 1, 1, 5], *orders))
        frame = answers.recv()
        assert router.wait(WAIT_MS / 1000) == 0
        printed = router.stdout.read()
    assert printed.splitlines() == lines, printed
    topic, header, *execs = unpack(frame)
    assert topic == "exec.0000000b", topic
    assert header == [1, 9, 1, 1, 0], header
    assert execs == wanted, execs


def check_router_refuses(context, folder):
    """A frame that is none: no answer, exit 1."""
    orders_at, answers_at = f"ipc://{folder}/orders2", f"ipc://{folder}/answers2"
    answers = connect(context, zmq.SUB, answers_at)
    orders = connect(context, zmq.PUSH, orders_at)
    with running(ROUTER, orders_at, answers_at) as router:
        orders.send(b"\xadordr.0000000b\xc1")
        assert router.wait(WAIT_MS / 1000) == 1
        assert router.stdout.read() == ""
    assert answers.poll(0) == 0


def main():
    context = zmq.Context()
    with tempfile.TemporaryDirectory() as folder:
        for check in (check_feeder, check_router, check_router_refuses):
            check(context, folder)
    context.destroy(linger=0)
    print("feeder and router understand their peer", os.path.basename(FEEDER))


main()
