"""What reaches the person at the terminal: the one error, and notes."""

import sys


class InputError(Exception):
    """Something given to the trainer is wrong: printed as it is, one line per problem, exit code 2."""


def reason(error: Exception) -> str:
    """The last line of a library's message: OpenVINO's begin with the places in its source."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__


def note(text: str) -> None:
    """Say on standard error what was done with an input that is not as it should be, but is read."""
    print(f"note: {text}", file=sys.stderr)
