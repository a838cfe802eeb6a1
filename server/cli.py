"""The command ``overpaint``, with its options: a client of the server, as the plugins are.

What the commands do is in ``server.command_line``, imported when one runs, so that the server starts at once.
"""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from server.command_line import ending, jobs_app, lines, loras_app, models_app
from server.command_line.ending import FAILED, command
from server.command_line.options import OUT, Json, points, with_settings
from server.documents import kinds
from server.wire import address as addresses
from server.wire.connection import Transport
from server.wire.offers import Role
from server.wire.recipe import Extra, Recipe, out_of_range

if TYPE_CHECKING:
    from server.command_line.edit import Done

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
app.add_typer(models_app.app, name="models")
app.add_typer(loras_app.app, name="loras")
app.add_typer(jobs_app.app, name="jobs")


def _a_number(value: float | None) -> float | None:
    if value is not None and math.isnan(value):
        raise typer.BadParameter("it has to be a number.")
    return value


@app.callback()
def overpaint() -> None:
    """Generative retouching: a picture and a mask go in, a new layer comes out."""


@app.command()
def serve(
    device: Annotated[str, typer.Option(help="Where to compute: auto, cpu, cuda:0, mps …")] = "auto",
    transport: Annotated[Transport, typer.Option(help="How clients connect; auto is right for most.")] = Transport.AUTO,
    unload_after: Annotated[
        float, typer.Option(min=0, callback=_a_number, help="Seconds without a job after which models are unloaded.")
    ] = 600,
    end_after: Annotated[
        float | None,
        typer.Option(
            min=0,
            callback=_a_number,
            help="Seconds without anybody after which the server ends (1800; never, if it listens).",
        ),
    ] = None,
    log_prompts: Annotated[bool, typer.Option("--log-prompts", help="Write what is asked for into the log.")] = False,
    listen: Annotated[
        str, typer.Option(help="HOST[:PORT]: let machines in that were invited; none: nobody from outside.")
    ] = "",
    runner: Annotated[
        str, typer.Option(help="Who runs the edits: local, or NAME[://ADDRESS] of an installed one.")
    ] = "local",
) -> None:
    """Run the server. The plugins and the other commands start it by themselves when they need it."""
    from server.gateway.serve import serve as run
    from server.gateway.settings import GatewaySettings

    with command() as home:
        place = addresses.parse(listen) if listen else None
        patience = end_after if end_after is not None else math.inf if place else GatewaySettings.end_after

        def say_where() -> None:
            if place is not None:
                lines.complain(f"Machines that were invited may connect at {place} and the port after it.")

        settings = GatewaySettings(unload_after=unload_after, end_after=patience, log_prompts=log_prompts)
        run(home.path, settings, transport, device, place, runner, say_where)


