"""What every host does alike, with the stdlib and ``server.wire`` alone: Krita, GIMP and the command line share it."""
