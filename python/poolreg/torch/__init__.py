"""poolreg for PyTorch: functions, modules, any method by name, and other poolings for a network."""

from poolreg.torch import functional, nn
from poolreg.torch.decompositions import decompositions
from poolreg.torch.general import pool
from poolreg.torch.nn import pool_module
from poolreg.torch.replace import replace_pooling, undo

__all__ = ["decompositions", "functional", "nn", "pool", "pool_module", "replace_pooling", "undo"]
