"""`poolreg apply`: files in, files out, and every way in which a file can be wrong."""

import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import poolreg as pr
import pytest

pytest.importorskip("click")
pytest.importorskip("rich")
pytest.importorskip("matplotlib")
pytest.importorskip("PIL")

from command import Call, Drawn, Weighted, assert_one_line, caller
from matplotlib.figure import Figure
from PIL import Image
from poolreg.cli import parsing
from poolreg.cli.pictures import contrast, demo, gallery, images
from poolreg.engine.arrays import input_array
from poolreg.engine.windows import Windows

NOISE = np.random.default_rng(0)
COLOURS = NOISE.integers(0, 256, (24, 30, 3), np.uint8)
GREY = NOISE.integers(0, 256, (24, 30), np.uint8)
DEEP = NOISE.integers(0, 65536, (24, 30), np.uint16)
CLEAR = NOISE.integers(0, 256, (24, 30, 4), np.uint8)
CLEAR_GREY = NOISE.integers(0, 256, (24, 30, 2), np.uint8)
MAX_2 = ("--method", "max", "--kernel", 2)


@pytest.fixture
def call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Call:
    return caller(tmp_path, monkeypatch, capsys)


def write(name: str, array: Any, **options: Any) -> None:
    if name.endswith(".npy"):
        np.save(name, array)
    else:
        Image.fromarray(array).save(name, **options)


def read(name: str) -> Any:
    return np.load(name) if name.endswith(".npy") else np.asarray(Image.open(name))


def pooled(array: Any, *words: Any, **window: Any) -> Any:
    return pr.pool(array.astype(np.float32), *words, axes=(0, 1), **window)


def pooled_pixels(array: Any, *words: Any, **window: Any) -> Any:
    """Colours are pooled as they are seen: times their opacity, if there is one."""
    if array.ndim == 2 or array.shape[2] == 3:
        return np.rint(pooled(array, *words, **window))
    opacity = array[..., -1:] / np.float32(255)
    seen = np.concatenate([array[..., :-1] * opacity, array[..., -1:]], axis=-1)
    y = pooled(seen, *words, **window)
    return np.rint(np.concatenate([y[..., :-1] / (y[..., -1:] / 255), y[..., -1:]], axis=-1))


# ---- Images --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "pixels", [COLOURS, GREY, DEEP, CLEAR, CLEAR_GREY], ids=["RGB", "L", "16", "RGBA", "LA"]
)
@pytest.mark.parametrize("method", ["max", "avg"])
def test_pixels_are_those_of_pool(pixels: Any, method: str, call: Call) -> None:
    write("in.png", pixels)
    done = call("apply", "in.png", "out.png", "--method", method, "--kernel", "3x2")
    assert (done.code, done.err) == (0, "")
    result = read("out.png")
    assert result.dtype == pixels.dtype
    np.testing.assert_array_equal(result, pooled_pixels(pixels, method, (3, 2)))
    assert done.out == (
        f"in.png: {pixels.shape} float32\nwrote out.png: {result.shape} {result.dtype}\n"
    )


@pytest.mark.parametrize(
    ("options", "arguments"),
    [
        (["--kernel", 3], dict(kernel_size=3)),
        (["--kernel", "3x2", "--stride", "2x1"], dict(kernel_size=(3, 2), stride=(2, 1))),
        (["--kernel", 3, "--padding", 1], dict(kernel_size=3, padding=1)),
        (["--kernel", 3, "--padding", "0x1"], dict(kernel_size=3, padding=(0, 1))),
        (["--kernel", 3, "--padding", "0:1x2:0"], dict(kernel_size=3, padding=((0, 1), (2, 0)))),
        (["--kernel", 3, "--padding", "same"], dict(kernel_size=3, padding="same")),
        (["--kernel", 5, "--padding", "same_lower"], dict(kernel_size=5, padding="same_lower")),
        (["--kernel", 3, "--dilation", "2x3"], dict(kernel_size=3, dilation=(2, 3))),
        (["--kernel", 7, "--ceil-mode"], dict(kernel_size=7, ceil_mode=True)),
        (["--output-size", 7], dict(output_size=7)),
        (["--output-size", "nonex4"], dict(output_size=(None, 4))),
        (["--kernel", 2, "--threads", 1], dict(kernel_size=2, num_threads=1)),
        (
            ["--kernel", 3, "--padding", 1, "--param", "count_include_pad=no"],
            dict(kernel_size=3, padding=1, count_include_pad=False),
        ),
        (
            ["--kernel", 3, "--param", "divisor_override=12"],
            dict(kernel_size=3, divisor_override=12),
        ),
        (
            ["--kernel", 3, "--param", "divisor_override=none", "--param", "count_include_pad=1"],
            dict(kernel_size=3),
        ),
    ],
    ids=lambda value: "_".join(map(str, value)) if isinstance(value, list) else "",
)
def test_options_are_arguments(options: Any, arguments: dict[str, Any], call: Call) -> None:
    write("in.png", COLOURS)
    assert call("apply", "in.png", "out.npy", "--method", "avg", *options).code == 0
    np.testing.assert_array_equal(read("out.npy"), pooled(COLOURS, "avg", **arguments))


