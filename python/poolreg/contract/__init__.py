"""What a method is: its declaration and parameters, the registry, plugins of other packages."""
