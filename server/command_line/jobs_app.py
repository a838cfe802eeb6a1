"""``overpaint jobs [cancel | fetch]``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from server.command_line import lines
from server.command_line.ending import command
from server.command_line.options import OUT, Json

app = typer.Typer(invoke_without_command=True, help="The command line's edits that the server still keeps.")


@app.callback()
def jobs(context: typer.Context, as_json: Json = False) -> None:
    """List the edits that the server still keeps."""
    if context.invoked_subcommand is not None:
        return
    from server.command_line import jobs as keeping

    with command(as_json) as home:
        kept = keeping.listed(home)
    if as_json:
        lines.print_json({"jobs": [lines.plain(line) for line in kept]})
    for line in () if as_json else kept:
        lines.say(f"{line.job[:8]}  {line.state.value:9}  {line.method:8}  {line.prompt}")
    if not kept and not as_json:
        lines.say("No edits are kept.")


@app.command("cancel")
def jobs_cancel(job: Annotated[str, typer.Argument(help="The beginning of its id is enough.")]) -> None:
    """Stop an edit and forget it."""
    from server.command_line import jobs as keeping

    with command() as home:
        lines.say(f"Cancelled: {keeping.cancel(home, job)[:8]}")


@app.command("skip")
def jobs_skip(job: Annotated[str, typer.Argument(help="The beginning of its id is enough.")]) -> None:
    """Let a comparison leave out the method that is at work, and go on with the next."""
    from server.command_line import jobs as keeping

    with command() as home:
        lines.say(f"Skipped in {keeping.skip(home, job)[:8]}: the method that was at work.")


@app.command("fetch")
def jobs_fetch(
    job: Annotated[str, typer.Argument(help="The beginning of its id is enough.")],
    picture: Annotated[Path, typer.Option(help="The picture it was made from.")],
    out: Annotated[Path, typer.Option(help=OUT)],
) -> None:
    """Write the answer of an edit whose command has ended."""
    from server.command_line import jobs as keeping
    from server.command_line import screen

    with command() as home:
        with screen.job_bar() as bar:
            files = keeping.fetch(home, job, picture, out, bar)
        for path in files:
            lines.say(f"Written: {path}")
