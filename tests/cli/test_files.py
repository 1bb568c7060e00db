"""Files of the command line: every format in and out, pipes, and nothing lost that was there."""

import io
import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import poolreg as pr
import pytest

pytest.importorskip("click")
pytest.importorskip("rich")
pytest.importorskip("matplotlib")
pytest.importorskip("PIL")

from command import Call, Done, assert_one_line, caller
from matplotlib.figure import Figure
from PIL import Image
from poolreg.cli.pictures import images
from poolreg.terminal import files

NOISE = np.random.default_rng(0)
PIXELS = {
    "L": NOISE.integers(0, 256, (6, 8), np.uint8),
    "I;16": NOISE.integers(0, 65536, (6, 8), np.uint16),
    "RGB": NOISE.integers(0, 256, (6, 8, 3), np.uint8),
    "LA": NOISE.integers(0, 256, (6, 8, 2), np.uint8),
    "RGBA": NOISE.integers(0, 256, (6, 8, 4), np.uint8),
    "F": NOISE.standard_normal((6, 8)).astype(np.float32),
}
AS_IT_IS = ("--method", "max", "--kernel", 1)
MAX_2 = ("--method", "max", "--kernel", 2)


@pytest.fixture
def call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Call:
    return caller(tmp_path, monkeypatch, capsys)


def save(name: str, mode: str, **options: Any) -> None:
    Image.fromarray(PIXELS[mode]).save(name, **options)


def read(name: str) -> Any:
    return np.load(name) if name.endswith(".npy") else np.asarray(Image.open(name))


# ---- Formats -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        *[("png", mode) for mode in ("L", "I;16", "RGB", "LA", "RGBA")],
        *[("tif", mode) for mode in ("L", "I;16", "RGB", "LA", "RGBA", "F")],
        *[("webp", mode) for mode in ("RGB", "RGBA")],
    ],
)
def test_an_image_comes_through_unchanged(name: str, mode: str, call: Call) -> None:
    options = {"lossless": True, "exact": True} if name == "webp" else {}
    save(f"in.{name}", mode, **options)
    done = call("apply", f"in.{name}", f"out.{name}", *AS_IT_IS)
    assert (done.code, done.err) == (0, "")
    pixels, result = PIXELS[mode], read(f"out.{name}")
    assert result.dtype == pixels.dtype
    if mode in ("LA", "RGBA"):  # what is wholly transparent is black
        np.testing.assert_array_equal(result[..., -1], pixels[..., -1])
        pixels, result = pixels * (pixels[..., -1:] > 0), result * (pixels[..., -1:] > 0)
    np.testing.assert_array_equal(result, pixels)


def test_a_gif_is_read(call: Call) -> None:
    image = Image.fromarray(PIXELS["RGB"]).convert("P", palette=Image.Palette.ADAPTIVE)
    image.save("in.gif")
    assert call("apply", "in.gif", "out.png", *AS_IT_IS).code == 0
    np.testing.assert_array_equal(read("out.png"), np.asarray(image.convert("RGB")))


def test_arrays_come_and_go_as_npz(call: Call) -> None:
    x = NOISE.standard_normal((4, 6))
    np.savez("one.npz", x)
    assert call("apply", "one.npz", "out.npz", *MAX_2).code == 0
    expected = pr.pool(x, "max", 2, axes=(0, 1))
    with np.load("out.npz") as written:
        assert list(written) == ["arr_0"]
        np.testing.assert_array_equal(written["arr_0"], expected)
    np.savez_compressed("two.npz", first=x, second=-x)
    words = ("apply", "two.npz", "out.npy", *MAX_2)
    assert_one_line(call(*words), "two.npz has not one array: choose with --array, of: first, sec")
    assert_one_line(call(*words, "--array", "third"), "has no array 'third'; it has: first, second")
    assert call(*words, "--array", "first").code == 0
    np.testing.assert_array_equal(read("out.npy"), expected)


@pytest.mark.parametrize("name", ["in.tif", "in.gif", "in.webp", "in.png"])
def test_a_page_of_several_is_chosen(name: str, call: Call) -> None:
    pages = [Image.fromarray(np.full((4, 6), level, np.uint8)) for level in (10, 120, 250)]
    lossless = {"lossless": True} if name == "in.webp" else {}
    pages[0].save(name, save_all=True, append_images=pages[1:], **lossless)
    done = call("apply", name, "out.npy", *AS_IT_IS)
    assert_one_line(done, f"{name} has 3 pages or frames: choose one with --page, 1 to 3")
    assert_one_line(call("apply", name, "out.npy", *AS_IT_IS, "--page", 4), "has 3 pages, got 4")
    for page, level in ((3, 250), (1, 10), (2, 120)):
        words = (*AS_IT_IS, "--page", page, "--overwrite")
        assert call("apply", name, "out.npy", *words).code == 0
        assert np.unique(read("out.npy").reshape(24, -1)[:, 0]).tolist() == [level]


