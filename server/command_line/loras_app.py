"""``overpaint loras list | rename | import | export | remove``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from server.command_line import lines
from server.command_line.ending import command
from server.command_line.options import Json
from server.models.store.taught import Naming, Taught

app = typer.Typer(no_args_is_help=True, help="Words that were taught, or imported as LoRAs: say one in any prompt.")

Word = Annotated[str, typer.Argument(help="As “overpaint loras list” has it.")]


@app.command("list")
def loras_list(as_json: Json = False) -> None:
    """What a prompt can say."""
    from server.command_line import loras

    with command(as_json) as home:
        if as_json:
            lines.print_json(loras.as_json(home))
        else:
            loras.show(home)


@app.command("rename")
def loras_rename(word: Word, to: Annotated[str, typer.Argument(help="The new word.")]) -> None:
    """Call it by another word."""
    from server.models.store.loras import LoraStore

    with command() as home:
        lora = LoraStore(home.loras).rename(word, to)
    lines.say(f"Say “{lora.word}” from now on.")


@app.command("import")
def loras_import(
    source: Annotated[Path, typer.Argument(help="A LoRA as .safetensors, in kohya's or diffusers' naming.")],
    word: Annotated[str, typer.Option(help="What to call it in prompts; none: like the file.")] = "",
    phrase: Annotated[
        str, typer.Option(help="What the model is shown for it, its trigger words; none: what the file says.")
    ] = "",
    kind: Annotated[Taught | None, typer.Option(help="What it is; none: what the file says.")] = None,
    licence: Annotated[str, typer.Option(help="Under which licence you have it.")] = "",
) -> None:
    """Use a LoRA that is on this machine."""
    from server.models.store.import_lora import import_lora
    from server.models.store.loras import LoraStore
    from server.models.store.store import ModelStore

    with command() as home:
        loras, models = LoraStore(home.loras), ModelStore(home.models)
        lora = import_lora(source, loras, models, word=word, phrase=phrase, kind=kind, licence=licence)
    lines.say(f"Imported: say “{lora.word}” in a prompt.")


@app.command("export")
def loras_export(
    word: Word,
    out: Annotated[Path, typer.Argument(help="A .safetensors file, or a folder for it.")],
    naming: Annotated[Naming | None, typer.Option(help="For other programs; none: as it is kept.")] = None,
) -> None:
    """Write a file that other programs read."""
    from server.models.store.import_lora import export
    from server.models.store.loras import LoraStore
    from server.models.store.store import ModelStore

    with command() as home:
        written = export(word, LoraStore(home.loras), ModelStore(home.models), out, naming)
    lines.say(f"Written: {written}")


@app.command("remove")
def loras_remove(word: Word) -> None:
    """Forget it."""
    from server.models.store.loras import LoraStore

    with command() as home:
        LoraStore(home.loras).remove(word)
    lines.say(f"Removed: {word}")
