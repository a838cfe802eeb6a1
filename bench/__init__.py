"""Measured questions, one a file or folder: ``python -m bench.NAME``; the last line printed is a JSON object."""
