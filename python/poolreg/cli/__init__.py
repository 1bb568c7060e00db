"""The command line `poolreg`: commands, options, tables, pictures."""
