"""Print the path of a quickfix wheel for this Python, compiling it if there is none yet.

quickfix is published as source only, and compiling it takes minutes, so it is done once for a
machine: the wheel is kept in ``$XDG_CACHE_HOME/ordergate/wheels`` (``~/.cache`` by default;
``.venv/wheels`` where neither can be written) under its version, Python, platform and compiler
flags. The source is fetched by pip, which checks it against the hash in
``requirements/quickfix.txt``.

setuptools would compile the 54 sources of the extension one after the other. Here they share the
cores, the largest first, for it alone takes as long as forty of the others.
"""

import importlib
import os
import re
import runpy
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parents[1]
REQUIREMENT = ROOT / "requirements" / "quickfix.txt"
FLAGS = "-O1 -g0"


def main() -> None:
    kept = cache() / key()
    wheel = next(kept.glob("*.whl"), None)
    if wheel is None:
        say(f"{key()} is not in {kept.parent} yet; compiling it, minutes but once")
        with tempfile.TemporaryDirectory(prefix="quickfix-") as scratch:
            built = build(fetch(Path(scratch)))
            # Renamed into place, so that a kill leaves a whole wheel or none.
            arriving = kept.with_name(f"{kept.name}.{os.getpid()}")
            arriving.mkdir(parents=True)
            shutil.copy(built, arriving)
            shutil.rmtree(kept, ignore_errors=True)
            arriving.rename(kept)
        wheel = kept / built.name
    print(wheel)


def key() -> str:
    found = re.search(r"^quickfix==(\S+)", REQUIREMENT.read_text(), re.MULTILINE)
    assert found, f"{REQUIREMENT} pins no quickfix"
    tag = f"cp{sys.version_info.major}{sys.version_info.minor}-{sysconfig.get_platform()}"
    return f"quickfix-{found[1]}-{tag}{FLAGS.replace(' ', '')}"


def cache() -> Path:
    try:
        home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        folder = home / "ordergate" / "wheels"
        folder.mkdir(parents=True, exist_ok=True)
        if os.access(folder, os.W_OK):
            return folder
    except (OSError, RuntimeError):  # a HOME that is read-only, or none
        pass
    return ROOT / ".venv" / "wheels"


def fetch(scratch: Path) -> Path:
    pip = [sys.executable, "-m", "pip", "-qq", "--disable-pip-version-check", "download"]
    exactly = ["--no-deps", "--no-binary=:all:", "--no-build-isolation", "--require-hashes"]
    subprocess.run([*pip, *exactly, "-r", REQUIREMENT, "-d", scratch], check=True)
    (archive,) = scratch.glob("*.tar.gz")
    shutil.unpack_archive(archive, scratch)
    return scratch / archive.name.removesuffix(".tar.gz")


def build(source: Path) -> Path:
    sources = len(list(source.glob("C++/*.cpp")))
    log = source / "compile.log"
    start = told = time.monotonic()
    with log.open("wb") as output:
        compiling = subprocess.Popen(
            [sys.executable, __file__, "--compile"],
            cwd=source,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=os.environ | {"CFLAGS": FLAGS, "CXXFLAGS": FLAGS},
        )
        while compiling.poll() is None:
            time.sleep(0.5)
            now = time.monotonic()
            if sys.stderr.isatty() or now - told >= 15:
                done = len(list(source.glob("build/**/*.o")))
                say(f"compiled {done} of {sources} files in {now - start:.0f} s", passing=True)
                told = now
    if compiling.returncode:
        tail = log.read_text(errors="replace").splitlines()[-40:]
        sys.exit(
            "\n".join(
                [*tail, "quickfix does not compile here: the compiler's last words are above"]
            )
        )
    say(f"compiled in {time.monotonic() - start:.0f} s")
    (wheel,) = source.glob("dist/*.whl")
    return wheel


def compile_here() -> None:
    """Run the ``setup.py`` of this folder with the sources shared among the cores."""
    importlib.import_module("setuptools")  # gives Python 3.12 its `distutils` back
    compiler = importlib.import_module("distutils.ccompiler").CCompiler
    in_turn = compiler.compile

    def together(self: object, sources: list[str], **options: object) -> list[str]:
        largest_first = sorted(sources, key=lambda source: -Path(source).stat().st_size)
        with ThreadPoolExecutor(os.cpu_count()) as cores:
            compiled = cores.map(lambda one: in_turn(self, [one], **options), largest_first)
            return [name for names in compiled for name in names]

    compiler.compile = together
    sys.argv = ["setup.py", "bdist_wheel"]
    runpy.run_path("setup.py", run_name="__main__")


def say(text: str, *, passing: bool = False) -> None:
    """Tell the person waiting; a passing line is overwritten by the next where it can be."""
    if sys.stderr.isatty():
        print(
            f"\r\033[K  quickfix: {text}", end="" if passing else "\n", file=sys.stderr, flush=True
        )
    else:
        print(f"  quickfix: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    compile_here() if sys.argv[1:] == ["--compile"] else main()
