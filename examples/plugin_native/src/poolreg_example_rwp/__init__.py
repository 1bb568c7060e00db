"""Rank-weighted pooling for poolreg, in C and with numba."""