@app.command()
def invite(
    name: Annotated[str, typer.Argument(help="What to call the other machine, in lists and to revoke it.")],
    address: Annotated[
        list[str] | None, typer.Option(help="HOST[:PORT] where it finds this one; none: where the server listens.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="The file to write; none: NAME.overpaint here.")] = None,
) -> None:
    """Let another machine use this one's server: writes a file for “overpaint trust” there."""
    from server.command_line import guests

    with command() as home:
        file = guests.invite(home, name, address or [], out)
        lines.say(f"Written: {file}. Whoever has it is “{name}”: carry it over safely, then delete it.")


@app.command()
def trust(
    file: Annotated[Path | None, typer.Argument(help="What “overpaint invite” wrote on the other machine.")] = None,
    forget: Annotated[bool, typer.Option("--forget", help="Use this machine's own server again.")] = False,
) -> None:
    """Use another machine's server from here: plugins and commands alike."""
    from server.command_line import guests

    with command() as home:
        lines.say(guests.forget(home) if forget or file is None else guests.trust(home, file))


@app.command()
def trusted(as_json: Json = False) -> None:
    """Who may use this machine's server, and whose this machine uses."""
    from server.command_line import guests

    with command(as_json) as home:
        if as_json:
            lines.print_json(guests.as_json(home))
        for line in () if as_json else guests.lines(home):
            lines.say(line)


@app.command()
def revoke(name: Annotated[str, typer.Argument(help="As “overpaint trusted” lists it.")]) -> None:
    """Let a machine in no longer: at once, also where it is connected now. Its edits are given up."""
    from server.command_line import guests

    with command() as home:
        guests.revoke(home, name)
    lines.say(f"“{name}” is not let in any more.")


@app.command()
@with_settings
def edit(
    settings: Recipe,
    picture: Annotated[Path, typer.Argument(help=f"A picture: {kinds.listed()} files are read.")],
    out: Annotated[Path, typer.Option(help=OUT)],
    mask: Annotated[Path | None, typer.Option(help="White where the picture may change; none: all of it.")] = None,
    role: Annotated[
        Role | None,
        typer.Option(help="What to do; none: replace with prompt and mask, redraw without mask, erase without prompt."),
    ] = None,
    point: Annotated[
        list[str] | None, typer.Option(metavar="X,Y", help="A pixel of what is meant, for --role select; repeat it.")
    ] = None,
    not_point: Annotated[
        list[str] | None, typer.Option(metavar="X,Y", help="A pixel of what is not meant; repeat it.")
    ] = None,
    reference: Annotated[list[Path] | None, typer.Option(help="A picture to look at; repeat it for several.")] = None,
    method: Annotated[str, typer.Option(help="A name from “overpaint methods”; none: the best for the role.")] = "",
    prompt: Annotated[str, typer.Option(help="What should be there.")] = "",
    as_json: Json = False,
) -> None:
    """Change a part of a picture: put something there (--prompt), remove it, or what --role says."""
    from server.command_line import edit as editing
    from server.command_line import screen

    with command(as_json) as home:
        pointed = (*points(point, "--point"), *points(not_point, "--not-point", wanted=False))
        recipe = replace(settings, method=method, prompt=prompt, points=pointed)
        for wrong in out_of_range(recipe):
            raise typer.BadParameter(f"{wrong.value} is not {wrong.range}.", param_hint=f"--{wrong.name}")
        with screen.job_bar() as bar:
            done = editing.edit(home, editing.Order(picture, mask, recipe, out, role, tuple(reference or ())), bar)
        _say(done, as_json)


@app.command()
@with_settings
def compare(
    settings: Recipe,
    picture: Annotated[Path, typer.Argument(help=f"A picture: {kinds.listed()} files are read.")],
    prompt: Annotated[str, typer.Option(help="What should be there.")],
    out: Annotated[Path, typer.Option(help="A contact sheet (.png), or the answers as layers (.ora).")],
    mask: Annotated[Path | None, typer.Option(help="White where the picture may change; none: all of it.")] = None,
    methods: Annotated[str, typer.Option(help="Names from “overpaint methods”; none: all that follow words.")] = "",
    as_json: Json = False,
) -> None:
    """Do the same by several methods, beside each other, to choose from."""
    from server.command_line import contact_sheet, output, screen
    from server.command_line import edit as editing

    with command(as_json) as home:
        chosen = (Extra("methods", methods),) if methods else ()
        recipe = replace(settings, prompt=prompt, extras=(*settings.extras, *chosen))
        write = output.write if out.suffix.lower() == ".ora" else contact_sheet.write
        with screen.job_bar() as bar:
            done = editing.edit(home, editing.Order(picture, mask, recipe, out, Role.COMPARE), bar, write)
        _say(done, as_json)


def _say(done: Done, as_json: bool) -> None:
    if as_json:
        lines.print_json(done.as_json())
    for line in () if as_json else (*done.notices, *(f"Written: {path}" for path in done.files)):
        lines.say(line)


@app.command()
def methods(as_json: Json = False) -> None:
    """What can be done: every method of the server, its role and the settings it reads."""
    from server.command_line import methods

    with command(as_json) as home:
        if as_json:
            lines.print_json(methods.as_json(home))
        for line in () if as_json else methods.listed(home):
            lines.say(line)


@app.command()
def doctor(
    as_json: Json = False,
    report: Annotated[
        bool, typer.Option("--report", help="Collect what a bug report needs into one file here.")
    ] = False,
) -> None:
    """Name each problem and its fix."""
    from server.command_line import doctor as examining
    from server.command_line import report as reporting

    with command(as_json) as home:
        findings = [*examining.examine(home)] if as_json else examining.shown(home)
        written = reporting.write(home, findings, Path.cwd()) if report else None
    if written is not None and not as_json:
        lines.say(f"Written: {written}. It holds no picture, prompt, key or name; read it before you send it.")
    if as_json:
        lines.print_json({"findings": [{"what": one.what, "fix": one.fix} for one in findings]})
    if not all(finding.good for finding in findings):
        raise typer.Exit(FAILED)


def main() -> None:
    """Entry point of the command ``overpaint``."""
    ending.run(app)


if __name__ == "__main__":
    main()
