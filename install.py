#!/usr/bin/env python3
"""Install, try, test and remove Overpaint. Needs nothing but Python 3.10 or newer.

python3 install.py install      the environment, and the plugins for every Krita and GIMP found
python3 install.py doctor       name each problem and its fix
python3 install.py uninstall    remove all of it
python3 install.py demo         do the main jobs once on shipped pictures
python3 install.py test         all checks and tests; --quick for those of a minute
python3 install.py run CMD…     any command in the environment, with this checkout's code
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

if sys.version_info < (3, 10):  # noqa: UP036 - said here, before a newer syntax elsewhere says it worse
    sys.exit(f"Overpaint needs Python 3.10 or newer; this is {sys.version.split()[0]}.")

from server.wire import places
from tools.install import application, checkup, hosts, kritarc, plugins, record
from tools.install.environment import Environment, prepare, variables
from tools.install.say import InstallError, say, warn

CHECKOUT = Path(__file__).resolve().parent
NEEDS_INDEX = ("cuda", "rocm", "cpu")


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
    except InstallError as error:
        warn(str(error))
        return 1
    except KeyboardInterrupt:
        warn("Stopped. Run the same command again to go on.")
        return 130


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--environment", type=Path, help="a Python environment to use instead of Overpaint's own")
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("install", help="set everything up")
    command.add_argument("--device", choices=["auto", "cpu", "cuda", "rocm", "mps"], default="auto")
    command.add_argument("--torch-index", default="", help="the pip index of the torch build for your device")
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
    home = places.home()
    warn_about_device(options)
    environment = environment_for(options, tests=False)
    code = application.copy_application(home)
    application.write_launch(home, environment, code, options.device)
    written = record.load(home)
    written.add(application.write_command(home, environment, code))
    vendor = home / "vendor"
    plugins.vendor_pyzmq(environment, vendor)
    for krita in chosen_kritas(options):
        written.add(plugins.put_into_krita(krita, vendor, home), [krita.config])
    for gimp in chosen_gimps(options):
        written.add(plugins.put_into_gimp(gimp, vendor, home))
    written.save(home)
    say("Done. Restart Krita or GIMP: Tools > Overpaint, or Filters > Overpaint.")
    say(f"On the command line: {home / 'bin' / 'overpaint'} (or just overpaint, where ~/.local/bin is on your PATH)")
    return 0


def warn_about_device(options: argparse.Namespace) -> None:
    if options.device in NEEDS_INDEX and not options.torch_index and sys.platform != "darwin":
        warn(
            f"--device {options.device} takes pip's usual torch build. For another one add --torch-index with the "
            "address that PyTorch's own installation page names for your system."
        )


def environment_for(options: argparse.Namespace, *, tests: bool) -> Environment:
    if options.environment:
        environment = Environment(options.environment.resolve())
        if not environment.python.exists():
            raise InstallError(f"{options.environment} is no Python environment: {environment.python} is missing.")
        return environment
    return prepare(places.home() / "env", tests=tests, torch_index=getattr(options, "torch_index", ""))


def chosen_kritas(options: argparse.Namespace) -> list[hosts.Krita]:
    if options.krita:
        config = options.kritarc or hosts.config_home() / "kritarc"
        return [hosts.Krita(options.krita.resolve(), config.resolve(), "chosen")]
    found = [] if options.gimp else hosts.find_krita()
    if not found and not options.gimp:
        say("Krita was not found. If you have it: install.py install --krita FOLDER (the one with pykrita in it)")
    return found


def chosen_gimps(options: argparse.Namespace) -> list[hosts.Gimp]:
    if options.gimp:
        return [hosts.Gimp(options.gimp.resolve(), "chosen")]
    found = [] if options.krita else hosts.find_gimp()
    if not found and not options.krita:
        say("GIMP 3 was not found. If you have it: start it once, or install.py install --gimp FOLDER (its profile)")
    return found


def uninstall(options: argparse.Namespace) -> int:
    home = places.home()
    written = record.load(home)
    stop_server(home)
    for name in written.files:
        remove(Path(name))
    for name in written.kritarcs:
        kritarc.disable(Path(name))
    for child in sorted(home.iterdir()) if home.exists() else []:
        if not (options.keep_models and child.name == "models"):
            remove(child)
    if home.exists() and not any(home.iterdir()):
        home.rmdir()
    say("Overpaint is removed." + (f" The models are still in {home / 'models'}." if options.keep_models else ""))
    return 0


def stop_server(home: Path) -> None:
    """Ask a running server to end, so that it does not write into folders that are being removed."""
    import json

    connection = home / "connection.json"
    if not connection.exists():
        return
    process = json.loads(connection.read_text(encoding="utf-8")).get("pid")
    try:
        os.kill(int(process), signal.SIGTERM)
    except (OSError, TypeError, ValueError):
        return
    say("Stopped the running server.")


def remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def doctor(options: argparse.Namespace) -> int:
    home = places.home()
    if options.report:
        say(f"Overpaint in {home}; Python {sys.version.split()[0]}; {platform.platform()}")
        say("\n".join(checkup.pins()))
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
    scripts = environment.python.parent
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
