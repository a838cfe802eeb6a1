"""The illustration model that comes with Overpaint, one folder per model; how it is made is in tools/bundled_model."""
