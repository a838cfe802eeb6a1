"""The shelf of installed models, where they come from, how each family is run, and what stays in memory.

``families``, ``card``, ``shelf``, ``catalogue``, ``hub``, ``pull``, ``headers`` and ``adopt`` need no torch.
"""
