"""Holes whose truth is known, filled by us and by rivals: ``python -m bench.erase`` (see ``__main__``)."""