def test_values_that_a_file_cannot_hold_are_clipped_and_counted(call: Call) -> None:
    pixels = np.array([[1, 2, 200, 200], [3, 4, 200, 200]], np.uint8)
    write("in.png", pixels)
    done = call("apply", "in.png", "out.png", "--method", "sum", "--kernel", 2)
    assert read("out.png").tolist() == [[10, 255]]
    assert "(1, 2) uint8, 1 of 2 values clipped" in done.out


@pytest.mark.parametrize("pixels", [COLOURS, DEEP], ids=["8", "16"])
@pytest.mark.parametrize("method", ["soft", "logavgexp", "avg", "max"])
def test_white_is_about_8_while_pooling(pixels: Any, method: str, call: Call) -> None:
    """As in the demo, and a power of two away, so that nothing is rounded that was not."""
    top = {np.uint8: 255.0, np.uint16: 65535.0}[pixels.dtype.type]
    scale = np.float32(images.scale_of(top))
    assert 4 < top * scale < 16
    assert np.frexp(scale)[0] == 0.5
    assert scale == demo.SCALE or top != 255
    write("in.png", pixels)
    assert call("apply", "in.png", "out.npy", "--method", method, "--kernel", 3).code == 0
    expected = pooled(pixels * scale, method, 3) / scale
    np.testing.assert_array_equal(read("out.npy"), expected)
    if method in ("avg", "max"):
        np.testing.assert_array_equal(expected, pooled(pixels, method, 3))
    if method == "soft":
        mean, most = (pooled(pixels, name, 3) / top for name in ("avg", "max"))
        assert np.abs(expected / top - mean).mean() > 0.05
        assert np.abs(expected / top - most).mean() > 0.02


def test_another_white_is_the_scale_while_pooling(call: Call) -> None:
    write("in.png", COLOURS)
    words = ("--method", "soft", "--kernel", 2, "--white", 1)
    assert call("apply", "in.png", "out.npy", *words).code == 0
    expected = pooled(COLOURS / np.float32(255), "soft", 2) * 255
    np.testing.assert_allclose(read("out.npy"), expected, rtol=1e-5)
    assert call("apply", "in.png", "out.png", *words).code == 0
    np.testing.assert_allclose(read("out.png"), expected, atol=0.51)


