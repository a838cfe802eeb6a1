"""``overpaint models list | pull | import | remove``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from server.command_line import lines
from server.command_line.ending import command
from server.command_line.options import Json

app = typer.Typer(no_args_is_help=True, help="Models: what is installed, what can be had.")


@app.command("list")
def models_list(as_json: Json = False) -> None:
    """What is installed, and what the catalogue has."""
    from server.command_line import models

    with command(as_json) as home:
        if as_json:
            lines.print_json(models.as_json(home))
        else:
            models.show(home)


@app.command("pull")
def models_pull(name: Annotated[str, typer.Argument(help="From the list, or owner/repository.")]) -> None:
    """Download a model; run it again to go on after a break."""
    from server.command_line import screen
    from server.models.store.pull import pull
    from server.models.store.store import ModelStore

    with command() as home, screen.job_bar() as bar:
        card = pull(name, ModelStore(home.models), on_transfer=bar.transferred)
    lines.say(f"Installed: {card.name} ({card.title})")


@app.command("import")
def models_import(
    source: Annotated[Path, typer.Argument(help="A diffusers folder or a .safetensors file.")],
    name: Annotated[str, typer.Option(help="What to call it; none: like the file.")] = "",
    title: Annotated[str, typer.Option(help="The name in menus.")] = "",
    licence: Annotated[str, typer.Option(help="Under which licence you have it.")] = "",
    link: Annotated[bool, typer.Option(help="Leave the files where they are instead of copying them.")] = False,
    configs: Annotated[Path | None, typer.Option(help="A diffusers folder whose configuration fits the file.")] = None,
    prediction: Annotated[str, typer.Option(help="epsilon or v, where a file does not say which it predicts.")] = "",
) -> None:
    """Use a model that is on this machine already."""
    from server.command_line import screen
    from server.models.store.import_model import import_model
    from server.models.store.store import ModelStore

    with command() as home, screen.job_bar() as bar:
        card = import_model(
            source,
            ModelStore(home.models),
            name=name,
            title=title,
            licence=licence,
            link=link,
            own_configs=configs,
            prediction=prediction,
            on_transfer=bar.transferred,
        )
    lines.say(f"Installed: {card.name} ({card.title})")


@app.command("remove")
def models_remove(name: str) -> None:
    """Remove a model from this machine."""
    from server.models.store.store import ModelStore

    with command() as home:
        ModelStore(home.models).remove(name)
    lines.say(f"Removed: {name}")
