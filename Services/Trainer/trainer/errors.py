"""The one error that reaches the person at the terminal."""


class InputError(Exception):
    """Something given to the trainer is wrong: printed as it is, one line per problem, exit code 2."""
