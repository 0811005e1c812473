"""The demo runs from start to end, and what it says agrees with what its processes say."""
import os
import pathlib
import re
import subprocess
import sys

from cluster import Cluster, check, main


def run(zeroline):
    zeroline = str(pathlib.Path(zeroline).resolve())
    with Cluster(zeroline) as cluster:
        done = subprocess.run([zeroline, 'demo', '--plain', '--seconds', '5'], capture_output=True,
                              timeout=120, check=False, env={**os.environ, 'TMPDIR': cluster.dir})
        told = done.stdout.decode()
        check(done.returncode == 0, told + done.stderr.decode())
        folder, = cluster.dir.glob('zeroline-demo-*')
        admitted = re.search(r'(\d+) decisions admitted', (folder / 'router.log').read_text())
        seen = re.search(r'^(\d+) decisions: (\d+) cancels, (\d+) conversions, (\d+) partial, '
                         r'(\d+) full closes$', told, re.M)
        check(admitted and seen and admitted[1] == seen[1], told)
        check(all(int(count) > 50 for count in seen.groups()), told)
        closed = (folder / 'sim.log').read_text()
        check(f' {seen[2]} cancels, {seen[3]} conversions, 0 rejected' in closed, closed)
        check(told.count('byte for byte') == 2, told)
        command = told.rstrip().splitlines()[-1].split()
        again = subprocess.run(command, capture_output=True, timeout=60, check=False)
        check(again.returncode == 0 and b'identical' in again.stdout, command)


if len(sys.argv) > 1:
    main(run)