def test_compare_pools_as_apply_does(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: dict[str, Any] = {}

    def draw(original: Any, panels: Any, *words: Any) -> Any:
        shown.update({panel.title: panel.image for panel in panels})
        return Figure()

    monkeypatch.setattr(gallery, "draw", draw)
    write("in.png", COLOURS)
    assert call("apply", "in.png", "all.png", "--compare", "soft,max", "--kernel", 3).code == 0
    for method, image in shown.items():
        assert call("apply", "in.png", f"{method}.npy", "--method", method, "--kernel", 3).code == 0
        np.testing.assert_array_equal(image, read(f"{method}.npy"))
    assert shown.keys() == {"soft", "max"}


def test_16_bits_become_8_in_a_jpeg(call: Call) -> None:
    write("in.png", np.full((8, 8), 32896, np.uint16))
    assert call("apply", "in.png", "out.jpg", *MAX_2).code == 0
    assert read("out.jpg").tolist() == [[128] * 4] * 4


def test_jpeg_in_jpeg_out(call: Call) -> None:
    write("in.JPG", np.full((8, 8, 3), (200, 100, 50), np.uint8), format="JPEG")
    assert call("apply", "in.JPG", "out.jpeg", *MAX_2).code == 0
    assert read("out.jpeg").shape == (4, 4, 3)
    assert np.abs(read("out.jpeg").astype(int) - [200, 100, 50]).max() < 5


def test_palettes_and_bits_become_colours_and_grey(call: Call) -> None:
    image = Image.fromarray(COLOURS).convert("P", palette=Image.Palette.ADAPTIVE)
    image.save("palette.png")
    assert call("apply", "palette.png", "colours.png", *MAX_2).code == 0
    expected = pooled(np.asarray(image.convert("RGB")), "max", 2)
    np.testing.assert_array_equal(read("colours.png"), expected)
    write("bits.png", GREY > 128)
    assert call("apply", "bits.png", "grey.png", *MAX_2).code == 0
    np.testing.assert_array_equal(read("grey.png"), pooled((GREY > 128) * 255, "max", 2))


def test_a_turned_photograph_is_pooled_upright(call: Call) -> None:
    turned = Image.Exif()
    turned[0x0112] = 6
    write("in.png", GREY, exif=turned)
    assert call("apply", "in.png", "out.png", *MAX_2).code == 0
    np.testing.assert_array_equal(read("out.png"), pooled(np.rot90(GREY, -1), "max", 2))


def test_a_colour_profile_is_kept(call: Call) -> None:
    write("in.png", COLOURS, icc_profile=b"profile")
    assert call("apply", "in.png", "out.png", *MAX_2).code == 0
    with Image.open("out.png") as image:
        assert image.info["icc_profile"] == b"profile"


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, depth: int, colour: int, data: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(data)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*one) for one in chunks)


def test_16_bit_colours_are_read_as_8_and_it_is_said(call: Call) -> None:
    row = b"\0" + np.full((4, 3), 0x1234, ">u2").tobytes()
    Path("in.png").write_bytes(png(4, 2, 16, 2, row * 2))
    done = call("apply", "in.png", "out.png", *MAX_2)
    assert "(16 bits a channel were read as 8)" in done.out
    assert (read("out.png") == 0x12).all()


# ---- Arrays --------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64, ">f4"])
def test_arrays_stay_as_they_are(dtype: Any, call: Call) -> None:
    x = NOISE.standard_normal((2, 3, 8, 6)).astype(dtype)
    write("in.npy", x)
    assert call("apply", "in.npy", "out.npy", *MAX_2, "--axes", "2,-1").code == 0
    y = read("out.npy")
    assert y.dtype == np.dtype(dtype).newbyteorder("=")
    np.testing.assert_array_equal(y, pr.pool(x, "max", 2, axes=(2, 3)))


@pytest.mark.parametrize("shape", [(8, 6), (8, 6, 5)])
def test_the_first_two_axes_of_small_arrays_are_pooled(shape: Any, call: Call) -> None:
    x = NOISE.standard_normal(shape)
    write("in.npy", x)
    assert call("apply", "in.npy", "out.npy", *MAX_2).code == 0
    np.testing.assert_array_equal(read("out.npy"), pr.pool(x, "max", 2, axes=(0, 1)))


def test_an_array_becomes_an_image_if_white_is_given(call: Call) -> None:
    write("in.npy", np.linspace(0, 2, 16).reshape(4, 4, 1))
    assert call("apply", "in.npy", "out.png", *MAX_2, "--white", 2).code == 0
    expected = np.rint(np.array([[5, 7], [13, 15]]) / 15 * 255)
    np.testing.assert_array_equal(read("out.png"), expected)


def test_nan_and_infinity_fit_into_an_image(call: Call) -> None:
    write("in.npy", np.array([[np.nan, np.inf], [1.0, -np.inf]]))
    done = call("apply", "in.npy", "out.png", "--method", "max", "--kernel", 1, "--white", 1)
    assert (done.code, done.err) == (0, "")
    assert read("out.png").tolist() == [[0, 255], [255, 0]]
    assert "3 of 4 values clipped" in done.out


