"""The geometry of windows, written from the rule alone: what the library's plan is held against.

Plain Python integers, no NumPy, nothing from poolreg. One `Axis` is one pooled axis of an input.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Axis:
    length: int
    kernel: int
    stride: int
    padding: tuple[int, int] = (0, 0)
    dilation: int = 1
    ceil_mode: bool = False

    @property
    def extent(self) -> int:
        """How many elements a window spans, the gaps of dilation included."""
        return self.dilation * (self.kernel - 1) + 1

    @property
    def output_size(self) -> int:
        """The last window must start inside the input or the left padding."""
        low, high = self.padding
        room = self.length + low + high - self.extent
        size = (room + (self.stride - 1 if self.ceil_mode else 0)) // self.stride + 1
        if self.ceil_mode and (size - 1) * self.stride >= self.length + low:
            size -= 1
        return size

    def taps(self, output: int) -> list[int]:
        """The positions that window `output` looks at, inside the input or not."""
        start = output * self.stride - self.padding[0]
        return [start + tap * self.dilation for tap in range(self.kernel)]

    def members(self, output: int) -> list[int]:
        """The taps inside the input: the only ones that have a value."""
        return [tap for tap in self.taps(output) if 0 <= tap < self.length]

    def counted(self, output: int) -> int:
        """How many taps `count_include_pad` counts: explicit padding, but no ceil overhang."""
        low, high = self.padding
        return sum(-low <= tap < self.length + high for tap in self.taps(output))

    @property
    def clips(self) -> bool:
        """Whether some window reaches over an edge of the input."""
        return any(len(self.members(o)) < self.kernel for o in range(self.output_size))


def adaptive_bounds(length: int, outputs: int) -> list[tuple[int, int]]:
    """Start and end of each adaptive window: the floor and ceiling of equal shares."""
    return [(o * length // outputs, -(-(o + 1) * length // outputs)) for o in range(outputs)]


def same_padding(length: int, kernel: int, stride: int, dilation: int = 1) -> tuple[int, int]:
    """TensorFlow's SAME: ceil(length / stride) outputs, the odd element of padding at the end."""
    outputs = -(-length // stride)
    total = max((outputs - 1) * stride + dilation * (kernel - 1) + 1 - length, 0)
    return total // 2, total - total // 2
