"""What stands on menus, on buttons and beside the fields of GIMP's dialogs, by name; an underscore before the letter
that the keyboard takes. No gi.

GIMP asks a plug-in for its menu labels when it first sees it and keeps them; everything else is asked for anew each
time, in the language GIMP itself speaks: it puts the one chosen in its preferences into LANGUAGE.
"""

from __future__ import annotations

from settings import Kind

from server.client.translation import tr, use_language
from server.wire.words import mark

use_language()

LABELS: dict[str, str] = {
    "menu-replace": mark("_Replace Selection…"),
    "menu-erase": mark("_Erase Selection"),
    "menu-heal": mark("_Heal Marks…"),
    "button-heal": mark("H_eal"),
    "menu-edit-layer": mark("Edit _Layer…"),
    "menu-imagic": mark("Edit with a _Prompt (Imagic)…"),
    "extras": mark("Further settings (_Z)"),
    "extras-tip": mark("What only one method reads, like “shift=3; style=ink”"),
    "negative": mark("Not th_is"),
    "negative-tip": mark("What should not be there"),
    "menu-effect": mark("Pain_t an Effect Layer…"),
    "button-effect": mark("Paint _Effect"),
    "menu-instruct": mark("Edit by _Instruction…"),
    "button-instruct": mark("_Edit"),
    "menu-create": mark("_Create Layer…"),
    "button-create": mark("Cr_eate"),
    "menu-enlarge": mark("E_nlarge…"),
    "button-enlarge": mark("_Enlarge"),
    "menu-expand": mark("E_xpand…"),
    "button-expand": mark("_Expand"),
    "menu-select-words": mark("Select by _Words…"),
    "button-select-words": mark("S_elect"),
    "menu-snap": mark("Snap to _Object"),
    "menu-select-click": mark("Select by _Click"),
    "menu-select-subject": mark("Select _Subject"),
    "menu-select-background": mark("Select _Background"),
    "menu-select": mark("S_elect…"),
    "button-select": mark("S_elect"),
    "menu-compare": mark("Co_mpare…"),
    "button-compare": mark("Compar_e"),
    "menu-teach": mark("Teach a _Word…"),
    "button-teach": mark("T_each"),
    "menu-lift": mark("Lift _Out…"),
    "button-lift": mark("Mak_e Layer"),
    "menu-split": mark("Split into Ob_jects…"),
    "button-split": mark("Mak_e Layers"),
    "prompt-split": mark("_What is in it?"),
    "prompt-split-tip": mark("Things, with commas: “a dog, a ball”; empty: whatever is found"),
    "menu-run-again": mark("Run _Again"),
    "menu-another": mark("Another _Variation"),
    "menu-earlier": mark("_Bring In Earlier Answers"),
    "blurb-earlier": mark("Put the answers of edits that GIMP did not live to see on top of this image, as new layers"),
    "button-replace": mark("Replac_e"),
    "button-edit-layer": mark("_Edit"),
    "button-imagic": mark("L_earn and Edit"),
    "blurb-run-again": mark(
        "Do the edit of the chosen Overpaint layer once more, with the settings and the seed it had"
    ),
    "blurb-another": mark("Do the edit of the chosen Overpaint layer once more, with another seed"),
    "prompt": mark("_What should be here?"),
    "prompt-edit-layer": mark("_What should it become?"),
    "prompt-edit-layer-tip": mark("In your own words: “a winter evening”"),
    "prompt-imagic": mark("_What should it become?"),
    "prompt-imagic-tip": mark("All of it, as it should be then: “a dog that sits”"),
    "prompt-teach": mark("_What is it called, and what is it?"),
    "prompt-teach-tip": mark("The new word, then what it is: “rex, a dog”"),
    "prompt-tip": mark("In your own words: “a wooden bench”"),
    "method": mark("Wa_y to do it"),
    "method-tip": mark("Name of a method of the server; empty: chosen for you"),
    "preset": mark("How to learn (_J)"),
    "preset-tip": mark("Name of a way to learn the picture; empty: the usual one"),
    "eta": mark("Edit strengths (_X)"),
    "eta-tip": mark(
        "0 to 1.5: one, or several as 0.5:1.0:6 (from, to, how many), which come as a group; empty: chosen for you"
    ),
    "model": mark("_Model"),
    "model-tip": mark("What paints the answer; empty: chosen for you"),
    "variations": mark("_Variations"),
    "variations-tip": mark("How many answers to make, each a layer of its own"),
    "seed": mark("See_d"),
    "seed-tip": mark("The same seed gives the same answer again; -1: a new one each time"),
    "strength": mark("Edit s_trength"),
    "strength-tip": mark("How far the answer may leave what is there now, from 0 to 1; -1: chosen for you"),
    "steps": mark("Ste_ps"),
    "steps-tip": mark("More steps take longer and can look finer; -1: chosen for you"),
    "guidance": mark("_Follow the words"),
    "guidance-tip": mark("How closely to follow the words (guidance), from 0 to 50; -1: chosen for you"),
    "grow": mark("_Grow"),
    "grow-tip": mark("Pixels by which the selection is grown first"),
    "feather": mark("Fe_ather"),
    "feather-tip": mark("Pixels over which the answer fades out beyond the selection; -1: chosen for you"),
    "grain": mark("Grain (_5)"),
    "grain-tip": mark("How much of the picture's grain and sharpness the answer gets, from 0 to 1; -1: chosen for you"),
    "context": mark("S_urroundings"),
    "context-tip": mark("Pixels around the selection that the model sees; -1: chosen for you"),
    "reading": mark("_Based on"),
    "reading-tip": mark("What the answer is made from; Erase Selection takes what was chosen last"),
    "combining": mark("Selection (_K)"),
    "combining-tip": mark("What becomes of the selection that is there"),
    "points": mark("Points (_1)"),
    "points-tip": mark("Pixels of what is meant, like “120,80 200,90”; empty: the parts of the selection"),
    "not-points": mark("Not these points (_2)"),
    "not-points-tip": mark("Pixels of what is not meant, in the same way"),
    "references": mark("Looks at (_Q)"),
    "references-tip": mark("Further layers for a method or a model that looks at some"),
    "prompt-select": mark("_What should be selected?"),
    "prompt-select-tip": mark("In your own words: “the dog on the left”"),
    "left": mark("Left (_1)"),
    "left-tip": mark("Room to add on the left: 200 (pixels) or 25%"),
    "top": mark("Top (_2)"),
    "top-tip": mark("Room to add at the top: 200 (pixels) or 25%"),
    "right": mark("Right (_3)"),
    "right-tip": mark("Room to add on the right: 200 (pixels) or 25%"),
    "bottom": mark("Bottom (_4)"),
    "bottom-tip": mark("Room to add at the bottom: 200 (pixels) or 25%"),
    "slider": mark("Edit _strength"),
    "slider-tip": mark(
        "How far to go towards your words: 0 is the picture as it was learned, 1 what the words alone ask for"
    ),
    "variation": mark("Varia_tion"),
    "settings": mark("Setti_ngs"),
    "more-settings": mark("M_ore"),
}


def label(name: str) -> str:
    """In the reader's language."""
    return tr(LABELS[name])


def title(kind: Kind) -> str:
    return tr(kind.form.title)


def purpose(kind: Kind) -> str:
    """One sentence on what it does."""
    return tr(kind.form.purpose)