# ---- Parameters ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["scale=2.5"], dict(scale=2.5)),
        (["scale=1,2,3"], dict(scale=np.array([1.0, 2, 3]))),
        (["scale=@scale.npy"], dict(scale=np.array([3.0, 2, 1]))),
        (["order=2", "bias=0.5"], dict(order=2, bias=0.5)),
        (["bias=None", "exact=false", "side=right"], {}),
    ],
    ids=lambda value: ",".join(value) if isinstance(value, list) else "",
)
def test_parameters_are_typed_by_the_schema(words: Any, expected: Any, call: Call) -> None:
    x = NOISE.uniform(0, 1, (6, 4, 3)).astype(np.float32)
    weight = NOISE.uniform(0, 1, x.shape)
    write("x.npy", x)
    write("weight.npy", weight)
    write("scale.npy", np.array([3.0, 2, 1]))
    params = [part for word in words for part in ("--param", word)]
    with pr.registered(Weighted):
        call_words = ("--method", "test.weighted", "--kernel", 2, "--param", "weight=@weight.npy")
        done = call("apply", "x.npy", "y.npy", *call_words, *params)
        assert (done.code, done.err) == (0, "")
        y = pr.pool(
            x,
            "test.weighted",
            2,
            axes=(0, 1),
            channel_axis=2,
            weight=weight.astype(np.float32),
            **expected,
        )
    np.testing.assert_array_equal(read("y.npy"), y)


def test_a_map_can_be_the_contrast_of_the_input(call: Call) -> None:
    write("in.png", COLOURS)
    with pr.registered(Weighted):
        words = ("--method", "test.weighted", "--kernel", 2, "--param", "weight=contrast")
        assert call("apply", "in.png", "out.npy", *words).code == 0
        x = COLOURS.astype(np.float32)
        weight = contrast.contrast_logits(x, (0, 1))
        expected = pr.pool(x, "test.weighted", 2, axes=(0, 1), weight=weight)
    np.testing.assert_array_equal(read("out.npy"), expected)


def test_a_seed_makes_draws_repeat(call: Call) -> None:
    write("in.png", COLOURS)
    with pr.registered(Drawn):
        words = ("--method", "test.drawn", "--kernel", 2, "--param", "training=true")
        for name in ("a.npy", "b.npy"):
            assert call("apply", "in.png", name, *words, "--seed", 7).code == 0
        expected = pooled(COLOURS, "test.drawn", 2, training=True, rng=7)
    np.testing.assert_array_equal(read("a.npy"), expected)
    np.testing.assert_array_equal(read("b.npy"), expected)


def test_state_between_calls_is_refused() -> None:
    counts = pr.Param("counts", kind="state", default=None, optional=True)
    x = np.ones((2, 2))
    assert parsing.parameter(counts, "none", x, (0, 1)) is None
    with pytest.raises(pr.ParameterError, match="counts is kept between calls"):
        parsing.parameter(counts, "1", x, (0, 1))


# ---- Comparisons ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "pixels", [COLOURS, GREY, DEEP, CLEAR, CLEAR_GREY], ids=["RGB", "L", "16", "RGBA", "LA"]
)
def test_compare_shows_all_methods_beside_the_original(pixels: Any, call: Call) -> None:
    write("in.png", pixels)
    done = call("apply", "in.png", "out.svg", "--compare", "max, avg,sum", "--kernel", 3)
    assert (done.code, done.err) == (0, "")
    drawn = Path("out.svg").read_text(encoding="utf-8")
    for title in ("original", "max", "avg", "sum"):
        assert f"<!-- {title} -->" in drawn
    assert drawn.count("<image ") == 8
    assert "wrote out.svg: 3 methods\n" in done.out


def test_compare_takes_one_method(call: Call) -> None:
    write("in.png", GREY)
    done = call("apply", "in.png", "out.svg", "--compare", "max", "--kernel", 3)
    assert "wrote out.svg: 1 method\n" in done.out
    assert "<!-- One image, 1 way to pool it -->" in Path("out.svg").read_text(encoding="utf-8")


def test_compare_gives_each_method_what_it_knows(call: Call) -> None:
    write("in.png", COLOURS)
    with pr.registered(Drawn), pr.registered(Weighted):
        done = call(
            *("apply", "in.png", "out.svg", "--kernel", 3, "--seed", 3),
            *("--compare", "test.drawn,avg,test.weighted", "--param", "training=yes"),
            *("--param", "count_include_pad=no", "--param", "weight=contrast"),
        )
    assert (done.code, done.err) == (0, "")
    drawn = Path("out.svg").read_text(encoding="utf-8")
    for note in ("training=yes, rng=3", "count_include_pad=no", "weight=contrast"):
        assert f"<!-- {note} -->" in drawn


