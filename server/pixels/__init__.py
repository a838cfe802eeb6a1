"""Pure functions on numpy arrays: native pixels and colour, masks, sizes, the seam, metrics. No model, no I/O."""
