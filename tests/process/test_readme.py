"""What README.md shows is what happens: its calc example, its commands, its config file."""
import pathlib
import re
import subprocess
import sys

from cluster import Failed, check, main

README = (pathlib.Path(__file__).resolve().parents[2] / 'README.md').read_text(encoding='utf-8')


def calc(zeroline, lines, *arguments):
    return subprocess.run([zeroline, 'calc', *arguments], input=lines, capture_output=True,
                          text=True, timeout=60, check=True).stdout


def example(zeroline):
    shown = re.search(r"calc <<'EOT'\n(.*?)    EOT\n    (\{.*?)\n", README, re.S)
    lines = re.sub(r'^    ', '', shown[1], flags=re.M)
    told = calc(zeroline, lines)
    check(told == shown[2] + '\n', told)
    told = calc(zeroline, lines, '--table')
    check(re.sub('^', '    ', told.rstrip(), flags=re.M) in README, told)


def explanation(zeroline):
    """The tape shown is made, and explained as shown."""
    shown = re.search(r"encode -o crash.tape <<'EOT'\n(.*?)    EOT\n    \$ .*? (\S+)\n", README, re.S)
    path = pathlib.Path(sys.argv[2]) / 'readme.tape'
    path.unlink(missing_ok=True)
    subprocess.run([zeroline, 'encode', '-o', path], text=True, timeout=60, check=True,
                   input=re.sub(r'^    ', '', shown[1], flags=re.M))
    told = subprocess.run([zeroline, 'explain', path, shown[2]], capture_output=True, text=True,
                          timeout=60, check=True).stdout
    path.unlink()
    check(re.sub('^(?=.)', '    ', told, flags=re.M) in README, told)
    shown = re.search(r'zeroline (sim --incident .*) -o day.tape\n    \$ .*? (\S+)\n', README)
    subprocess.run([zeroline, *shown[1].split(), '-o', path], timeout=60, check=True,
                   stderr=subprocess.DEVNULL)
    told = subprocess.run([zeroline, 'explain', path, shown[2]], capture_output=True, text=True,
                          timeout=60, check=True).stdout
    path.unlink()
    check(re.sub('^(?=.)', '    ', told, flags=re.M) in README, told)


def commands(zeroline):
    told = subprocess.run([zeroline, '--help'], capture_output=True, text=True, check=True).stdout
    for name in re.findall(r'^  (\w+) ', told, re.M):
        check(re.search(rf'`(zeroline )?{name}\b', README), f'README.md does not name {name}')
        text = subprocess.run([zeroline, name, '--help'], capture_output=True, text=True,
                              check=True).stdout
        check(text.startswith(f'usage: zeroline {name}'), text)


def config(zeroline):
    """The file shown is read, and wrong only in its folder."""
    shown = re.search(r'flags win\):\n\n((?:    .*\n)+)', README)[1]
    path = pathlib.Path(sys.argv[2]) / 'readme.yaml'
    path.write_text(re.sub(r'^    ', '', shown, flags=re.M), encoding='utf-8')
    done = subprocess.run([zeroline, 'worker', '--config', path, '--tape', '/nowhere'],
                          capture_output=True, text=True, check=False)
    check(done.returncode == 2 and 'tape folder' in done.stderr, done.stderr)


def allow_list(zeroline):
    """The list shown is read; what is wrong then is that there is no key."""
    shown = re.search(r'((?:    .*\n)*    # whom one connects to.*\n(?:    .*\n)+)', README)[1]
    path = pathlib.Path(sys.argv[2]) / 'readme.allow'
    path.write_text(re.sub(r'^    ', '', shown, flags=re.M), encoding='utf-8')
    check(len(re.findall(r'^ {4}[^# ]', shown, re.M)) == 6, shown)
    done = subprocess.run([zeroline, 'worker', '--allow', path, '--sub', 'tcp://10.0.0.1:5550',
                           '--router', 'ipc://x'], capture_output=True, text=True, check=False)
    check(done.returncode == 2 and 'needs an own one' in done.stderr, done.stderr)


def run(zeroline):
    for test in (example, explanation, commands, config, allow_list):
        test(zeroline)


if len(sys.argv) < 3:
    raise Failed('test_readme.py ZEROLINE FOLDER')
main(run)
