"""Run every bench, one after the other, and print all they say as one JSON: `make bench`.

A bench is a module `bench_*.py` beside this one that prints JSON. Words after the command choose
some: `python tests/bench/run.py gate journal`.
"""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
KNOWN = {path.stem.removeprefix("bench_"): path.stem for path in sorted(HERE.glob("bench_*.py"))}


def run(module: str) -> Any:
    """Run one bench; a bench that fails says so in its place and stops no other."""
    done = subprocess.run(
        [sys.executable, "-m", f"tests.bench.{module}"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    return json.loads(done.stdout) if done.returncode == 0 else {"failed": done.returncode}


def main() -> int:
    chosen = sys.argv[1:] or list(KNOWN)
    unknown = sorted(set(chosen) - set(KNOWN))
    if unknown:
        print(f"no bench `{unknown[0]}`: there are {', '.join(KNOWN)}", file=sys.stderr)
        return 2
    found: dict[str, Any] = {
        "machine": {
            "cpus": os.cpu_count(),
            "python": platform.python_version(),
            "system": platform.platform(),
        }
    }
    for name in chosen:
        print(f"bench {name} …", file=sys.stderr)
        found[name] = run(KNOWN[name])
    print(json.dumps(found, indent=1))
    return int(any("failed" in result for result in found.values()))


if __name__ == "__main__":
    sys.exit(main())
