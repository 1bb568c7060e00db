"""The functions and classes that users call on NumPy arrays."""
