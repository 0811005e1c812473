"""Real processes and sockets for the tests: starting, stopping, and a peer in Python.

Nothing here waits for a fixed time: readiness is a subscription that arrived, a frame that arrived or
a process that ended, each with a deadline that fails the test."""
import json
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import zmq

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'interop'))
import wire  # noqa: E402

DEADLINE_S = 60


class Failed(Exception):
    pass


def check(condition, what):
    if not condition:
        raise Failed(what)


class Cluster:
    """A temporary folder, the processes started in it, and sockets that are closed at the end."""

    def __init__(self, zeroline):
        self.zeroline = zeroline
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix='zl-'))
        self.processes = []
        self.context = zmq.Context()

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.wait()
            if error:
                sys.stderr.write(f'---- {" ".join(process.args)}\n{self.log(process)}\n')
        self.context.destroy(linger=0)
        shutil.rmtree(self.dir)

    def ipc(self, name):
        return f'ipc://{self.dir}/{name}'

    def start(self, *arguments):
        log = open(self.dir / f'{len(self.processes)}.log', 'wb')
        process = subprocess.Popen([self.zeroline, *map(str, arguments)], stdout=log, stderr=log,
                                   stdin=subprocess.DEVNULL)
        process.log = log.name
        log.close()
        self.processes.append(process)
        return process

    @staticmethod
    def log(process):
        return pathlib.Path(process.log).read_text(encoding='utf-8', errors='replace')

    def wait(self, process, code=0):
        try:
            process.wait(DEADLINE_S)
        except subprocess.TimeoutExpired:
            raise Failed(f'{process.args[1]} did not end') from None
        check(process.returncode == code,
              f'{process.args[1]} ended with {process.returncode}: {self.log(process)}')

    def stop(self, process, code=0):
        process.send_signal(signal.SIGTERM)
        self.wait(process, code)

    def run(self, *arguments, code=0, stdin=b''):
        done = subprocess.run([self.zeroline, *map(str, arguments)], input=stdin,
                              capture_output=True, timeout=DEADLINE_S, check=False)
        check(done.returncode == code,
              f'{arguments} ended with {done.returncode}: {done.stderr.decode()}')
        return done

    def socket(self, kind, endpoint, bind):
        socket = self.context.socket(kind)
        socket.sndhwm = 0  # what is lost is lost by a test's intention
        socket.rcvtimeo = DEADLINE_S * 1000
        if bind:
            socket.bind(endpoint)
        else:
            socket.connect(endpoint)
        return socket

    def tapes(self, beginning=''):
        return sorted(self.dir.glob(f'{beginning}*.tape'))


class Publisher:
    """A feeder in Python: an XPUB socket, counted sequences, lines as JSON."""

    epoch = 1

    def __init__(self, cluster, name, src):
        self.endpoint = name if '://' in name else cluster.ipc(name)
        self.socket = cluster.socket(zmq.XPUB, self.endpoint, True)
        self.socket.setsockopt(zmq.XPUB_VERBOSE, 1)
        self.stream, self.src, self.sequences = wire.Stream(), src, {}

    def await_subscription(self, beginning, count=1):
        """Waits until so many have subscribed to topics that begin so."""
        while count:
            told = self.socket.recv()
            if told[:1] == b'\1' and told[2:].decode().startswith(beginning):
                count -= 1

    def await_topics(self, topics):
        """Waits until each has been subscribed to by somebody, in any order."""
        missing = set(topics)
        while missing:
            told = self.socket.recv()
            if told[:1] == b'\1':
                missing.discard(told[2:].decode())

    def frame(self, said):
        name, values = wire.read_object(self.stream, said)
        self.stream.learn(name, values)
        topic = said.get('topic') or self.stream.topic(name, values, self.src)
        self.sequences[topic] = said.get('seq', self.sequences.get(topic, 0) + 1)
        header = {'topic': topic, 'src': self.src, 'epoch': self.epoch, 'seq': self.sequences[topic],
                  'ts_ns': time.time_ns()}
        return wire.encode_frame(header, [(name, values)])

    def say(self, **said):
        frame = self.frame(said)
        self.socket.send(frame)
        return frame


def receive(socket, stream):
    """The next frame, as (header, name, JSON object)."""
    header, messages = wire.decode_frame(socket.recv())
    check(len(messages) == 1, 'one message a frame')
    name, values = messages[0]
    stream.learn(name, values)
    return header, name, json.loads(wire.json_line(stream, header, name, values))


def main(test):
    """Runs test(zeroline) and says what failed."""
    try:
        test(sys.argv[1])
    except Failed as failed:
        sys.exit(f'failed: {failed}')
    except zmq.Again:
        sys.exit('failed: nothing arrived in time')
