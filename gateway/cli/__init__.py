"""The command line: `ordergate`.

Exit codes, the same for every command:

    0   the answer is yes: no faults, the order passes, the journal is whole, the gate stopped well
    1   the answer is no: a policy has faults, the order is denied, the journal is not as it was
    2   the question was not understood: an unknown option, a missing argument
    3   there is no answer: a file cannot be read, the gate is not running, or it failed

What people read goes to standard output with colours where there is a terminal; with ``--json`` it
is JSON, one document or, where records follow each other, one line each. Complaints go to standard
error.
"""

from gateway.cli.app import app


def main() -> None:
    """Run the command line."""
    app()
