"""Which torch is taken: asked of the machine, the person's own settings and the network, in this order."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

import pytest

from tools.install import locks
from tools.install.pip_settings import PipSettings, parse
from tools.install.say import InstallError
from tools.install.torch_build import Asked, Kind, choose

CUDA = ["nvidia-cublas==13.1", "torch==2.13.0+cu130", "triton==3.7.1"]
PLAIN = PipSettings()


def found(**answers: list[str]) -> Callable[[Sequence[str]], list[str]]:
    """What is found where: by a word of the arguments with which it is looked for."""

    def resolve(arguments: Sequence[str]) -> list[str]:
        text = " ".join(arguments)
        return next((packages for sign, packages in answers.items() if sign.replace("_", "-") in text), [])

    return resolve


@pytest.fixture(autouse=True)
def linux(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")


def test_a_persons_own_folder_of_wheels_comes_first() -> None:
    own = PipSettings(find_links=("/wheels",))
    build = choose(Asked(), own, found(no_index=["torch==2.13.0+cpu"], torch_backend=CUDA))
    assert (build.kind, build.what) == (Kind.PROCESSOR, ("torch==2.13.0+cpu",))
    assert "/wheels" in build.arguments


def test_the_card_that_is_here_decides_where_nothing_else_does() -> None:
    build = choose(Asked(), PLAIN, found(torch_backend=CUDA))
    assert (build.kind, build.what) == (Kind.CUDA, ("torch==2.13.0+cu130",))
    assert build.arguments[:2] == ("--torch-backend", "auto")


def test_without_pytorchs_index_the_registrys_locked_build_is_taken() -> None:
    build = choose(Asked(), PLAIN, found())
    assert (build.kind, build.locked) == (Kind.CUDA, True)
    assert "--require-hashes" in build.what
    assert str(locks.TORCH) in build.what


def test_a_build_that_does_not_fit_the_device_asked_for_is_passed_over() -> None:
    own = PipSettings(find_links=("/wheels",))
    build = choose(Asked("cuda"), own, found(no_index=["torch==2.13.0+cpu"], torch_backend=CUDA))
    assert build.kind is Kind.CUDA


def test_a_mirror_of_the_registry_does_not_hide_the_build_for_the_card() -> None:
    mirror = PipSettings(index="https://mirror.example/simple")
    answers = {"torch_backend": ["torch==2.13.0+rocm7.2"], "default_index": ["torch==2.13.0"]}
    assert choose(Asked(), mirror, found(**answers)).kind is Kind.ROCM


def test_a_build_of_an_own_index_is_taken() -> None:
    own = PipSettings(index="https://own.example/simple")
    build = choose(Asked(), own, found(default_index=["torch==2.13.0+xpu"]))
    assert (build.kind, build.arguments) == (Kind.XPU, ("--default-index", "https://own.example/simple"))


def test_the_index_that_was_named_is_the_only_one_asked() -> None:
    asked = Asked("cuda", "https://named.example/whl")
    assert choose(asked, PLAIN, found(named=CUDA)).kind is Kind.CUDA
    with pytest.raises(InstallError, match="named"):
        choose(asked, PLAIN, found(torch_backend=CUDA))


@pytest.mark.parametrize("device", ["rocm", "xpu"])
def test_a_card_whose_build_cannot_be_reached_is_told_instead_of_left_unused(device: str) -> None:
    with pytest.raises(InstallError, match="--torch-index"):
        choose(Asked(device), PLAIN, found())


def test_on_a_mac_the_registrys_build_is_the_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    build = choose(Asked(), PLAIN, found(torch_backend=CUDA))
    assert (build.kind, build.locked) == (Kind.PROCESSOR, True)


def test_the_size_is_said_with_the_kind() -> None:
    assert "GB to fetch" in str(Kind.CUDA)
    assert Kind.CUDA.disk_gb > 3 * Kind.PROCESSOR.disk_gb


LISTING = """
:env:.find-links='/opt/my wheels'
global.cert='/etc/ssl/company.crt'
global.extra-index-url='https://one.example/simple file:///two'
global.find-links='~/wheels https://three.example'
global.index-url='https://mirror.example/simple'
global.proxy='http://proxy.example:3128'
install.trusted-host='mirror.example'
install.constraint='limits.txt'
freeze.timeout='10'
"""


def test_a_persons_settings_for_pip_are_said_to_uv() -> None:
    settings = parse(LISTING.replace("/opt/my wheels", "/opt/wheels"))
    assert settings.index == "https://mirror.example/simple"
    assert settings.more_indexes == ("https://one.example/simple", "file:///two")
    assert settings.find_links == ("/opt/wheels",)  # the environment's word is the last
    assert settings.trusted_hosts == ("mirror.example",)
    assert settings.constraints[0].endswith("/limits.txt")
    variables = dict(settings.variables)
    assert variables["SSL_CERT_FILE"] == "/etc/ssl/company.crt"
    assert variables["HTTPS_PROXY"] == "http://proxy.example:3128"
    assert "UV_HTTP_TIMEOUT" not in variables
    assert settings.sources[:2] == ["--default-index", "https://mirror.example/simple"]


def test_no_settings_are_no_arguments() -> None:
    assert parse("").sources == []
