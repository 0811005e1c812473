"""Installs the library into a folder and builds the feeder against it, by pkg-config alone.

    test_install.py BUILD_FOLDER FEEDER.c"""
import os
import pathlib
import subprocess
import sys
import tempfile


def run(*command, **more):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **more)
    if done.returncode:
        sys.exit(f'{command}: {done.stdout}{done.stderr}')
    return done.stdout


def main():
    build, feeder = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        run('meson', 'install', '-C', build, '--no-rebuild', '--quiet', '--destdir', folder)
        page, = pathlib.Path(folder).rglob('zeroline.pc')
        environment = {**os.environ, 'PKG_CONFIG_PATH': str(page.parent),
                       'PKG_CONFIG_SYSROOT_DIR': folder}
        flags = run('pkg-config', '--cflags', '--libs', 'zeroline', env=environment).split()
        # libzmq is the system's own: its flags must not get the folder in front.
        flags += run('pkg-config', '--cflags', '--libs', 'libzmq').split()
        program = pathlib.Path(folder) / 'feeder'
        run('cc', '-Wall', '-Werror', '-o', program, feeder, *flags)
        library = next(pathlib.Path(folder).rglob('libzeroline.so'))
        told = run('ldd', program, env={**os.environ, 'LD_LIBRARY_PATH': str(library.parent)})
        if folder not in told or 'not found' in told:
            sys.exit(f'the library is not found: {told}')


main()