@pytest.mark.parametrize("value", [np.nan, np.inf, 0.0])
def test_compare_draws_any_array_that_is_an_image(value: float, call: Call) -> None:
    write("in.npy", np.full((9, 7, 1), value))
    done = call("apply", "in.npy", "out.png", "--compare", "max,min", "--kernel", 2)
    assert (done.code, done.err) == (0, "")
    assert read("out.png").shape[2] == 4


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        (dict(kernel_size=4), (0, 0, 28, 24)),
        (dict(kernel_size=3, stride=1), (1, 1, 28, 22)),
        (dict(kernel_size=3, stride=1, padding=1), (0, 0, 30, 24)),
        (dict(kernel_size=3, stride=1, padding="same"), (0, 0, 30, 24)),
        (dict(kernel_size=2, stride=1, padding="same"), (0.5, 0.5, 30, 24)),
        (dict(kernel_size=2, stride=1, padding="same_lower"), (-0.5, -0.5, 30, 24)),
        (dict(kernel_size=3, stride=1, dilation=2), (2, 2, 26, 20)),
        (dict(output_size=7), (0, 0, 30, 24)),
    ],
    ids=str,
)
def test_an_output_lies_where_its_windows_are(window: Any, expected: Any) -> None:
    plan = Windows(**window, axes=(0, 1)).plan((24, 30))
    part = gallery.footprint(plan)
    assert (part.left, part.top, part.width, part.height) == expected


def test_the_busiest_part_is_enlarged() -> None:
    image = np.zeros((100, 160, 3))
    image[60:70, 100:120] = NOISE.uniform(0, 1, (10, 20, 3))
    part = gallery.busiest_detail(image)
    assert part.left <= 100 < 120 <= part.left + part.width
    assert part.top <= 60 < 70 <= part.top + part.height


@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (50, 1), (2, 3, 4)])
def test_any_image_has_a_detail(shape: Any) -> None:
    part = gallery.busiest_detail(np.ones(shape))
    assert 0 <= part.left < part.left + part.width <= shape[1]
    assert 0 <= part.top < part.top + part.height <= shape[0]


