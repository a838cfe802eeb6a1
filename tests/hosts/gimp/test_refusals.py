"""What cannot be done, asked of the real GIMP: a sentence, and the image as it was."""

from __future__ import annotations

import pytest

from tests.hosts.gimp.desk import Desk
from tests.hosts.gimp.shown import Shown, shown_by
from tests.running import RunningServer

pytestmark = [pytest.mark.torch, pytest.mark.timeout(1800)]

REFUSED = {
    "nothing_selected": "Nothing is selected. Select what should go.",
    "selection_elsewhere": "The selection does not touch ‘Paint’.",
    "a_group": "‘Group’ is a group of layers. Choose a layer inside it.",
    "nothing_selected_to_replace": "Select the part to replace; to change all of it, choose Edit Layer.",
    "a_hidden_layer": "‘Ink’ is hidden. Show it (the eye in the Layers dialog), or choose another layer.",
    "a_layer_in_a_hidden_group": "‘Folder’ is hidden.",
    "an_opacity_of_nothing": "‘Ink’ has an opacity of 0, so it is not seen.",
    "a_mask_that_is_shown": "The mask of ‘Ink’ is shown in place of its picture.",
    "all_masked": "The mask of ‘Ink’ hides everything there.",
    "all_masked_by_the_group": "The mask of ‘Folder’ hides everything there.",
    "empty_above_the_photo": "‘New’ is empty there; what you see is on ‘Photo’. Choose ‘Photo’ in the Layers dialog.",
    "empty_alone": "‘New’ is empty there.",
    "a_spot_on_nothing": "What is selected on ‘Spot’ has nothing as opaque around it",
    "outside_the_image": "‘Ink’ lies outside the image.",
    "the_quick_mask": "The Quick Mask is on.",
    "nothing_visible": "Nothing is visible in this image.",
    "a_layer_in_a_locked_group": "‘Folder’ is locked, so no layer can be put into it.",
    "indexed": "This image has a fixed palette of colours. Convert it with Image ▸ Mode ▸ RGB and try again.",
    "two_layers": "2 layers are chosen. Choose one of them.",
    "no_layer": "No layer is chosen.",
    "a_channel": "‘Spot’ is not a layer.",
    "a_floating_selection": "A floating selection waits to be placed.",
    "no_words": "There are no words yet. Say what should be here.",
    "no_words_for_a_layer": "There are no words yet. Say what should be here.",
    "an_unknown_method": "no method “alchemy”",
    "an_unknown_model": "nobody",
}


@pytest.fixture(scope="module")
def shown(desk: Desk, gimp_server: RunningServer) -> Shown:
    return shown_by(desk, "refusals")


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_done_is_refused_with_a_sentence(shown: Shown, name: str) -> None:
    found = shown.case(name)
    assert found["status"] == "execution-error"
    assert REFUSED[name] in found["error"]
    assert found["untouched"]


def test_a_number_out_of_range_is_refused_with_its_range(shown: Shown) -> None:
    ranges = {"seed": "-1 to 2147483647", "grow": "0 to 1024", "feather": "-1 to 1024", "variations": "1 to 16"}
    ranges |= {"strength": "-1 to 1", "guidance": "-1 to 50", "reading": "layer, visible"}
    for what, (status, error, layers) in shown.case("out_of_range")["refusals"].items():
        name, _, value = what.partition(" ")
        assert (status, layers) == ("execution-error", 1), what
        assert f"‘{name}’ is" in error
        assert value in error
        assert ranges[name] in error


def test_no_traceback_was_printed(shown: Shown) -> None:
    assert "Traceback" not in shown.printed
