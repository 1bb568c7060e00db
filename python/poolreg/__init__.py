"""poolreg: every pooling method, forward and backward, any rank and layout.

>>> import numpy as np
>>> import poolreg as pr
>>> x = np.arange(16.0).reshape(1, 1, 4, 4)
>>> pr.max_pool2d(x, 2)
array([[[[ 5.,  7.],
         [13., 15.]]]])
"""

from poolreg import _core
from poolreg.blocks import Block, WindowFunction
from poolreg.compose import QuasiMean, WeightedMean
from poolreg.config import Config, num_threads, show_config
from poolreg.engine import Gradients
from poolreg.entries import Plugin, plugins
from poolreg.errors import (
    DTypeError,
    ParameterError,
    PluginError,
    PoolregError,
    ShapeError,
    UnknownMethodError,
)
from poolreg.functional import *  # noqa: F403
from poolreg.functional import __all__ as _functional
from poolreg.general import Pool, pool, pool_vjp
from poolreg.generalised import *  # noqa: F403
from poolreg.generalised import __all__ as _generalised
from poolreg.method import ArraySpec, Method, Reducer, Traits, Window
from poolreg.native import (
    Native,
    get_cmake_dir,
    get_include,
    native_method,
    native_signature,
)
from poolreg.params import Param
from poolreg.plan import output_shape
from poolreg.reducers import Blend, Choice, Filter, Linear, Power, Sample, Select, Weighted
from poolreg.registry import (
    Description,
    describe,
    get_method,
    methods,
    register_method,
    registered,
)

__version__ = _core.version()

__all__ = [
    "ArraySpec",
    "Blend",
    "Block",
    "Choice",
    "Config",
    "DTypeError",
    "Description",
    "Filter",
    "Gradients",
    "Linear",
    "Method",
    "Native",
    "Param",
    "ParameterError",
    "Plugin",
    "PluginError",
    "Pool",
    "PoolregError",
    "Power",
    "QuasiMean",
    "Reducer",
    "Sample",
    "Select",
    "ShapeError",
    "Traits",
    "UnknownMethodError",
    "Weighted",
    "WeightedMean",
    "Window",
    "WindowFunction",
    "__version__",
    "describe",
    "get_cmake_dir",
    "get_include",
    "get_method",
    "methods",
    "native_method",
    "native_signature",
    "num_threads",
    "output_shape",
    "plugins",
    "pool",
    "pool_vjp",
    "register_method",
    "registered",
    "show_config",
    *_functional,
    *_generalised,
]
