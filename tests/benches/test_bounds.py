"""A bench ends with its figures as JSON, and with 1 exactly where one of them misses its bound."""

from __future__ import annotations

import argparse
import json

import pytest

from bench.bounds import Bound, add_options, conclude

LOST = Bound("lost", most=0)
PSNR = Bound("psnr", least=25)


def test_figures_on_their_bounds_are_right(capsys: pytest.CaptureFixture[str]) -> None:
    assert conclude({"lost": 0, "psnr": 25.0, "seconds": 3}, (LOST, PSNR)) == 0
    said = capsys.readouterr()
    assert json.loads(said.out.splitlines()[-1]) == {"lost": 0, "psnr": 25.0, "seconds": 3}
    assert said.err == ""


@pytest.mark.parametrize(
    "figures",
    [
        {"lost": 1, "psnr": 30},
        {"lost": 0, "psnr": 24.9},
        {"lost": 0, "psnr": float("nan")},
        {"lost": 0, "psnr": None},
        {"lost": 0},
    ],
)
def test_one_figure_that_misses_is_a_failure(figures: dict[str, object], capsys: pytest.CaptureFixture[str]) -> None:
    assert conclude(figures, (LOST, PSNR)) == 1
    assert capsys.readouterr().err.count("MISSED") == 1


def test_truth_is_a_figure() -> None:
    assert conclude({"identical": True}, (Bound("identical", least=True),)) == 0
    assert conclude({"identical": False}, (Bound("identical", least=True),)) == 1


def test_a_run_may_have_bounds_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    add_options(parser)
    planted = parser.parse_args(["--most", "psnr=3", "--least", "jobs=7"])
    assert conclude({"lost": 0, "psnr": 30, "jobs": 6}, (LOST, PSNR), planted) == 1
    said = capsys.readouterr().err
    assert "psnr is 30, and may be 3 at most" in said
    assert "jobs is 6, and should be 7 at least" in said
