"""Networks that say where something is in a picture, or how opaque it is: one file a network."""
