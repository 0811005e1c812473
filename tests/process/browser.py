"""browser.py - a headless Chromium, spoken to over its own pipe: no port, no driver, no network.

    with Browser() as browser:
        page = browser.open('/tmp/report.html', width=1200, height=800)
        page.run('document.title')

A Page keeps what went wrong in it: `page.errors` (exceptions, console errors, policy violations)
and `page.requests` (every address that it asked for). Commands and events are those of the
DevTools protocol; each command is answered within TIMEOUT, or the test fails.
"""
import base64
import json
import os
import pathlib
import select
import shutil
import signal
import subprocess
import tempfile
import time

TIMEOUT = 60  # seconds, of one command; a loaded machine starts a browser slowly
NAMES = ('chromium', 'chromium-browser', 'google-chrome')
LOUD = ('error', 'warning', 'assert')
FLAGS = ('--headless=new', '--remote-debugging-pipe', '--no-first-run', '--disable-extensions',
         '--disable-background-networking', '--disable-component-update', '--disable-sync',
         '--disable-gpu', '--disable-dev-shm-usage', '--hide-scrollbars', '--mute-audio',
         '--no-default-browser-check', '--host-resolver-rules=MAP * ~NOTFOUND',
         '--force-color-profile=srgb')


def find():
    """The browser's path, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Browser:
    """One process with a profile of its own, both gone behind the `with`."""

    def __init__(self):
        self.profile = tempfile.TemporaryDirectory(prefix='zl-browser-',
                                                   ignore_cleanup_errors=True)
        self.last, self.rest, self.pages = 0, b'', {}

    def __enter__(self):
        command = [find(), *FLAGS, f'--user-data-dir={self.profile.name}', 'about:blank']
        if os.geteuid() == 0:  # Chromium's sandbox refuses root
            command.insert(1, '--no-sandbox')
        theirs_in, self.to = os.pipe()
        self.back, theirs_out = os.pipe()

        def connect():  # it reads commands from 3 and answers on 4
            a, b = os.dup(theirs_in), os.dup(theirs_out)
            os.dup2(a, 3)
            os.dup2(b, 4)

        # with its own session, all of its processes can be ended
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        preexec_fn=connect, pass_fds=(3, 4),
                                        start_new_session=True)
        os.close(theirs_in)
        os.close(theirs_out)
        return self

    def __exit__(self, *_):
        try:
            self.call('Browser.close')
            self.process.wait(10)
        except (AssertionError, OSError, subprocess.TimeoutExpired):
            pass
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        os.close(self.to)
        os.close(self.back)
        self.profile.cleanup()

    def next_message(self, until):
        """One message from the browser."""
        while b'\0' not in self.rest:
            ready, _, _ = select.select([self.back], [], [], max(0, until - time.monotonic()))
            assert ready, 'the browser does not answer'
            chunk = os.read(self.back, 1 << 20)
            assert chunk, 'the browser is gone'
            self.rest += chunk
        message, self.rest = self.rest.split(b'\0', 1)
        return json.loads(message)

    def call(self, method, session=None, **params):
        """A command's result; events on the way go to their pages."""
        self.last += 1
        command = {'id': self.last, 'method': method, 'params': params}
        if session:
            command['sessionId'] = session
        data = json.dumps(command).encode() + b'\0'
        while data:
            data = data[os.write(self.to, data):]
        until = time.monotonic() + TIMEOUT
        while True:
            message = self.next_message(until)
            if message.get('id') == self.last:
                assert 'error' not in message, f'{method}: {message["error"]}'
                return message['result']
            page = self.pages.get(message.get('sessionId'))
            if page:
                page.hear(message['method'], message['params'])

    def open(self, path, **screen):
        """A page from a file, loaded."""
        target = self.call('Target.createTarget', url='about:blank')['targetId']
        session = self.call('Target.attachToTarget', targetId=target, flatten=True)['sessionId']
        page = self.pages[session] = Page(self, session)
        for domain in ('Page', 'Runtime', 'Log', 'Network'):
            page.call(f'{domain}.enable')
        page.screen(**screen)
        page.call('Page.navigate', url=pathlib.Path(path).resolve().as_uri())
        page.wait('document.readyState === "complete"')
        return page


class Page:
    """A tab."""

    def __init__(self, browser, session):
        self.browser, self.session = browser, session
        self.errors, self.requests = [], []

    def call(self, method, **params):
        """A command to this tab."""
        return self.browser.call(method, self.session, **params)

    def hear(self, method, params):
        """What it says by itself."""
        if method == 'Runtime.exceptionThrown':
            details = params['exceptionDetails']
            self.errors.append(details.get('exception', {}).get('description', details['text']))
        elif method == 'Runtime.consoleAPICalled' and params['type'] in LOUD:
            self.errors.append(str([arg.get('value') for arg in params['args']]))
        elif method == 'Log.entryAdded' and params['entry']['level'] in ('error', 'warning'):
            self.errors.append(params['entry']['text'])
        elif method == 'Network.requestWillBeSent':
            self.requests.append(params['request']['url'])

    def run(self, script):
        """An expression's value; what it throws fails the test."""
        done = self.call('Runtime.evaluate', expression=script, returnByValue=True,
                         awaitPromise=True, userGesture=True)
        assert 'exceptionDetails' not in done, f'{script}: {done["exceptionDetails"]}'
        return done['result'].get('value')

    def wait(self, condition):
        """Until the expression holds."""
        until = time.monotonic() + TIMEOUT
        while not self.run(f'Boolean({condition})'):
            assert time.monotonic() < until, f'{condition}: does not come'

    def frame(self):
        """Until what was changed has been painted."""
        self.run('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))')

    def screen(self, width=1200, height=800, scale=1, mobile=False, dark=False):
        """The size of the window, and the reader's colours."""
        self.call('Emulation.setDeviceMetricsOverride', width=width, height=height,
                  deviceScaleFactor=scale, mobile=mobile)
        features = [{'name': 'prefers-color-scheme', 'value': 'dark' if dark else 'light'}]
        self.call('Emulation.setEmulatedMedia', features=features)

    def place(self, selector):
        """The middle of an element, scrolled to."""
        return self.run(f'''(() => {{
            const element = document.querySelector({json.dumps(selector)});
            element.scrollIntoView({{block: "center"}});
            const box = element.getBoundingClientRect();
            return [box.left + box.width / 2, box.top + box.height / 2];
        }})()''')

    def move(self, x, y):
        """The pointer goes there."""
        self.call('Input.dispatchMouseEvent', type='mouseMoved', x=x, y=y)
        self.frame()

    def click(self, selector):
        """As a hand would: move, press, release."""
        x, y = self.place(selector)
        self.move(x, y)
        for kind in ('mousePressed', 'mouseReleased'):
            self.call('Input.dispatchMouseEvent', type=kind, x=x, y=y, button='left', clickCount=1)
        self.frame()

    def press(self, key):
        """A key, as it is named in events."""
        code = {'ArrowLeft': 37, 'ArrowRight': 39, 'Tab': 9, 'Enter': 13, ' ': 32}[key]
        for kind in ('rawKeyDown', 'keyUp'):
            self.call('Input.dispatchKeyEvent', type=kind, key=key, code=key,
                      windowsVirtualKeyCode=code)
        self.frame()

    def picture(self, path, whole=True):
        """A screenshot."""
        shot = self.call('Page.captureScreenshot', format='png', captureBeyondViewport=whole)
        pathlib.Path(path).write_bytes(base64.b64decode(shot['data']))
