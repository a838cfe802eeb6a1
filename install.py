#!/usr/bin/env python3
"""Install, try, test and remove Overpaint. Needs nothing but Python 3.11 or newer.

python3 install.py install      the environment, and the plugins for every Krita and GIMP found
python3 install.py doctor       name each problem and its fix
python3 install.py uninstall    remove all of it, and nothing else
python3 install.py demo         do the main jobs once on shipped pictures
python3 install.py test         all checks and tests; --quick for those of two minutes
python3 install.py run CMD…     any command in the environment, with this checkout's code
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

if sys.version_info < (3, 11):
    sys.exit(f"Overpaint's server needs Python 3.11 or newer; this is {sys.version.split()[0]}.")

from server.wire.errors import OverpaintError
from server.wire.paths import Home
from server.wire.retire import ask_to_end
from tools.install import application, checkup, hosts, locks, plugins, record, removal
from tools.install.environment import Environment, variables
from tools.install.placing import put_text
from tools.install.say import InstallError, of_os_error, say, warn
from tools.install.setting_up import prepare
from tools.install.torch_build import Asked

CHECKOUT = Path(__file__).resolve().parent
DEVICES = ("auto", "cpu", "cuda", "rocm", "xpu", "mps")


def main(arguments: list[str] | None = None) -> int:
    options = parse(sys.argv[1:] if arguments is None else arguments)
    commands: dict[str, Callable[[argparse.Namespace], int]] = {
        "install": install,
        "uninstall": uninstall,
        "doctor": doctor,
        "demo": demo,
        "test": test,
        "run": run,
    }
    try:
        return commands[options.command](options)
    except (InstallError, OverpaintError) as error:
        warn(str(error))
    except OSError as error:
        warn(str(of_os_error(error)))
    except KeyboardInterrupt:
        warn("Stopped. Run the same command again to go on.")
        return 130
    except Exception as error:  # noqa: BLE001 - the last resort: a sentence, and the rest for whoever mends it
        warn(f"This is a fault of Overpaint's installer ({type(error).__name__}: {error}). {written_down()}")
    return 1


def written_down() -> str:
    """Where the traceback is, as a sentence."""
    path = Path.cwd() / "overpaint-install-error.txt"
    try:
        put_text(path, traceback.format_exc().encode("utf-8", "replace"))
    except OSError:
        return "Please report it."
    return f"Please report it, with {path}."


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--environment", type=Path, help="a Python environment to use instead of Overpaint's own")
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("install", help="set everything up")
    command.add_argument("--device", choices=DEVICES, default="auto", help="what to compute on")
    command.add_argument("--torch-index", default="", help="the address of an index with another torch build")
    command.add_argument("--krita", type=Path, help="only this Krita data folder (the one with pykrita in it)")
    command.add_argument("--kritarc", type=Path, help="the kritarc beside --krita")
    command.add_argument("--gimp", type=Path, help="only this GIMP profile folder (the one with plug-ins in it)")
    command = commands.add_parser("uninstall", help="remove everything")
    command.add_argument("--keep-models", action="store_true", help="leave downloaded models where they are")
    command = commands.add_parser("doctor", help="name each problem and its fix")
    command.add_argument("--report", action="store_true", help="print what a bug report needs; no pictures, no prompts")
    command = commands.add_parser("demo", help="the main jobs, once")
    command.add_argument("--out", type=Path, default=Path("overpaint-demo"), help="folder for the results")
    command = commands.add_parser("test", help="checks and tests; further arguments go to pytest")
    command.add_argument("--quick", action="store_true", help="only what needs neither torch nor a real host")
    command = commands.add_parser("run", help="a command in the environment")
    command.add_argument("words", nargs=argparse.REMAINDER)
    options, rest = parser.parse_known_args(arguments)
    if rest and options.command != "test":
        parser.error(f"unknown argument: {rest[0]}")
    options.rest = rest
    return options


def install(options: argparse.Namespace) -> int:
    """What will be written is noted first: whenever this is killed, install goes on and uninstall finds it."""
    home = Home.of_user().path
    removal.claim(home)
    kritas, gimps = chosen_kritas(options), chosen_gimps(options)
    note(home, kritas, gimps)
    if not ask_to_end(home):
        warn("The server that runs is of the earlier version; it ends when nobody has needed it for half an hour.")
    environment = environment_for(options, tests=False, torch=Asked(options.device, options.torch_index))
    code = application.copy_application(home)
    application.write_launch(home, environment, code, options.device)
    application.write_command(home, environment, code)
    put_into_hosts(environment, home, kritas, gimps)
    say("Done. Restart Krita or GIMP: Tools > Overpaint, or Filters > Overpaint.")
    say(f"On the command line: {home / 'bin' / 'overpaint'} (or just overpaint, where ~/.local/bin is on your PATH)")
    return 0


def note(home: Path, kritas: list[hosts.Krita], gimps: list[hosts.Gimp]) -> None:
    gimp_folders = [gimp.plugins / plugins.NAME for gimp in gimps]
    plugins.check_free([*(krita.plugins / plugins.NAME for krita in kritas), *gimp_folders])
    written = record.load(home)
    written.add(application.commands(home))
    for krita in kritas:
        written.add(plugins.krita_files(krita), [krita.config])
    written.add(gimp_folders)
    written.save(home)


def put_into_hosts(environment: Environment, home: Path, kritas: list[hosts.Krita], gimps: list[hosts.Gimp]) -> None:
    vendor = home / "vendor"
    plugins.vendor_pyzmq(environment, vendor)
    for krita in kritas:
        plugins.put_into_krita(krita, vendor, home)
    for gimp in gimps:
        plugins.put_into_gimp(gimp, vendor, home)


def environment_for(options: argparse.Namespace, *, tests: bool, torch: Asked | None = None) -> Environment:
    if options.environment:
        environment = Environment(options.environment.resolve())
        if not environment.python.exists():
            raise InstallError(f"{options.environment} is no Python environment: {environment.python} is missing.")
        return environment
    home = Home.of_user().path
    removal.claim(home)
    return prepare(home / "env", tests=tests, torch=torch)


def chosen_kritas(options: argparse.Namespace) -> list[hosts.Krita]:
    if options.krita:
        config = options.kritarc or hosts.config_home() / "kritarc"
        return [hosts.Krita(options.krita.resolve(), config.resolve(), "chosen")]
    found = [] if options.gimp else hosts.find_krita()
    if not found and not options.gimp:
        say(
            "Krita 5 or 6 was not found. If you have it: install.py install --krita FOLDER (the one with pykrita in it)"
        )
    return found


def chosen_gimps(options: argparse.Namespace) -> list[hosts.Gimp]:
    if options.gimp:
        return [hosts.Gimp(options.gimp.resolve(), "chosen")]
    found = [] if options.krita else hosts.find_gimp()
    if not found and not options.krita:
        say("GIMP 3 was not found. If you have it: start it once, or install.py install --gimp FOLDER (its profile)")
    return found


def uninstall(options: argparse.Namespace) -> int:
    removal.uninstall(Home.of_user().path, options.keep_models)
    return 0


def doctor(options: argparse.Namespace) -> int:
    home = Home.of_user().path
    if options.report:
        say(f"Overpaint in {home}; Python {sys.version.split()[0]}; {platform.platform()}")
        say("\n".join(f"{name} {locks.version(name)}" for name in locks.entries(locks.SERVER)))
    environment = Environment(options.environment or home / "env")
    findings = list(checkup.examine(home, environment, CHECKOUT))
    for finding in findings:
        say(f"{'ok     ' if finding.good else 'PROBLEM'}  {finding.what}")
        if not finding.good:
            say(f"         -> {finding.fix}")
    return 0 if all(finding.good for finding in findings) else 1


def demo(options: argparse.Namespace) -> int:
    environment = environment_for(options, tests=False)
    return call([str(environment.python), "-m", "tools.demo", "--out", str(options.out.resolve())])


def test(options: argparse.Namespace) -> int:
    environment = environment_for(options, tests=True)
    arguments = ["-m", "tools.check", *(["--quick"] if options.quick else []), *options.rest]
    return call([str(environment.python), *arguments])


def run(options: argparse.Namespace) -> int:
    words = options.words[1:] if options.words[:1] == ["--"] else options.words
    if not words:
        raise InstallError("Say which command to run, for example: install.py run python -m bench.roundtrip")
    environment = environment_for(options, tests=True)
    scripts = environment.scripts
    # The command itself is looked up in the environment first: "python" means its python.
    found = shutil.which(words[0], path=os.pathsep.join([str(scripts), os.environ.get("PATH", "")]))
    if found is None:
        raise InstallError(f"There is no command {words[0]!r}, neither in the environment nor on PATH.")
    return call([found, *words[1:]], scripts)


def call(command: list[str], scripts: Path | None = None) -> int:
    found = variables(CHECKOUT)
    found["PATH"] = os.pathsep.join([str(scripts or Path(command[0]).parent), found.get("PATH", "")])
    return subprocess.run(command, cwd=CHECKOUT, env=found, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
