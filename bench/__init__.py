"""One file per measured question: ``python -m bench.NAME``; the last printed line is a JSON object of figures."""
