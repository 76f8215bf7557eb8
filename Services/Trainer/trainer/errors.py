"""What reaches the person at the terminal: the one error, and notes."""

import sys


class InputError(Exception):
    """Something given to the trainer is wrong: printed as it is, one line per problem, exit code 2."""


def note(text: str) -> None:
    """Say on standard error what was done with an input that is not as it should be, but is read."""
    print(f"note: {text}", file=sys.stderr)
