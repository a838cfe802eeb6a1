"""Heal marks: wires, letters, dust and scratches in a rough selection are found by themselves (``erasing.marks``) and
erased; the rest of the selection stays as it is, bit for bit."""

from __future__ import annotations

from server.wire.offers import Need, Role
from server.wire.setting import Group, Setting, SettingKind

from .method import Method

FAINT = Setting(
    "faint",
    SettingKind.SHARE,
    "Faint marks",
    "How faint a mark may be to be found: with more, what is none may be found too",
    0,
    1,
    0.5,
    group=Group.FIRST,
)

METHOD = Method(
    name="heal",
    title="Heal Marks",
    purpose="Finds wires, letters, dust and scratches in a rough selection and removes only them.",
    role=Role.HEAL,
    needs=(Need.SELECTION, Need.LAYER),
    settings=("seed", "variations", "grain"),
    own=(FAINT,),
    run="server.methods.erasing.healing:heal",
    usual=True,
)
