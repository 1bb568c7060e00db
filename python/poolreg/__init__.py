"""poolreg: every pooling method, forward and backward, any rank and layout.

>>> import numpy as np
>>> import poolreg as pr
>>> x = np.arange(16.0).reshape(1, 1, 4, 4)
>>> pr.max_pool2d(x, 2)
array([[[[ 5.,  7.],
         [13., 15.]]]])
"""

import poolreg._core as _core
import poolreg.methods  # noqa: F401  before the function, which then has the name
from poolreg.contract.method import ArraySpec, Method, Reducer, Traits, Window
from poolreg.contract.params import Param
from poolreg.contract.plugins import Plugin
from poolreg.contract.registry import (
    Description,
    describe,
    get_method,
    methods,
    plugins,
    register_method,
    registered,
)
from poolreg.engine.config import Config, num_threads, show_config
from poolreg.engine.execute import Gradients
from poolreg.errors import (
    DTypeError,
    ParameterError,
    PluginError,
    PoolregError,
    ShapeError,
    UnknownMethodError,
)
from poolreg.faces.any_method import Pool, pool, pool_vjp
from poolreg.faces.explain import CoreCall, Explanation, explain
from poolreg.faces.functions import *  # noqa: F403
from poolreg.faces.functions import __all__ as _functions
from poolreg.faces.shapes import output_shape, windows
from poolreg.reducers.blocks import Block, WindowFunction
from poolreg.reducers.builtin import Blend, Choice, Filter, Linear, Power, Sample, Select, Weighted
from poolreg.reducers.elementwise import QuasiMean, WeightedMean
from poolreg.reducers.native import (
    Native,
    get_cmake_dir,
    get_include,
    native_method,
    native_signature,
)

__version__ = _core.version()

__all__ = [
    "ArraySpec",
    "Blend",
    "Block",
    "Choice",
    "Config",
    "CoreCall",
    "DTypeError",
    "Description",
    "Explanation",
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
    "explain",
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
    "windows",
    *_functions,
]