# ---- Errors --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("in.png", "out.png", "--kernel", 2), "give --method NAME or --compare"),
        (
            ("in.png", "out.png", *MAX_2, "--compare", "max,avg"),
            "give --method NAME or --compare",
        ),
        (("in.png", "out.png", "--method", "max"), "give --kernel or --output-size"),
        (("in.png", "out.png", *MAX_2, "--output-size", 2), "output_size"),
        (("in.png",), "Missing argument 'OUT'"),
        (("none.png", "out.png", *MAX_2), "'none.png' does not exist"),
        ((".", "out.png", *MAX_2), "is a directory"),
        (("in.png", "folder.png", *MAX_2), "is a directory"),
        (("in.png", "out.gif", *MAX_2), "out.gif cannot be written as gif; formats are: png, jpeg"),
        (("in.png", "out", *MAX_2), "out cannot be written without a format in its name"),
        (("in.png", "out.png", *MAX_2, "--format", "bmp"), "cannot be written as bmp"),
        (("in.png", "-", *MAX_2), "give --format, one of: png"),
        (("in.txt", "out.png", *MAX_2), "in.txt cannot be read: it is no PNG, JPEG, TIFF, WebP"),
        (("in.png", "out.npy", "--compare", "max,avg", "--kernel", 2), "written as npy; formats"),
        (("in.png", "out.png", "--compare", "max,", "--kernel", 2), "'max,' is not a list of"),
        (("in.png", "out.png", "--compare", "max,maxi", "--kernel", 2), "did you mean 'max'"),
        (("in.png", "out.png", "--method", "maxi", "--kernel", 2), "did you mean 'max'"),
        (("in.png", "out.png", "--method", "max", "--kernel", "two"), "'two' is not an integer"),
        (("in.png", "out.png", "--method", "max", "--kernel", "0"), "greater than zero"),
        (("in.png", "out.png", "--method", "max", "--kernel", "2x2x2"), "kernel_size"),
        (("in.png", "out.png", "--method", "max", "--kernel", "99"), "does not fit"),
        (("in.png", "out.png", *MAX_2, "--padding", "1:2:3"), "'1:2:3' is not an integer, 1x2"),
        (("in.png", "out.png", *MAX_2, "--padding", "full"), "'full' is not"),
        (("in.png", "out.png", *MAX_2, "--axes", "0,x"), "'0,x' is not a list of integers"),
        (("in.png", "out.png", *MAX_2, "--axes", "0,7"), "axes"),
        (("in.png", "out.png", *MAX_2, "--seed", 1), "rng"),
        (("in.png", "out.png", *MAX_2, "--seed", -1), "'--seed'"),
        (("in.png", "out.png", *MAX_2, "--threads", 0), "'--threads'"),
        (("in.png", "out.png", *MAX_2, "--white", 0), "'--white'"),
        (("in.png", "out.png", *MAX_2, "--param", "k"), "'k' is not of the form name=value"),
        (("in.png", "out.png", *MAX_2, "--param", "k=1"), "'max' has no parameter 'k'"),
        (("in.png", "out.png", *MAX_2, "--param", "axes=1"), "'max' has no parameter 'axes'"),
        (
            ("in.png", "out.png", "--compare", "max,avg", "--kernel", 2, "--param", "k=1"),
            "none of max, avg has a parameter 'k'",
        ),
        (("clear.png", "out.jpg", *MAX_2), "JPEG has no transparency"),
        (("four.npy", "out.npy", *MAX_2), "with --axes, for example --axes 2,3"),
        (("one.npy", "out.npy", *MAX_2), "with --axes, for example --axes 0"),
        (("none.npy", "out.npy", *MAX_2), "the array has shape (): there is no axis to pool"),
        (("none.npy", "out.npy", *MAX_2, "--axes", "0"), "there is no axis to pool"),
        (("in.png", "out.npy", *MAX_2, "--array", "a"), "--array: in.png is no .npz file"),
        (("two.npy", "out.npy", *MAX_2, "--page", "1"), "--page: two.npy holds arrays"),
        (("in.png", "out.npy", *MAX_2, "--page", "2"), "--page: in.png has 1 page, got 2"),
        (("four.npy", "out.png", *MAX_2, "--axes", "2,3", "--white", 1), "is no image"),
        (
            ("four.npy", "out.png", "--compare", "max", "--kernel", 2, "--axes", "2,3"),
            "draws images",
        ),
        (("two.npy", "out.png", *MAX_2), "--white"),
    ],
    ids=lambda value: " ".join(map(str, value)) if isinstance(value, tuple) else "",
)
def test_a_wrong_word_is_one_line(words: Any, expected: str, call: Call, tmp_path: Path) -> None:
    write("in.png", COLOURS)
    write("clear.png", CLEAR)
    write("four.npy", np.ones((2, 3, 4, 4)))
    write("two.npy", np.ones((4, 4)))
    write("one.npy", np.ones(4))
    write("none.npy", np.ones(()))
    Path("in.txt").write_text("text")
    Path("folder.png").mkdir()
    before = sorted(tmp_path.iterdir())
    assert_one_line(call("apply", *words), expected)
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("order=0", "order must be an integer >= 1 and <= 3, got 0"),
        ("order=two", "order must be an integer >= 1 and <= 3, got 'two'"),
        ("order=1.5", "got '1.5'"),
        ("side=up", "side must be 'left' or 'right', got 'up'"),
        ("exact=maybe", "exact must be True or False, got 'maybe'"),
        ("scale=x", "got 'x'"),
        ("scale=1,2", "scale must be"),
        ("scale=@none.npy", "none.npy: No such file or directory"),
        ("scale=@in.png", "in.png cannot be read as .npy"),
        ("weight=1", "weight must be @FILE.npy or contrast (made of the input), got '1'"),
        ("weight=@two.npy", "weight must be float32 of shape (24, 30, 3)"),
    ],
)
def test_a_wrong_parameter_is_one_line(word: str, expected: str, call: Call) -> None:
    write("in.png", COLOURS)
    write("two.npy", np.ones((4, 4)))
    with pr.registered(Weighted):
        words = ("--method", "test.weighted", "--kernel", 2, "--param", "weight=contrast")
        done = call("apply", "in.png", "out.png", *words, "--param", word)
    assert_one_line(done, expected)
    assert not Path("out.png").exists()


