"""What a person at a terminal is told: problems that they can mend are one line, not a trace."""

import sys
import tomllib
from collections.abc import Callable
from functools import wraps
from typing import Any

import click
from pydantic import ValidationError
from pymongo.errors import PyMongoError

from service.errors import DanganError
from service.store.embedded import StoreProblem


def plain_words(command: Callable[..., Any]) -> Callable[..., Any]:
    """Problems that a person can mend are one line on standard error, not a trace."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except StoreProblem as problem:
            click.echo(f"dangan: {problem}", err=True)
            sys.exit(2)
        except PyMongoError as error:
            click.echo(f"dangan: the store went away or refused ({type(error).__name__}): try again", err=True)
            sys.exit(2)
        except DanganError as refused:
            click.echo(f"dangan: {refused}", err=True)
            for fault in refused.fields:
                click.echo(f"  {fault.name}: {fault}", err=True)
            sys.exit(1)
        except tomllib.TOMLDecodeError as error:
            click.echo(f"dangan: dangan.toml cannot be read: {error}", err=True)
            sys.exit(2)
        except ValidationError as error:
            for wrong in error.errors():
                name = "DANGAN_" + "_".join(str(part) for part in wrong["loc"]).upper()
                click.echo(f"dangan: {name}: {wrong['msg'].removeprefix('Value error, ')}", err=True)
            sys.exit(2)

    return run
