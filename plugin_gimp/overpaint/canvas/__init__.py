"""The one room that calls Gimp and Gegl: what lies on the canvas, and the new layers.

GIMP kills a plug-in that writes to a group, a locked or a removed layer, or that uses a format name it does not know; a
wrong number of bytes it takes in silence. So everything is checked here before it is done.

``source`` is the layer that was chosen, checked; ``stack`` where things lie above one another; ``twin`` what one sees
there; ``taking`` what is sent of it; ``meanwhile`` whether that is still so when the answer comes, which ``placing``,
``selecting`` and ``enlarging`` put there; ``talk`` what GIMP shows in the time between.
"""

import gi

gi.require_version("Gimp", "3.0")
gi.require_version("Gegl", "0.4")
