"""A worker's start behind a journal that is slow: only the answer to its last request counts."""
import zmq

from cluster import Cluster, Publisher, check, main
import wire


class Beginning:
    def __init__(self, cluster, *more):
        self.cluster = cluster
        self.feed = Publisher(cluster, 'feed', 1)
        self.journal = cluster.socket(zmq.ROUTER, cluster.ipc('state'), True)
        orders = cluster.socket(zmq.PULL, cluster.ipc('orders'), True)
        self.worker = cluster.start('worker', '--sub', self.feed.endpoint, '--router',
                                    cluster.ipc('orders'), '--journal', cluster.ipc('state'),
                                    '--cluster', 1, '--partitions', '0-0', '--accounts', 100, *more)
        self.feed.await_subscription('acct')
        check(orders is not None, 'who takes orders')

    def asked(self):
        peer, frame = self.journal.recv_multipart()
        _, ((name, said),) = wire.decode_frame(frame)
        check(name == 'snapshot_get', name)
        return peer, said['request']

    def answer(self, peer, request, part, parts, data=b''):
        values = {'partition': 0, 'request': request, 'part': part, 'parts': parts, 'streams': [],
                  'data': data, 'digest': 0}
        header = {'topic': 'snap.00000000', 'src': 3, 'epoch': 1, 'seq': 1, 'ts_ns': 1}
        self.journal.send_multipart([peer, wire.encode_frame(header, [('snapshot_part', values)])])

    def begins(self, words):
        while words not in self.cluster.log(self.worker):
            check(self.worker.poll() is None, 'it ended: ' + self.cluster.log(self.worker))
            check('begin where' not in self.cluster.log(self.worker) or words in
                  self.cluster.log(self.worker), self.cluster.log(self.worker))


def late_answer(zeroline):
    """That there is none was true when it was asked first."""
    with Cluster(zeroline) as cluster:
        start = Beginning(cluster, '--journal-wait', 30000)
        start.feed.say(type='beat')
        peer, first = start.asked()
        _, second = start.asked()
        start.answer(peer, first, 0, 0)
        third = second
        while third == second:  # it still waits, and asks again
            _, third = start.asked()
        start.answer(peer, third, 0, 0)
        start.begins('1 with nothing')


main(late_answer)
