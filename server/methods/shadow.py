"""Select with its shadow: the selection of a thing, with the shadow that it throws and its reflection.

A method of its own and no switch of *erase*: a person sees what will be promised to change, as the host's own
selection, and adds to it or takes from it, before anything is painted. Erasing then keeps its one rule, that nothing
outside the selection changes.
"""

from __future__ import annotations

from server.wire.offers import Answers, Need, Role

from .method import Method

METHOD = Method(
    name="shadow",
    title="Select with Its Shadow",
    purpose="Adds the shadow and the reflection of what you selected to the selection, so that you see what will go.",
    role=Role.SELECT,
    needs=(Need.SELECTION, Need.LAYER),
    answers=Answers.SELECTION,
    run="server.methods.erasing.shading:with_its_shadow",
)
