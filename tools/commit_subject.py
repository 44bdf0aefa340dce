"""Refuse a commit whose subject is not ``place: what it does`` in at most sixty characters.

Run by pre-commit with the path of the message; ``pre-commit install -t commit-msg`` hooks it in.
"""

import re
import sys
from pathlib import Path

LONGEST = 60

subject = Path(sys.argv[1]).read_text(encoding="utf-8").partition("\n")[0]
if not re.match(r"(Merge|Revert) |[a-z][\w./, -]*: \S", subject):
    sys.exit(f"`{subject}` does not name its place; wanted `rules: judge exposure with holds`")
if len(subject) > LONGEST:
    sys.exit(f"`{subject}` is {len(subject)} characters long, at most {LONGEST} are wanted")