@pytest.mark.parametrize(
    ("mode", "name", "note"),
    [
        ("CMYK", "in.jpg", " (CMYK became RGB)"),
        ("CMYK", "in.tif", " (CMYK became RGB)"),
        ("RGB", "in.jpg", ""),
    ],
)
def test_other_colours_become_rgb_and_it_is_said(
    mode: str, name: str, note: str, call: Call
) -> None:
    Image.fromarray(PIXELS["RGB"]).convert(mode).save(name)
    done = call("apply", name, "out.png", *AS_IT_IS)
    assert done.out.splitlines()[0] == f"{name}: (6, 8, 3) float32{note}"
    np.testing.assert_array_equal(read("out.png"), np.asarray(Image.open(name).convert("RGB")))


def test_integers_that_float32_does_not_hold_are_refused(call: Call) -> None:
    Image.fromarray(np.full((4, 4), 16777217, np.int32)).save("in.tif")
    assert_one_line(call("apply", "in.tif", "out.npy", *MAX_2), "integers of 32 bits")


@pytest.mark.parametrize(
    ("mode", "name", "words"),
    [
        ("F", "out.png", "which value is white with --white"),
        ("LA", "out.jpg", "JPEG has no transparency"),
    ],
)
def test_what_a_format_cannot_hold_is_refused(mode: str, name: str, words: str, call: Call) -> None:
    save("in.tif", mode)
    assert_one_line(call("apply", "in.tif", name, *MAX_2), words)


def test_a_side_that_a_format_cannot_have_is_one_line(call: Call, tmp_path: Path) -> None:
    np.save("in.npy", np.ones((1, 16384), np.float32))
    done = call("apply", "in.npy", "out.webp", *AS_IT_IS, "--white", 1)
    assert_one_line(done, "out.webp cannot be written: ")
    assert [path.name for path in tmp_path.iterdir()] == ["in.npy"]


# ---- Transparency --------------------------------------------------------------------------------


def test_an_invisible_colour_does_not_bleed_over_the_edge(call: Call) -> None:
    clear_red, blue = (255, 0, 0, 0), (0, 0, 255, 255)
    Image.fromarray(np.array([[clear_red] * 2, [blue] * 2], np.uint8)).save("in.png")
    assert call("apply", "in.png", "out.png", "--method", "avg", "--kernel", 2).code == 0
    assert read("out.png").tolist() == [[[0, 0, 255, 128]]]


@pytest.mark.parametrize("mode", ["LA", "RGBA", "P"])
@pytest.mark.parametrize("method", ["avg", "max", "min", "soft", "lp", "dpp"])
def test_what_cannot_be_seen_changes_nothing(mode: str, method: str, call: Call) -> None:
    pixels = PIXELS["LA" if mode == "LA" else "RGBA"].copy()
    pixels[..., -1] = 255 * (pixels[..., -1] > 128)
    for name in ("a.png", "b.png"):
        image = Image.fromarray(pixels)
        if mode == "P":
            image = palette_of(pixels)
        image.save(name)
        hidden = pixels[..., -1] == 0
        pixels[hidden, :-1] = NOISE.integers(0, 256, (hidden.sum(), pixels.shape[-1] - 1))
    for name in ("a", "b"):
        words = ("--method", method, "--kernel", 3, "--stride", 1)
        assert call("apply", f"{name}.png", f"{name}.npy", *words).code == 0
    np.testing.assert_array_equal(read("a.npy"), read("b.npy"))


def palette_of(pixels: Any) -> Image.Image:
    """An image with one palette entry a pixel, each as opaque as it is."""
    image = Image.fromarray(
        np.arange(pixels[..., 0].size, dtype=np.uint8).reshape(pixels.shape[:2])
    )
    image.putpalette(pixels.reshape(-1, 4).tobytes(), "RGBA")
    assert image.mode == "P"
    return image


