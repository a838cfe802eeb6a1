"""Pictures as files, for the command line: read at their own depth, written as PNG or as a layered OpenRaster file."""
