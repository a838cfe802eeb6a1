"""Models that run: loading, conditioning, prediction, sampling, memory. Needs torch."""
