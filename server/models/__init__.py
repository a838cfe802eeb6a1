"""Models: what is installed (``store``), how each family is run (``families``), what runs now (``runtime``)."""
