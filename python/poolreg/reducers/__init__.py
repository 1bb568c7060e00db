"""Reducers, which make outputs of windows: the core's own, and those of authors in NumPy or C."""
