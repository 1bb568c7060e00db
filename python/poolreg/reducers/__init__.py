"""What reduces windows: in C, by NumPy on blocks, or by an author's C functions."""