@pytest.mark.parametrize("method", ["avg", "max", "soft", "sum", "lp"])
def test_an_opaque_image_is_pooled_as_without_transparency(method: str, call: Call) -> None:
    opaque = np.dstack([PIXELS["RGB"], np.full((6, 8), 255, np.uint8)])
    Image.fromarray(opaque).save("opaque.png")
    save("plain.png", "RGB")
    for name in ("opaque", "plain"):
        done = call("apply", f"{name}.png", f"{name}.npy", "--method", method, "--kernel", 2)
        assert done.code == 0
    np.testing.assert_allclose(read("opaque.npy")[..., :3], read("plain.npy"), rtol=1e-6)


# ---- Pipes ---------------------------------------------------------------------------------------


@pytest.fixture
def pipe(call: Call, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[Done, bytes]]:
    """A function that calls with these bytes as standard input, and gives the bytes that come."""

    def piped(data: bytes, *words: object) -> tuple[Done, bytes]:
        came = io.TextIOWrapper(Unseekable(data), encoding="utf-8")
        goes = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
        with monkeypatch.context() as patch:
            patch.setattr("sys.stdin", came)
            patch.setattr("sys.stdout", goes)
            done = call(*words)
        return done, goes.buffer.getvalue()

    return piped


class Unseekable(io.BytesIO):
    def seekable(self) -> bool:
        return False


@pytest.mark.parametrize("word", ["png", "tiff", "webp", "npy", "npz", "jpg"])
def test_bytes_come_and_go_through_pipes(word: str, pipe: Any, tmp_path: Path) -> None:
    save("in.png", "RGB")
    data = Path("in.png").read_bytes()
    Path("in.png").unlink()
    done, written = pipe(data, "apply", "-", "-", *MAX_2, "--format", word)
    assert done.code == 0, done.err
    assert done.err.startswith("the standard input: (6, 8, 3) float32\nwrote the standard output: ")
    assert not list(tmp_path.iterdir())
    _, again = pipe(written, "apply", "-", "-", *AS_IT_IS, "--format", "npy")
    y, expected = np.load(io.BytesIO(again)), pr.pool(PIXELS["RGB"] * 1.0, "max", 2, axes=(0, 1))
    np.testing.assert_allclose(y, expected, atol=120 if word == "jpg" else 0)


def test_a_picture_goes_through_a_pipe(pipe: Any) -> None:
    save("in.png", "L")
    words = ("--compare", "max,avg", "--kernel", 2, "--format", "svg")
    done, written = pipe(Path("in.png").read_bytes(), "apply", "-", "-", *words)
    assert done.code == 0, done.err
    assert b"<svg" in written


def test_a_broken_pipe_in_is_one_line(pipe: Any) -> None:
    for data, words in ((b"", "the standard input is empty"), (b"hello", "cannot be read")):
        done, written = pipe(data, "apply", "-", "out.png", *MAX_2)
        assert_one_line(Done(done.code, written.decode(), done.err), words)


def test_a_terminal_gets_no_bytes(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    save("in.png", "L")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    assert_one_line(call("apply", "in.png", "-", *MAX_2, "--format", "png"), "is a terminal")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_a_named_pipe_is_written_to_and_stays(call: Call) -> None:
    save("in.png", "L")
    os.mkfifo("out")
    reader = os.open("out", os.O_RDONLY | os.O_NONBLOCK)
    assert call("apply", "in.png", "out", *AS_IT_IS, "--format", "png").code == 0
    assert stat.S_ISFIFO(os.stat("out").st_mode)
    written = os.read(reader, 1 << 16)
    os.close(reader)
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(written))), PIXELS["L"])


# ---- What is there already -----------------------------------------------------------------------

BENCH = ("bench", "--case", "tiny", "--peer", "numpy", "--threads", 1, "--rounds", 2)
WRITERS = {
    "apply": ("apply", "in.png", "out.png", *MAX_2),
    "apply-npy": ("apply", "in.png", "out.npy", *MAX_2),
    "compare": ("apply", "in.png", "out.svg", "--compare", "max", "--kernel", 2),
    "demo": ("demo", "--out", "out.png"),
    "demo-gradient": ("demo", "--out", "out.png"),
    "bench-json": (*BENCH, "--json", "out.json"),
    "bench-markdown": (*BENCH, "--markdown", "out.md"),
    "bench-plot": (*BENCH, "--plot", "out.svg"),
}
TARGETS = {
    name: "out-gradient.png"
    if name == "demo-gradient"
    else next(w for w in map(str, words) if w.startswith("out."))
    for name, words in WRITERS.items()
}


