"""A venue and a ledger in Python, as a router meets them: what comes in is an order or a recall.

A recall ends what is held of its stream, and is passed on behind that: on `exec` by the venue, on `acct`
by the ledger. What comes from a router's run that is over is refused."""
import zmq

import wire


class Venue:
    """Holds what it is told to; `exec_on` and `acct_on` say whether recalls are passed on there."""

    def __init__(self, cluster, fills, ledger, endpoint):
        self.socket = cluster.socket(zmq.PULL, endpoint, True)
        self.fills, self.ledger = fills, ledger
        self.exec_on = self.acct_on = True
        self.runs = {}  # (src, topic) to the latest epoch
        self.held = {}  # ids of orders to their stream
        self.recalled = []  # (router, partition) of each recall
        self.refused = 0

    def take(self, frame):
        """(header, messages) of orders of a present run, else None."""
        header, messages = wire.decode_frame(frame)
        stream = header['src'], header['topic']
        run = self.runs[stream] = max(self.runs.get(stream, 0), header['epoch'])
        if messages[0][0] == 'recall':
            if header['epoch'] == run:
                self.cancel(stream)
            self.recalled.append((header['src'], int(header['topic'][5:], 16)))
            self.pass_on(stream, run)
        elif header['epoch'] == run:
            return header, messages
        else:
            self.refused += 1
        return None

    def cancel(self, stream):
        for order in [order for order, of in self.held.items() if of == stream]:
            del self.held[order]
            self.fills.say(type='exec', order=order, status='expired', final=True)

    def pass_on(self, stream, run):
        for publisher, kind, on in ((self.fills, 'exec', self.exec_on),
                                    (self.ledger, 'acct', self.acct_on)):
            if on:
                publisher.say(type='recall', topic=kind + stream[1][4:], router=stream[0], run=run)

    def next(self):
        """The next frame with orders; they are held. Recalls that come before it are passed on."""
        while True:
            frame = self.socket.recv()
            taken = self.take(frame)
            if taken:
                header, messages = taken
                for _, values in messages:
                    self.held[values['order']] = header['src'], header['topic']
                return frame

    def await_recall(self, partition, router=200):
        """Nothing but recalls comes before it."""
        while (router, partition) not in self.recalled:
            assert self.take(self.socket.recv()) is None

    def settle(self, partition, router=200):
        """The partition's next recall is passed on."""
        self.recalled.clear()
        self.await_recall(partition, router)
