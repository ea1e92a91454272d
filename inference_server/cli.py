"""The command line: `recover-mesh recover | retarget | fit | evaluate | evaluate-set | weights | train | serve`."""

import argparse
import sys

from . import fit_command, recover_command, retarget_command, serve, train_command, weights_command
from .errors import RecoveryError
from .evaluation import commands as evaluation_commands
from .evaluation import set_command

FAILED = 1
"""Exit code of an error; argparse's own for a wrong call is 2."""


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="recover-mesh", description="Photos and videos of people to rigged, animated bodies."
    )
    subparsers = parser.add_subparsers(dest="command", required=True)
    recover_command.add_arguments(subparsers)
    retarget_command.add_arguments(subparsers)
    fit_command.add_arguments(subparsers)
    evaluate = subparsers.add_parser("evaluate", help="how far a result is from the truth")
    evaluation_commands.add_arguments(evaluate)
    evaluate.set_defaults(run=evaluation_commands.run)
    evaluate_set = subparsers.add_parser("evaluate-set", help="how far a method is from the truth over a set")
    set_command.add_arguments(evaluate_set)
    evaluate_set.set_defaults(run=set_command.run)
    weights_command.add_arguments(subparsers)
    train_command.add_arguments(subparsers)
    serve.add_arguments(subparsers)
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Runs one command; returns its exit code: 0 done, 1 an error (said on stderr), 2 a wrong call, 130 Ctrl-C."""
    options = build_parser().parse_args(arguments)
    try:
        return options.run(options)
    except RecoveryError as error:
        print(f"recover-mesh: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("recover-mesh: stopped; what was not finished was dropped.", file=sys.stderr)
        return recover_command.INTERRUPTED
    except BrokenPipeError:  # the reader of our output has gone
        sys.stderr.close()
        return FAILED


if __name__ == "__main__":
    sys.exit(main())
