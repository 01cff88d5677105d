"""The command line: one verb, one config, one function. The only place that prints or exits."""

import sys
from collections.abc import Callable
from typing import Annotated, Any, NamedTuple, Union

import tyro
from rich.console import Console

from reidtalk import config
from reidtalk.errors import ReidtalkError
from reidtalk.progress import console as progress_console

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


class Command(NamedTuple):
    """A verb's config and what runs it; the function's result is the exit code (None is 0)."""

    config: type
    run: Callable[[Any], int | None]


COMMANDS: dict[str, Command] = {}


def main(arguments: list[str] | None = None) -> int:
    """Runs one command line (default: the process's own) and gives its exit code.

    0: done. 1: an error told in one line on stderr. 2: a command line not understood. 130: interrupted.
    """
    verbs = tuple(Annotated[command.config, tyro.conf.subcommand(verb)] for verb, command in COMMANDS.items())
    token = progress_console.set(err)
    try:
        chosen = tyro.cli(
            Union[verbs],  # type: ignore[arg-type]  # noqa: UP007
            prog="reidtalk",
            description="Finds people in pictures and video from a description in words.",
            args=arguments,
            config=(tyro.conf.FlagCreatePairsOff,),
        )
        run = next(command.run for command in COMMANDS.values() if command.config is type(chosen))
        return run(chosen) or 0
    except ReidtalkError as error:
        err.print(f"[bold red]error:[/] {error}", markup=True)
        return 1
    except KeyboardInterrupt:
        err.print("interrupted")
        return 130
    finally:
        progress_console.reset(token)


if __name__ == "__main__":
    sys.exit(main())
