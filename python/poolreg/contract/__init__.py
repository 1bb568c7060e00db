"""What a method is: its parameters, its declaration, who offers it, and the registry."""
