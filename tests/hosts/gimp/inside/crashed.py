"""Runs inside GIMP: an edit that takes long. GIMP is ended from outside while it runs."""

from easel import new_image, run
from gi.repository import Gimp

image, layer = new_image(96, 80)
image.select_rectangle(Gimp.ChannelOps.REPLACE, 30, 20, 24, 18)
run("overpaint-replace-selection", image, [layer], prompt="a red hat", steps=300, feather=0, seed=3)
