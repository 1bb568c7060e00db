"""Methods written by hand: one that is right, and many that are wrong in one respect.

``WRONG`` says which checks of the conformance suite each of them fails, and no others.
"""

import itertools
import threading
import time
import warnings
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, ClassVar, NamedTuple

import numpy as np
import poolreg as pr
from layouts import Array
from poolreg.engine.draws import uniform

# ---- Windows -------------------------------------------------------------------------------------


class Gather(NamedTuple):
    """For every output of a plane, where its members are in the plane: (outputs, taps)."""

    index: Array
    valid: Array


def members(window: Any, size: int, outputs: int) -> Iterator[list[int]]:
    """The taps of every output along one axis, those outside the input too."""
    _, kind, *numbers = window
    if kind == "adaptive":
        for o in range(outputs):
            yield list(range(o * size // outputs, -(-(o + 1) * size // outputs)))
        return
    if kind == "same":
        kernel, stride, dilation, lower = numbers
        total = max((outputs - 1) * stride + dilation * (kernel - 1) + 1 - size, 0)
        before = total - total // 2 if lower else total // 2
    else:
        kernel, stride, before, _, dilation, _ = numbers
    for o in range(outputs):
        yield [o * stride - before + t * dilation for t in range(kernel)]


@lru_cache
def gather(plan: Any) -> Gather:
    index, valid = np.zeros((1, 1), int), np.ones((1, 1), bool)
    for window in plan.windows:
        size = plan.input_shape[window[0]]
        rows = list(members(window, size, plan.output_shape[window[0]]))
        taps = np.array(list(itertools.zip_longest(*rows, fillvalue=-1))).T
        inside = (taps >= 0) & (taps < size)
        taps = np.where(inside, taps, 0)
        outputs, count = len(index) * len(taps), index.shape[1] * taps.shape[1]
        index = (index[:, None, :, None] * size + taps[None, :, None, :]).reshape(outputs, count)
        valid = (valid[:, None, :, None] & inside[None, :, None, :]).reshape(outputs, count)
    return Gather(index, valid)


def planes(plan: Any, array: Array) -> Array:
    """(planes, elements of a plane), a copy."""
    pooled = np.moveaxis(array, plan.axes, range(-len(plan.axes), 0))
    count = int(np.prod(pooled.shape[-len(plan.axes) :]))
    return np.array(pooled, order="C").reshape(pooled.size // count, count)


def put(plan: Any, array: Array, values: Array) -> None:
    """Planes to where they belong in an array."""
    pooled = np.moveaxis(array, plan.axes, range(-len(plan.axes), 0))
    pooled[...] = values.reshape(pooled.shape)


def channels(plan: Any) -> Array:
    """The channel of every plane."""
    others = [a for a in range(len(plan.input_shape)) if a not in plan.axes]
    shape = [plan.input_shape[a] for a in others]
    return np.indices(shape)[others.index(plan.channel_axis)].ravel()


# ---- The right one -------------------------------------------------------------------------------


class Weighed(pr.Method):
    """The mean of the window, weighted by the exponentials of a map, times a scale."""

    name = "test.weighed"
    api_version = (1, 0)
    params = (
        pr.Param("logits", kind="map", shape="map:in", doc="Logarithms of the weights."),
        pr.Param("scale", kind="learnable", shape="1|C", default=1.0, doc="Of every output."),
        pr.Param("power", dtype="str", default="one", choices=("one", "two"), doc="Of the scale."),
    )
    traits = pr.Traits(linear=True)

    def windows(self, plan: Any, arrays: Any, params: Any) -> tuple[Array, Array, Array]:
        """Members, their shares, and the factor of every plane."""
        index, valid = self.gather(plan)
        x, logits = (planes(plan, self.read(arrays[name])) for name in ("x", "logits"))
        shares = np.where(valid, np.exp(logits[:, index]), 0)
        shares /= shares.sum(-1, keepdims=True)
        return np.where(valid, x[:, index], 0), shares, self.factor(plan, params)

    def gather(self, plan: Any) -> Gather:
        return gather(plan)

    def read(self, array: Array) -> Array:
        return array

    def factor(self, plan: Any, params: Any) -> Array:
        scale = params["scale"] ** (2 if params["power"] == "two" else 1)
        every = scale[self.channels(plan)] if scale.ndim else np.full(channels(plan).shape, scale)
        return every[:, None]

    def channels(self, plan: Any) -> Array:
        return channels(plan)

    @np.errstate(all="ignore")
    def forward(
        self, plan: Any, arrays: Any, params: Any, saved: Any, y: Array, num_threads: int
    ) -> None:
        win, shares, factor = self.windows(plan, arrays, params)
        put(plan, y, factor * np.sum(shares * win, -1))

    @np.errstate(all="ignore")
    def backward(
        self,
        plan: Any,
        dy: Array,
        arrays: Any,
        params: Any,
        saved: Any,
        out: Mapping[str, Array],
        num_threads: int,
    ) -> None:
        win, shares, factor = self.windows(plan, arrays, params)
        mean = np.sum(shares * win, -1, keepdims=True)
        dy = planes(plan, dy)[..., None]
        put(plan, out["x"], self.added(plan, dy * factor[..., None] * shares))
        put(
            plan,
            out["logits"],
            self.added(plan, dy * factor[..., None] * shares * (win - mean)),
        )
        slope = dy[..., 0] * mean[..., 0]
        if params["power"] == "two":
            slope = slope * 2 * factor**0.5
        each = slope.sum(-1)
        if out["scale"].ndim:
            out["scale"][...] = 0
            np.add.at(out["scale"], channels(plan), each)
        else:
            out["scale"][...] = each.sum()

    def added(self, plan: Any, of_windows: Array) -> Array:
        """Add up what the windows give to every element of their planes."""
        size = int(np.prod([plan.input_shape[a] for a in plan.axes]))
        index, valid = self.gather(plan)
        total = np.zeros((len(of_windows), size), of_windows.dtype)
        for plane, values in zip(total, of_windows, strict=True):
            np.add.at(plane, index[valid], values[valid])
        return total

    def reference(self, window: pr.Window, params: Mapping[str, Any]) -> Any:
        weights = np.exp(window.maps["logits"])
        return self._factor(params) * np.sum(weights * window.values) / weights.sum()

    def reference_backward(
        self, window: pr.Window, params: Mapping[str, Any], dy: Any
    ) -> dict[str, Any]:
        weights = np.exp(window.maps["logits"])
        shares = weights / weights.sum()
        mean = np.sum(shares * window.values)
        factor = self._factor(params)
        slope = 2 * params["scale"] if params["power"] == "two" else 1
        return {
            "x": dy * factor * shares,
            "logits": dy * factor * shares * (window.values - mean),
            "scale": dy * slope * mean,
        }

    @staticmethod
    def _factor(params: Mapping[str, Any]) -> Any:
        return params["scale"] ** (2 if params["power"] == "two" else 1)


class Draws(pr.Method):
    """A member of the window, each as likely as the others."""

    name = "test.draws"
    api_version = (1, 0)
    traits = pr.Traits(differentiable=False, needs_rng=True, label_preserving=True)

    def forward(
        self, plan: Any, arrays: Any, params: Any, saved: Any, y: Array, num_threads: int
    ) -> None:
        index, valid = gather(plan)
        win = planes(plan, arrays["x"])[:, index]
        chosen = np.empty(win.shape[:2], win.dtype)
        for element, at in enumerate(np.ndindex(*chosen.shape)):
            chosen[at] = self.drawn(win[at][valid[at[1]]], element, params)
        put(plan, y, chosen)

    @staticmethod
    def drawn(x: Array, element: int, params: Any) -> Any:
        if np.isnan(x).any():
            return np.nan
        return x[int(uniform(params["key"], element, 99) * len(x))]

    def reference(self, window: pr.Window, params: Mapping[str, Any]) -> Any:
        return self.drawn(window.values, window.element, params)


class LogMean(pr.Method):
    """The geometric mean of positive members, to a power that must be given; in float64 only."""

    name = "test.log_mean"
    api_version = (1, 0)
    params = (pr.Param("power", doc="Of the mean."),)
    dtypes = ("float64",)
    traits = pr.Traits(differentiable=False)

    @np.errstate(all="ignore")
    def forward(
        self, plan: Any, arrays: Any, params: Any, saved: Any, y: Array, num_threads: int
    ) -> None:
        index, valid = gather(plan)
        x = planes(plan, arrays["x"])[:, index]
        total = np.where(valid, np.log(x), 0).sum(-1)
        put(plan, y, np.exp(params["power"] * total / valid.sum(-1)))

    @np.errstate(all="ignore")
    def reference(self, window: pr.Window, params: Mapping[str, Any]) -> Any:
        return np.exp(params["power"] * np.log(window.values).mean())


class Single(Weighed):
    """In float32 only."""

    dtypes = ("float32",)


def scaled_mean(block: Any) -> Array:
    return block.params["scale"] * block.win.sum(0) / block.count


def scaled_mean_backward(block: Any, dy: Array) -> dict[str, Array]:
    each = dy * block.params["scale"] / block.count
    mean = block.win.sum(0) / block.count
    return {"x": np.broadcast_to(each, block.win.shape), "scale": dy * mean}


class ScaledMean(pr.Method):
    """The mean times a scale, as two functions on blocks."""

    name = "test.scaled_mean"
    api_version = (1, 0)
    reducer = pr.WindowFunction(scaled_mean, scaled_mean_backward)
    params = (
        pr.Param("scale", kind="learnable", shape="1|C", default=1.0, doc="Of every output."),
    )
    traits = pr.Traits(linear=True)

    def reference(self, window: pr.Window, params: Mapping[str, Any]) -> Any:
        return params["scale"] * window.values.mean()

    def reference_backward(
        self, window: pr.Window, params: Mapping[str, Any], dy: Any
    ) -> dict[str, Any]:
        each = dy * params["scale"] / window.values.size
        return {"x": np.full(window.values.size, each), "scale": dy * window.values.mean()}


class SoftByWeight(pr.Method):
    """The mean, weighted by the exponentials of beta x, as a function of x and its derivatives."""

    name = "test.soft_by_weight"
    api_version = (1, 0)
    reducer = pr.WeightedMean(
        lambda x, beta: beta * x, partials={"x": lambda beta: beta, "beta": lambda x: x}
    )
    params = (
        pr.Param("beta", kind="learnable", shape="1|C", default=1.0, doc="Of large members."),
    )

    def reference(self, window: pr.Window, params: Mapping[str, Any]) -> Any:
        return pr.get_method("soft").reference(window, {**params, "grad": "exact"})

    def reference_backward(
        self, window: pr.Window, params: Mapping[str, Any], dy: Any
    ) -> dict[str, Any]:
        soft = pr.get_method("soft")
        return soft.reference_backward(window, {**params, "grad": "exact"}, dy)


# ---- Wrong ones ----------------------------------------------------------------------------------

WRONG: dict[type[pr.Method], set[str]] = {}


def fails(*checks: str) -> Any:
    """A class decorator: the checks that the method fails."""

    def put_down(method: type[pr.Method]) -> type[pr.Method]:
        WRONG[method] = set(checks)
        return method

    return put_down


class After(Weighed):
    """Right, and then something is done to y or to the gradients."""

    def forward(
        self, plan: Any, arrays: Any, params: Any, saved: Any, y: Array, num_threads: int
    ) -> None:
        super().forward(plan, arrays, params, saved, y, num_threads)
        self.spoil_y(y, plan=plan, arrays=arrays, saved=saved, num_threads=num_threads)

    def backward(
        self,
        plan: Any,
        dy: Array,
        arrays: Any,
        params: Any,
        saved: Any,
        out: Mapping[str, Array],
        num_threads: int,
    ) -> None:
        super().backward(plan, dy, arrays, params, saved, out, num_threads)
        self.spoil(out, dy=dy, arrays=arrays)

    def spoil_y(self, y: Array, **given: Any) -> None: ...

    def spoil(self, out: Mapping[str, Array], **given: Any) -> None: ...


# Declarations.


@fails("name")
class Nameless(Weighed):
    """Has a repr without its name."""

    def __repr__(self) -> str:
        return "<a method>"


@fails("api_version")
class Timeless(Weighed):
    """Does not say for which contract it was written."""

    api_version = None


@fails("docstring")
class Silent(Weighed):
    __doc__ = None


@fails("parameters")
class Undocumented(Weighed):
    """A parameter has no doc."""

    params = (*Weighed.params, pr.Param("depth", dtype="int", default=1))


@fails("parameters")
class OutOfBounds(Weighed):
    """A default is not allowed."""

    params = (*Weighed.params, pr.Param("depth", default=1.0, low=2, doc="A number."))


@fails("json_schema")
class Unwritable(Weighed):
    """A default is no value of JSON."""

    params = (*Weighed.params, pr.Param("depth", default=np.inf, doc="A number."))


@fails("pickling")
class Pickled(Weighed):
    """Becomes another object."""

    def __reduce__(self) -> Any:
        return Pickled, ()


# Values.


@fails("reference")
class Undefined(Weighed):
    """Has no reference, so nothing else is compared."""

    reference = pr.Method.reference
    reference_backward = pr.Method.reference_backward


ALL_VALUES = {"values", "stride", "padding", "dilation", "ceil_mode", "adaptive", "global", "ranks"}


@fails(*ALL_VALUES, "infinities", "limits", "trait_linear")
class OtherThanDefined(After):
    """A thousandth more than its reference."""

    def spoil_y(self, y: Array, **given: Any) -> None:
        y += 1e-3


class OtherWindows(Weighed):
    """The windows are not those that were asked for."""

    def gather(self, plan: Any) -> Gather:
        windows = tuple(map(self.other, plan.windows))
        index, valid = gather(pr._core.Plan(plan.input_shape, windows, plan.channel_axis))
        taps = [np.arange(plan.output_shape[a]) for a in plan.axes]
        outputs = pr._core.Plan(plan.input_shape, windows, plan.channel_axis).output_shape
        last = [outputs[a] - 1 for a in plan.axes]
        chosen = np.ix_(*[np.minimum(t, n) for t, n in zip(taps, last, strict=True)])
        numbers = np.arange(len(index)).reshape([n + 1 for n in last])[chosen].ravel()
        return Gather(index[numbers], valid[numbers])

    def other(self, window: Any) -> Any:
        return window

    def regular(self, window: Any, **others: Any) -> Any:
        """The window with other numbers, if it is not adaptive nor padded by "same"."""
        names = ("axis", "kind", "kernel", "stride", "before", "after", "dilation", "ceil_mode")
        if window[1] != "regular":
            return window
        return tuple({**dict(zip(names, window, strict=True)), **others}.values())


@fails("dilation", "gradient_reference")
class Undilated(OtherWindows):
    """Takes neighbours, whatever the dilation."""

    def other(self, window: Any) -> Any:
        return self.regular(window, dilation=1)


@fails("stride", "ceil_mode", "nan", "limits", "gradient_reference")
class SideBySide(OtherWindows):
    """Windows never overlap, whatever the stride."""

    def other(self, window: Any) -> Any:
        return self.regular(window, stride=window[2])


@fails("ceil_mode")
class Floor(OtherWindows):
    """Repeats the last whole window in place of one that hangs over the end."""

    def other(self, window: Any) -> Any:
        return self.regular(window, ceil_mode=False)


@fails("values")
class WrongForAChoice(Weighed):
    """Forward does not look at power."""

    def forward(self, plan: Any, arrays: Any, params: Any, *others: Any) -> None:
        super().forward(plan, arrays, {**params, "power": "one"}, *others)


@fails("padding", "adaptive", "ceil_mode", "limits", "gradient_reference")
class PaddedWithZeros(Weighed):
    """Padding is a member of value 0 and weight 1."""

    def windows(self, plan: Any, arrays: Any, params: Any) -> tuple[Array, Array, Array]:
        win, shares, factor = super().windows(plan, arrays, params)
        index, valid = gather(plan)
        weights = np.exp(planes(plan, arrays["logits"])[:, index])
        without, added = (np.where(valid, weights, w).sum(-1, keepdims=True) for w in (0, 1))
        return win, shares * without / added, factor


@fails("ranks")
class FlatOnly(Weighed):
    """Knows two pooled axes only."""

    def gather(self, plan: Any) -> Gather:
        if len(plan.axes) != 2:
            raise ValueError("not enough values to unpack (expected 2)")
        return gather(plan)


@fails("adaptive", "global")
class NotAdaptive(Weighed):
    """Needs a kernel."""

    def gather(self, plan: Any) -> Gather:
        if any(window[1] == "adaptive" for window in plan.windows):
            raise TypeError("kernel is None")
        return gather(plan)


@fails("shapes")
class NeverEmpty(Weighed):
    """Takes the maximum of an empty array."""

    def read(self, array: Array) -> Array:
        array.max()
        return array


# Arrays.


@fails("layouts")
class AsItLies(Weighed):
    """Takes the memory of a Fortran array to be in C order."""

    def read(self, array: Array) -> Array:
        return array.ravel("K").reshape(array.shape) if array.flags.f_contiguous else array


@fails("channels_last")
class FirstChannels(Weighed):
    """Counts channels from the end if they are the last axis."""

    def channels(self, plan: Any) -> Array:
        last = plan.channel_axis == len(plan.input_shape) - 1
        return channels(plan)[::-1] if last else channels(plan)


@fails(
    *("inputs_unchanged", "layouts", "limits"),
    *("gradient_maps", "gradient_parameters", "gradient_reference"),
)
class WritesInput(After):
    """Clips x where it is, which may be read-only, and which backward reads."""

    def spoil_y(self, y: Array, **given: Any) -> None:
        x = given["arrays"]["x"]
        np.minimum(x, 1.5, out=x)


@fails("inputs_unchanged")
class WritesUpstream(After):
    """Sets dy to 0 in the end."""

    def spoil(self, out: Mapping[str, Array], **given: Any) -> None:
        if given["dy"].flags.writeable:
            given["dy"][...] = 0


@fails("out")
class LosesViews(After):
    """Loses y if it is a view of another array."""

    def spoil_y(self, y: Array, **given: Any) -> None:
        if y.base is not None:
            y[...] = np.nan


@fails("no_warnings")
class Warns(After):
    """Computes a logarithm of 0."""

    def spoil_y(self, y: Array, **given: Any) -> None:
        np.log(given["arrays"]["x"])


@fails("no_warnings")
class WarnsInWords(After):
    """Gives advice."""

    def spoil_y(self, y: Array, **given: Any) -> None:
        warnings.warn("there is a better method", stacklevel=2)


@fails("dtypes", "gradient_float32")
class HalfExact(Weighed):
    """Computes in float16 what is asked for in float32."""

    def read(self, array: Array) -> Array:
        return array.astype(np.float16).astype(np.float32) if array.dtype == np.float32 else array


@fails("dtypes", "gradient_float32", "threads")
class DoubleOnly(Weighed):
    """Declares float32, but cannot do it."""

    def read(self, array: Array) -> Array:
        if array.dtype != np.float64:
            raise ValueError("Buffer dtype mismatch")
        return array


@fails("gradient_float32")
class HalfGradient(After):
    """Has a gradient in float16 for float32."""

    def spoil(self, out: Mapping[str, Array], **given: Any) -> None:
        if out["x"].dtype == np.float32:
            out["x"][...] = out["x"].astype(np.float16)


# NaN and infinities.


@fails("nan")
class LosesNan(Weighed):
    """Takes NaN for 0."""

    def read(self, array: Array) -> Array:
        return np.where(np.isnan(array), 0, array)


@fails("infinities", "limits")
class Finite(Weighed):
    """Takes infinities for large numbers."""

    def read(self, array: Array) -> Array:
        return np.clip(array, -1e30, 1e30)


# Limits.


class Lehmer(pr.Method):
    """The mean, weighted by a power of the sizes of the members; 1 is the plain mean."""

    name = "test.lehmer"
    api_version = (1, 0)
    params = (pr.Param("p", kind="learnable", shape="1|C", default=2.0, low=1, doc="Of sizes."),)
    reducer = pr.WeightedMean(
        lambda x, p: np.where(p == 1, 0, (p - 1) * np.log(np.abs(x))),
        partials={
            "x": lambda x, p: np.where(p == 1, 0, (p - 1) / x),
            "p": lambda x: np.log(np.where(x == 0, 1, np.abs(x))),
        },
    )

    def reference(self, window: pr.Window, params: Mapping[str, Any]) -> Any:
        x, sizes = window.values, np.abs(window.values)
        weights = np.where(sizes == sizes.max(), 1, sizes / sizes.max()) ** (params["p"] - 1)
        return weights @ x / weights.sum()


@fails("limits")
class NotOneOfZero(Lehmer):
    """Takes 0 to the power 0 for no number."""

    reducer = pr.WeightedMean(
        lambda x, p: (p - 1) * np.log(np.abs(x)), partials=Lehmer.reducer.partials
    )


@fails("limits")
class NoSlopeAtZero(Lehmer):
    """The gradient divides 0 by 0 where y is finite."""

    reducer = pr.WeightedMean(
        Lehmer.reducer.main[0],
        partials={**Lehmer.reducer.partials, "x": lambda x, p: (p - 1) / x},
    )


@fails("limits")
class WrongAtTheLimit(ScaledMean):
    """The gradient of the scale is wrong where that is as small as it may be."""

    params = (
        pr.Param("scale", kind="learnable", shape="1|C", default=1.0, low=0.5, doc="Of outputs."),
    )
    reducer = pr.WindowFunction(
        scaled_mean,
        lambda block, dy: {
            name: np.where((name == "scale") & (block.params["scale"] == 0.5), 0, gradient)
            for name, gradient in scaled_mean_backward(block, dy).items()
        },
    )


# Gradients.


@fails("gradient_x", "gradient_reference", "limits")
class WrongByX(After):
    """The gradient of x is that of the logits."""

    def spoil(self, out: Mapping[str, Array], **given: Any) -> None:
        out["x"][...] *= 1.001


@fails("gradient_maps", "gradient_reference")
class WrongByMap(After):
    """The gradient of the logits has the wrong sign."""

    def spoil(self, out: Mapping[str, Array], **given: Any) -> None:
        out["logits"][...] *= -1


@fails("gradient_parameters", "gradient_reference", "limits")
class NotSummed(After):
    """The gradient of the scale is that of one member of one output alone."""

    def spoil(self, out: Mapping[str, Array], **given: Any) -> None:
        if given["dy"].size:
            out["scale"][...] = given["dy"].flat[0] * given["arrays"]["x"].flat[0]


@fails("gradient_reference")
class WrongByChoice(Weighed):
    """The gradient is right but for a choice that is not the default."""

    def backward(self, plan: Any, dy: Array, arrays: Any, params: Any, *others: Any) -> None:
        super().backward(plan, dy, arrays, {**params, "power": "one"}, *others)


@fails("vjp_forward")
class OtherInTraining(After):
    """Another y if a gradient will be asked for."""

    def spoil_y(self, y: Array, **given: Any) -> None:
        if given["saved"] is not None:
            y *= 1 + 1e-12


@fails("vjp_linear")
class UsesUp(After):
    """Backward leaves what was saved changed, and needs it."""

    def saved_spec(self, plan: Any, params: Any) -> list[Any]:
        return [*super().saved_spec(plan, params), ("scale", (), np.float32)]

    def spoil_y(self, y: Array, **given: Any) -> None:
        if given["saved"] is not None:
            given["saved"]["scale"][...] = 1

    def backward(
        self, plan: Any, dy: Array, arrays: Any, params: Any, saved: Any, *rest: Any
    ) -> None:
        super().backward(plan, saved["scale"] * dy, arrays, params, saved, *rest)
        saved["scale"][...] = 0


# Hidden state, threads, company.


@fails("randomness", "trait_needs_rng")
class NeverDraws(Weighed):
    """Declares that it draws random numbers, and does not."""

    traits = pr.Traits(linear=True, needs_rng=True)


@fails(
    *("repeated_calls", "global_random_state", "vjp_forward", "out", "threads", "concurrent_calls"),
)
class GlobalRandom(After):
    """Draws from numpy.random."""

    def spoil_y(self, y: Array, **given: Any) -> None:
        y *= 1 + 1e-12 * np.random.random(y.shape)  # noqa: NPY002


@fails("global_random_state")
class Reseeds(After):
    """Seeds the generator of everybody."""

    def spoil_y(self, y: Array, **given: Any) -> None:
        np.random.seed(0)  # noqa: NPY002


@fails("threads")
class ByThreads(After):
    """Another order of the sums for each number of threads."""

    def spoil_y(self, y: Array, **given: Any) -> None:
        y *= 1 + 1e-15 * given["num_threads"]


@fails("concurrent_calls")
class Remembers(Weighed):
    """Keeps the input on the method during the call."""

    def forward(self, plan: Any, arrays: Any, params: Any, *others: Any) -> None:
        self.arrays = arrays
        if threading.current_thread() is not threading.main_thread():
            time.sleep(0.002)
        mine = self.arrays if self.arrays["x"].shape == arrays["x"].shape else arrays
        super().forward(plan, mine, params, *others)


@fails("repeated_calls", "concurrent_calls")
class ByThread(After):
    """A little more on every thread but the main one."""

    def spoil_y(self, y: Array, **given: Any) -> None:
        y *= 1 + 1e-12 * (threading.current_thread() is not threading.main_thread())


@fails("batch", "shapes", "nan", "infinities", "limits")
class Whitened(After):
    """Every plane is moved by a little of what the first plane holds."""

    def spoil_y(self, y: Array, **given: Any) -> None:
        if y.size:
            y += 1e-10 * y[:1]


# Functions on blocks.


@fails("kept_blocks")
class Keeps(ScaledMean):
    """Keeps the windows of the last block."""

    kept: ClassVar[list[Array]] = []

    @staticmethod
    def forward_and_keep(block: Any) -> Array:
        Keeps.kept[:] = [block.win]
        return scaled_mean(block)

    reducer = pr.WindowFunction(forward_and_keep, scaled_mean_backward)


@fails("padding", "adaptive", "ceil_mode", "limits", "gradient_reference")
class CountsTaps(ScaledMean):
    """Divides by the taps of a window, members or not."""

    reducer = pr.WindowFunction(
        lambda block: scaled_mean(block) * block.count / len(block.win),
        lambda block, dy: scaled_mean_backward(block, dy * block.count / len(block.win)),
    )


@fails(
    *("repeated_calls", "inputs_unchanged", "shapes", "limits"),
    *("layouts", "channels_last", "out", "no_warnings"),
    *("kept_blocks", "gradient_x", "gradient_parameters", "gradient_reference"),
    *("gradient_float32", "vjp_linear", "global_random_state", "threads", "concurrent_calls"),
    "trait_differentiable",
)
class Summed(ScaledMean):
    """Adds up the gradient of the scale itself."""

    reducer = pr.WindowFunction(
        scaled_mean,
        lambda block, dy: scaled_mean_backward(block, dy) | {"scale": np.sum(dy * block.win)},
    )


@fails("gradient_parameters", "layouts", "channels_last", "limits", "gradient_reference")
class DividedByLanes(ScaledMean):
    """Takes the mean over the lanes for what is added up."""

    reducer = pr.WindowFunction(
        scaled_mean,
        lambda block, dy: {
            name: gradient / (len(dy) if name == "scale" else 1)
            for name, gradient in scaled_mean_backward(block, dy).items()
        },
    )


@fails("shapes", "global")
class Squeezed(ScaledMean):
    """Returns a number where there is one lane."""

    reducer = pr.WindowFunction(lambda block: scaled_mean(block).squeeze(), scaled_mean_backward)


# Traits.


class SoftMean(pr.Method):
    """The mean, weighted by the exponentials of the members: neither linear nor separable."""

    name = "test.soft"
    api_version = (1, 0)
    reducer = pr.Weighted("softmax", parameters=(1.0,))

    def reference(self, window: pr.Window, params: Mapping[str, Any]) -> Any:
        return pr.get_method("soft").reference(window, {"beta": 1.0, "grad": "exact"})

    def reference_backward(
        self, window: pr.Window, params: Mapping[str, Any], dy: Any
    ) -> dict[str, Any]:
        by = pr.get_method("soft").reference_backward(window, {"beta": 1.0, "grad": "exact"}, dy)
        return {"x": by["x"]}


for trait in ("linear", "separable", "label_preserving", "composable", "mergeable"):
    body = {"__doc__": f"Declares to be {trait}.", "traits": pr.Traits(**{trait: True})}
    fails(f"trait_{trait}")(type(f"Not{trait.title().replace('_', '')}", (SoftMean,), body))


@fails("trait_differentiable", "shapes", "gradient_parameters", "gradient_reference", "limits")
class OneGradientIsNotFinite(After):
    """Divides by 0 in the gradient."""

    def spoil(self, out: Mapping[str, Array], **given: Any) -> None:
        out["scale"][...] = np.inf