def test_a_missing_map_is_one_line(call: Call) -> None:
    write("in.png", COLOURS)
    with pr.registered(Weighted):
        done = call("apply", "in.png", "out.png", "--method", "test.weighted", "--kernel", 2)
    assert_one_line(done, "method 'test.weighted' needs weight")


@pytest.mark.parametrize("name", ["whole.png", "whole.jpg", "whole.npy"])
def test_a_truncated_file_is_one_line_wherever_it_ends(name: str, call: Call) -> None:
    write(name, COLOURS.astype(np.float32) if name.endswith(".npy") else COLOURS)
    whole = Path(name).read_bytes()
    cut = Path("cut" + name[5:])
    for end in {*range(0, 200, 13), *range(200, len(whole) - 30, len(whole) // 20)}:
        cut.write_bytes(whole[:end])
        assert_one_line(call("apply", cut, "out.npy", *MAX_2), str(cut))
    assert not Path("out.npy").exists()


@pytest.mark.parametrize("name", ["whole.png", "whole.jpg", "whole.npy"])
def test_a_broken_file_is_one_line_or_an_image(name: str, call: Call) -> None:
    write(name, COLOURS.astype(np.float32) if name.endswith(".npy") else COLOURS)
    whole = bytearray(Path(name).read_bytes())
    broken = Path("broken" + name[5:])
    for place in range(0, 160, 3):
        bad = whole.copy()
        bad[place] ^= 0xFF
        broken.write_bytes(bad)
        done = call("apply", broken, "out.npy", "--method", "max", "--kernel", 1)
        if done.code:
            assert_one_line(done)


@pytest.mark.parametrize("name", ["in.png", "in.jpg", "in.npy"])
@pytest.mark.parametrize("content", [b"", b"hello, world\n", b"\0" * 4096])
def test_a_file_that_is_something_else_is_one_line(name: str, content: bytes, call: Call) -> None:
    Path(name).write_bytes(content)
    assert_one_line(call("apply", name, "out.png", *MAX_2), name)


def test_what_a_file_is_its_first_bytes_say(call: Call) -> None:
    write("in.npy", COLOURS.astype(np.float32))
    write("in.png", COLOURS)
    Path("in.npy").rename("array.png")
    Path("in.png").rename("image.npy")
    for name in ("array.png", "image.npy"):
        assert call("apply", name, "out.npy", *MAX_2, "--overwrite").code == 0
        np.testing.assert_array_equal(read("out.npy"), pooled(COLOURS, "max", 2))


def test_pickled_objects_are_not_loaded(call: Call) -> None:
    np.save("in.npy", np.array([{}], dtype=object), allow_pickle=True)
    done = call("apply", "in.npy", "out.npy", *MAX_2)
    assert_one_line(done, "in.npy cannot be read: ", "allow_pickle=False")


@pytest.mark.parametrize("dtype", [np.int64, np.uint8, np.bool, np.float16, np.complex64, "U3"])
def test_an_array_is_refused_in_the_words_of_pool(dtype: Any, call: Call) -> None:
    array = np.zeros((4, 4), dtype)
    write("in.npy", array)
    done = call("apply", "in.npy", "out.npy", *MAX_2)
    with pytest.raises(pr.DTypeError) as refused:
        input_array("array", array)
    assert done.err == f"poolreg: in.npy: {refused.value}\n"
    assert (done.code, done.out) == (2, "")


def test_a_parameter_of_channels_says_how_many(call: Call) -> None:
    write("in.png", COLOURS)
    words = ("--method", "dpp", "--kernel", 2, "--param", "alpha=1,2")
    assert_one_line(call("apply", "in.png", "out.png", *words), "C is 3 (axis 2 of")


def test_a_header_that_promises_too_much_is_one_line(call: Call) -> None:
    write("in.npy", np.zeros((4, 4)))
    header = Path("in.npy").read_bytes().replace(b"(4, 4), }" + b" " * 12, b"(4, 999999999999), }")
    Path("in.npy").write_bytes(header)
    assert_one_line(call("apply", "in.npy", "out.npy", *MAX_2), "in.npy cannot be read: ")


@pytest.mark.parametrize("side", [10_000, 20_000])
def test_a_decompression_bomb_is_one_line(side: int, call: Call) -> None:
    Path("in.png").write_bytes(png(side, side, 8, 2, b""))
    done = call("apply", "in.png", "out.png", *MAX_2)
    assert_one_line(done, "in.png is too large to be trusted")
