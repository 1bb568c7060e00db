"""The benchmark: what `poolreg bench` runs.  Nothing of it is imported with the library."""
