#!/bin/sh
# Print the Python to build the environment with, or say everything that is missing and fail.
#
# $PYTHON wins when it is set. Otherwise the first of python3.12, python3.11 and python3 that is a
# 3.11 or 3.12, can make a virtual environment and has the C headers quickfix is compiled against.

set -u
wanted=${PYTHON:-python3.12 python3.11 python3}
faults=""
fault() { faults="$faults
  - $1"; }

chosen=""
for candidate in $wanted; do
    # A name on the PATH may still be a shim with nothing behind it: ask, do not look.
    version=$("$candidate" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || continue
    case $version in
        3.11 | 3.12) ;;
        *) fault "\`$candidate\` is Python $version"; continue ;;
    esac
    if ! "$candidate" -c 'import ensurepip, venv' 2>/dev/null; then
        fault "\`$candidate\` cannot make an environment (Debian: apt install python3-venv)"; continue
    fi
    if ! "$candidate" -c 'import os, sysconfig
raise SystemExit(not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")))'; then
        fault "\`$candidate\` has no C headers (Debian: apt install python3-dev)"; continue
    fi
    chosen=$candidate
    break
done

if [ -n "$chosen" ]; then
    faults=""  # those of the candidates passed over no longer matter
elif [ -z "$faults" ]; then
    fault "no Python: looked for \`$wanted\`"
fi
for compiler in gcc g++; do
    command -v "$compiler" >/dev/null || fault "\`$compiler\`, which compiles quickfix (Debian: apt install gcc g++)"
done

if [ -n "$faults" ]; then
    echo "Ordergate needs Python 3.11 or 3.12 with its headers, gcc and g++; this machine lacks:$faults" >&2
    exit 1
fi
command -v "$chosen"