@pytest.mark.parametrize("writer", WRITERS)
def test_a_file_that_is_there_is_not_replaced(writer: str, call: Call, tmp_path: Path) -> None:
    save("in.png", "RGB")
    target = Path(TARGETS[writer])
    target.write_bytes(b"mine")
    before = sorted(tmp_path.iterdir())
    assert_one_line(call(*WRITERS[writer]), f"{target} exists; --overwrite replaces it")
    assert target.read_bytes() == b"mine"
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("writer", WRITERS)
def test_a_missing_folder_is_named_with_what_makes_it(
    writer: str, call: Call, tmp_path: Path
) -> None:
    save("in.png", "RGB")
    words = [str(w).replace("out.", "not here/out.", 1) for w in WRITERS[writer]]
    assert_one_line(call(*words), "there is no folder not here; make it with: mkdir -p 'not here'")
    assert [path.name for path in tmp_path.iterdir()] == ["in.png"]


def test_a_file_in_place_of_a_folder_is_refused(call: Call) -> None:
    save("in.png", "RGB")
    done = call("apply", "in.png", "in.png/out.png", *MAX_2)
    assert_one_line(done, "in.png/out.png cannot be written: in.png is no folder")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_device_is_named(call: Call) -> None:
    save("in.png", "RGB")
    done = call("apply", "in.png", "/dev/full", *MAX_2, "--format", "png")
    assert_one_line(done, "/dev/full: No space left on device")


def test_overwrite_replaces_and_keeps_permissions(call: Call, tmp_path: Path) -> None:
    save("in.png", "RGB")
    target = Path("out.png")
    target.write_bytes(b"old")
    target.chmod(0o600)
    assert call("apply", "in.png", "out.png", *AS_IT_IS, "--overwrite").code == 0
    np.testing.assert_array_equal(read("out.png"), PIXELS["RGB"])
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.png", "out.png"]


@pytest.mark.parametrize("name", ["in.png", "./in.png", "link.png", "hard.png"])
def test_the_input_can_be_the_output_by_leave(name: str, call: Call) -> None:
    save("in.png", "RGB")
    Path("link.png").symlink_to("in.png")
    os.link("in.png", "hard.png")
    words = ("apply", "in.png", name, *MAX_2)
    assert_one_line(call(*words), f"{Path(name)} exists")
    np.testing.assert_array_equal(read("in.png"), PIXELS["RGB"])
    assert call(*words, "--overwrite").code == 0
    expected = pr.pool(PIXELS["RGB"] * 1.0, "max", 2, axes=(0, 1))
    np.testing.assert_array_equal(read(name), expected)
    assert Path("link.png").is_symlink()
    for other in {"in.png", "hard.png"} - {str(Path(name).resolve().name)}:
        np.testing.assert_array_equal(read(other), PIXELS["RGB"])


ERRORS = [(KeyboardInterrupt(), 130), (OSError(28, "No space left on device"), 2)]


@pytest.mark.parametrize(("error", "code"), ERRORS, ids=["Ctrl-C", "full"])
@pytest.mark.parametrize("there", [True, False], ids=["old", "new"])
@pytest.mark.parametrize("writer", ["apply", "apply-npy", "compare"])
def test_no_half_file_is_left(
    writer: str,
    there: bool,
    error: BaseException,
    code: int,
    call: Call,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(self: object, file: Any, *words: object, **options: object) -> None:
        (self if hasattr(self, "write") else file).write(b"half")
        raise error

    save("in.png", "RGB")
    target = Path(TARGETS[writer])
    if there:
        target.write_bytes(b"old")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    monkeypatch.setattr(Image.Image, "save", fail)
    monkeypatch.setattr(Figure, "savefig", fail)
    monkeypatch.setattr(np.lib.format, "write_array", fail)
    done = call(*WRITERS[writer], "--overwrite")
    assert (done.code, done.out) == (code, "")
    if code == 2:
        assert_one_line(done, f"{target}: No space left on device")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_every_format_that_is_written_is_known_to_pillow_or_numpy() -> None:
    Image.init()
    for name in images.FORMATS:
        assert name in ("npy", "npz") or name.upper() in Image.SAVE
    assert set(files.ALIASES.values()) <= set(images.FORMATS)


def test_a_report_is_written_whole_or_not(tmp_path: Path) -> None:
    from poolreg.bench import report

    target = tmp_path / "report.json"
    report.write(target, "old")
    with pytest.raises(UnicodeEncodeError):
        report.write(target, "no character: \udc00")
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]
