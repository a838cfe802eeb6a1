"""Fitting a model to one picture: what Imagic and its like need beside the algorithm. One purpose a file."""
