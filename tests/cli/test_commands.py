"""The command line as installed: what it prints, the demo's pictures, and errors in one line."""

import contextlib
import io
import json
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import poolreg as pr
import pytest

pytest.importorskip("click")
pytest.importorskip("rich")
pytest.importorskip("matplotlib")
pytest.importorskip("PIL")

import click
import distributions
from command import (
    COMMAND,
    Call,
    Drawn,
    Faulty,
    Hard,
    Needy,
    Weighted,
    assert_one_line,
    caller,
    run,
    run_several,
)
from matplotlib.image import imread
from poolreg.cli import commands as cli
from poolreg.cli import completion, extras
from poolreg.cli.pictures import contrast, demo, example_arguments, gallery, heatmaps, page
from poolreg.terminal import progress

WITHOUT = """
import sys
sys.modules[sys.argv.pop(1)] = None
from poolreg.__main__ import main
sys.exit(main())
"""


@pytest.fixture
def call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Call:
    return caller(tmp_path, monkeypatch, capsys)


# ---- poolreg demo --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """What `poolreg demo` printed, and the directory it ran in."""
    directory = tmp_path_factory.mktemp("demo")
    done = run(COMMAND, "demo", cwd=directory)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout, directory


def test_demo_writes_two_pictures_and_nothing_else(shown: tuple[str, Path]) -> None:
    _, directory = shown
    names = ["poolreg-demo-gradient.png", "poolreg-demo.png"]
    assert sorted(path.name for path in directory.iterdir()) == names
    for name, colours in zip(names, (100, 10_000), strict=True):
        picture = imread(directory / name)
        height, width = picture.shape[:2]
        assert height > 600
        assert width > 1200
        levels = np.rint(picture[::3, ::3, :3] * 255).astype(np.uint32)
        assert len(np.unique(levels @ np.array([1, 256, 65536], np.uint32))) > colours


def test_demo_prints_one_row_per_method(shown: tuple[str, Path]) -> None:
    printed, _ = shown
    row = re.compile(r"^(\S+) +\(75, 64, 3\) +~?[0-9.]+ +[0-9.]+$", re.MULTILINE)
    assert row.findall(printed) == list(pr.methods())
    assert f"ms: the median of {demo.CALLS} calls, ~ where their quartiles are 25% apart" in printed
    assert "wrote poolreg-demo.png and poolreg-demo-gradient.png" in printed


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str, str, list[str]]:
    """What the demo prints, its two pictures and the methods, among them some that go wrong."""
    folder, printed = tmp_path_factory.mktemp("drawn"), io.StringIO()
    with contextlib.ExitStack() as stack:
        for method in (Hard, Weighted, Needy, Faulty):
            stack.enter_context(pr.registered(method))
        stack.enter_context(contextlib.redirect_stdout(printed))
        words = ["demo", "--out", str(folder / "demo.svg"), "--kernel", "12"]
        cli.cli.main(words, standalone_mode=False)
        known = list(pr.methods())
    pooled, gradient = (folder / name for name in ("demo.svg", "demo-gradient.svg"))
    return printed.getvalue(), pooled.read_text("utf-8"), gradient.read_text("utf-8"), known


def test_demo_shows_the_photograph_and_every_method_with_a_detail(drawn: Any) -> None:
    _, pooled, _, known = drawn
    shown = [name for name in known if name not in ("test.needy", "test.faulty")]
    for title in ("original", *shown):
        assert f"<!-- {title} -->" in pooled
    assert pooled.count("<image ") == 2 * (1 + len(shown))


def test_demo_explains_every_method_by_its_gradient(drawn: Any) -> None:
    _, _, gradient, known = drawn
    for title in ("the window", *known):
        assert f"<!-- {title} -->" in gradient
    assert pr.describe("max").summary in gradient
    assert "weight: 12 sigmoid(local contrast)" in gradient
    assert "is not" in gradient  # … differentiable


def test_a_method_that_needs_more_is_skipped_with_the_reason(drawn: Any) -> None:
    printed = drawn[0]
    assert re.search(r"^test.needy +skipped: needs order \(hyper\)$", printed, re.MULTILINE)
    assert re.search(r"^test.faulty +skipped: ZeroDivisionError: division by zero$", printed, re.M)


def test_demo_trains_with_a_seed() -> None:
    photograph = np.ones((16, 16, 3), np.float32)
    with pr.registered(Drawn):
        chosen = example_arguments.example_arguments("test.drawn", photograph)
        assert chosen.arguments == {"training": True, "rng": 0}
        assert chosen.notes == ("as in training, rng=0",)
        first, second = (demo.pool_once(photograph, "test.drawn", 4) for _ in range(2))
    assert first.output is not None
    assert 0 < first.output.max() < 1
    np.testing.assert_array_equal(first.output, second.output)


def test_demo_makes_a_needed_map_from_the_photograph() -> None:
    photograph = np.zeros((16, 16), np.float32)
    photograph[8, 8] = 1
    with pr.registered(Weighted):
        chosen = example_arguments.example_arguments("test.weighted", photograph)
    weight = chosen.arguments["weight"]
    np.testing.assert_array_equal(weight, contrast.contrast_logits(photograph, (0, 1)))
    assert weight.argmax() == 8 * 16 + 8
    assert 0 < weight.min() < weight.max() < 12
    crop = chosen.cropped(gallery.Region(8, 4, 4, 4)).arguments["weight"]
    np.testing.assert_array_equal(crop, weight[4:8, 8:12])


# ---- The gradient picture --------------------------------------------------------------------


@pytest.mark.parametrize("method", pr.methods())
def test_a_heat_map_is_the_gradient_of_the_window(method: str) -> None:
    grey = np.random.default_rng(0).uniform(0, demo.WHITE, (48, 40))
    window = gallery.Region(left=16, top=24, width=8, height=8)
    one = heatmaps.heat_map(grey, window, method)
    if not pr.describe(method).traits.differentiable:
        assert "differentiable" in one.reason
        return
    arguments = example_arguments.example_arguments(method, grey).cropped(window).arguments
    y, vjp = pr.pool_vjp(grey[24:32, 16:24], method, (8, 8), **arguments)
    expected = vjp(np.ones_like(y)).input
    np.testing.assert_array_equal(one.gradient, expected)
    assert one.output == y.sum()
    assert f"sum of dy/dx = {expected.sum():.4g}" in one.caption().lines[-1 - len(one.notes)]
    figure = heatmaps.draw(grey, demo.WHITE, window, [one])
    np.testing.assert_array_equal(figure.axes[-2].images[0].get_array(), expected)


def test_a_negative_gradient_is_blue_and_white_is_0() -> None:
    norm_of = {}
    for gradient in (np.array([[1.0, 0], [0, 3]]), np.array([[-1.0, 0], [0, 3]])):
        one = heatmaps.HeatMap("a", gradient=gradient)
        figure = heatmaps.draw(np.ones((4, 4)), 1, gallery.Region(0, 0, 2, 2), [one])
        image = figure.axes[-2].images[0]
        norm_of[gradient.min()] = image.norm
        colours = image.to_rgba(gradient)
        np.testing.assert_allclose(colours[0, 1], 1)
        red, _, blue, _ = colours[0, 0]
        assert (red < blue) == (gradient[0, 0] < 0)
        low, high = figure.axes[-1].get_xlim()
        assert (low, high) == (gradient.min(), 3)
    assert all(norm(0) == 0.5 for norm in norm_of.values())


def test_a_gradient_of_zeros_is_drawn() -> None:
    one = heatmaps.HeatMap("a", gradient=np.zeros((2, 2)))
    figure = heatmaps.draw(np.ones((4, 4)), 1, gallery.Region(0, 0, 2, 2), [one])
    figure.canvas.draw()
    drawn = [image.get_array() for axes in figure.axes for image in axes.images]
    assert any(array.shape == (2, 2) and not array.any() for array in drawn)


@pytest.mark.parametrize("kernel", [1, 8, 7, 100, 512])
def test_the_window_is_one_of_those_that_are_pooled(kernel: int) -> None:
    window = heatmaps.window_around(*demo.RIM, kernel, (600, 512))
    assert window.left % kernel == window.top % kernel == 0
    assert window.left + kernel <= 512
    assert window.top + kernel <= 600
    around = heatmaps.surroundings(window, (600, 512))
    assert around.width == around.height
    assert around.left <= window.left
    assert around.left + around.width >= window.left + kernel


# ---- poolreg methods, describe, info ---------------------------------------------------------


@pytest.mark.parametrize("columns", [80, 120, 400])
def test_lists_fit_and_break_no_word(
    columns: int, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    printed = {"methods": call("methods").out}
    printed |= {name: call("describe", name).out for name in pr.methods()}
    for text in printed.values():
        assert max(map(len, text.splitlines())) <= columns
        assert "\x1b" not in text
    words = printed["methods"].split()
    for name in pr.methods():
        told = pr.describe(name)
        assert name in words
        for param in told.params:
            default = "" if param.default is pr.Param.required else f"={param.default}"
            assert words.count(f"{param.name}{default}") + words.count(f"{param.name}{default},")
            assert set(param.doc.split()) <= set(printed[name].split())


def test_methods_leaves_papers_to_describe(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    lines = call("methods").out.splitlines()[2:]
    for line, name in zip(lines, pr.methods(), strict=True):
        told = pr.describe(name)
        assert line.split()[0] == name
        assert told.summary in line
        assert told.references[0] not in line
        assert told.references[0] in call("describe", name).out


def test_methods_as_json(call: Call) -> None:
    told = json.loads(call("methods", "--json").out)
    assert [one["title"] for one in told] == list(pr.methods())
    assert told[0] == json.loads(json.dumps(pr.describe(told[0]["title"]).json_schema()))


@pytest.mark.parametrize("method", pr.methods())
def test_describe_tells_everything(
    method: str, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "1000")
    done = call("describe", method)
    told = pr.describe(method)
    assert done.out.startswith(f"{method}: {told.summary}\n")
    for param in told.params:
        assert re.search(rf"^  {param.name} +{param.kind} ", done.out, re.MULTILINE)
        assert param.doc in done.out
        assert param.allowed() in done.out
    for reference in told.references:
        assert f"  {reference}\n" in done.out
    assert told.backend in done.out
    assert all(line == line.rstrip() for line in done.out.splitlines())


def test_describe_shows_the_formula(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    with pr.registered(Weighted):
        done = call("describe", "test.weighted")
    assert "  y = sum of weight * x, window by window, in NumPy.\n" in done.out
    assert "  - set\n    by hand\n" in done.out
    assert re.search(r"order +hyper +scalar +1 +an integer >= 1 and <= 3 +Of the weights", done.out)
    assert re.search(r"weight +map +map:in +required ", done.out)


def test_describe_as_json(call: Call) -> None:
    done = call("describe", "avg", "--json")
    assert json.loads(done.out) == json.loads(json.dumps(pr.describe("avg").json_schema()))


def test_info_is_for_bug_reports(call: Call) -> None:
    done = call("info")
    for line in str(pr.show_config()).splitlines():
        assert f"{line}\n" in done.out
    assert f"numpy            {np.__version__}\n" in done.out
    assert f"methods          {len(pr.methods())}\n" in done.out
    told = json.loads(call("info", "--json").out)
    assert told["isa"] == pr.show_config().isa
    assert told["packages"]["numpy"] == np.__version__
    assert told["broken_methods"] == {}


def test_a_broken_plugin_is_named_and_spoils_nothing(tmp_path: Path) -> None:
    distributions.add_metadata(tmp_path, "broken", "test.broken = no_such_module:Method")
    commands = ("methods",), ("info",), ("methods", "--json")
    wide = {"PYTHONPATH": str(tmp_path), "COLUMNS": "200"}
    found = run_several(*commands, cwd=tmp_path, **wide)
    for done in found:
        assert (done.code, done.err) == (0, "")
        assert "cannot be loaded" in done.out
    methods, info, as_json = (done.out for done in found)
    assert "test.broken" in methods
    assert "broken           test.broken: method 'test.broken' of" in info
    assert '"x-error": "method \'test.broken\' of' in as_json
    assert all("max" in text for text in (methods, as_json))


def test_the_demo_leaves_a_broken_plugin_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(name: str) -> pr.Description:
        raise pr.PluginError(f"method {name!r} cannot be loaded")

    monkeypatch.setattr(pr, "describe", broken)
    left_out = demo.pool_once(np.ones((8, 8, 3), np.float32), "test.broken", 4)
    assert left_out.output is None
    assert left_out.reason == "method 'test.broken' cannot be loaded"


def commands(group: click.Group, before: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every command by its words."""
    yield before
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, (*before, name))
        else:
            yield (*before, name)


def test_help_lists_the_commands(call: Call) -> None:
    known = list(commands(cli.cli))
    assert {("apply",), ("bench",), ("demo",), ("plugins", "check")} <= set(known)
    for words in known:
        long, short = call(*words, "--help"), call(*words, "-h")
        assert long == short
        assert (long.code, long.err) == (0, "")
        for other in known:
            if other[:-1] == words and other:
                assert f"  {other[-1]} " in long.out
    assert call() == call("-h")


# ---- Completion ------------------------------------------------------------------------------


def completed(*words: str) -> list[str]:
    """What a shell is told for the last of these words."""
    done = completion.get_completion_class("bash")(cli.cli, {}, "poolreg", "_POOLREG_COMPLETE")
    return [one.value for one in done.get_completions(list(words[:-1]), words[-1])]


@pytest.mark.parametrize(
    "words", [("apply", "a.png", "b.png", "--method"), ("describe",), ("plugins", "check")]
)
def test_names_of_methods_are_completed(words: tuple[str, ...]) -> None:
    assert completed(*words, "") == list(pr.methods())
    assert completed(*words, "avg") == ["avg", "avgmax"]
    assert completed(*words, "avx") == []


def test_the_last_name_of_a_list_is_completed() -> None:
    assert completed("apply", "--compare", "max,s3") == ["max,s3", "max,s3_dpp"]
    assert completed("apply", "--compare", "s3") == ["s3", "s3_dpp"]


@pytest.mark.parametrize("shell", completion.SHELLS)
def test_completion_prints_what_the_shell_asks_with(shell: str, call: Call) -> None:
    done = call("completion", shell)
    assert done.code == 0
    assert f"_POOLREG_COMPLETE={shell}_complete" in done.out


# ---- Errors ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("demo", "--out", "demo.bmp"), "demo.bmp cannot be written as bmp; formats are: png"),
        (("demo", "--out", "demo"), "demo cannot be written without a format in its name"),
        (("demo", "--out", "."), "is a directory"),
        (("demo", "--kernel", "0"), "'--kernel': 0 is not in the range"),
        (("demo", "--kernel", "601"), "601"),
        (("dome",), "No such command 'dome'"),
        (("methods", "--jso"), "--jso"),
        (("describe",), "Missing argument 'NAME'"),
        (("describe", "maxx"), "did you mean 'max'"),
    ],
    ids=lambda value: "_".join(value) if isinstance(value, tuple) else "",
)
def test_an_error_is_one_line(
    arguments: tuple[str, ...], words: str, call: Call, tmp_path: Path
) -> None:
    assert_one_line(call(*arguments), words)
    assert not any(tmp_path.iterdir())


def test_an_error_is_one_line_as_installed(tmp_path: Path) -> None:
    done = run(COMMAND, "describe", "maxx", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("poolreg: unknown method 'maxx'; did you mean 'max'")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("package", ["click", "rich", "matplotlib", "PIL"])
def test_a_missing_extra_is_named(package: str, tmp_path: Path) -> None:
    done = run(sys.executable, "-c", WITHOUT, package, "demo", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    name = "pillow" if package == "PIL" else package
    assert done.stderr == f"poolreg: {name} is missing; try: {extras.how_to_install('cli')}\n"


def test_no_text_installs_from_an_index_what_is_not_there() -> None:
    package = Path(pr.__file__).parent
    for file in package.rglob("*.py"):
        if "template" not in file.parts:
            assert not re.search(r"pip install \W*poolreg", file.read_text("utf-8")), file


def test_matplotlib_is_for_pictures_only(tmp_path: Path) -> None:
    commands = ("methods",), ("describe", "max"), ("info",)
    without = "import sys\nsys.modules['matplotlib'] = None\n"
    for done in run_several(*commands, cwd=tmp_path, before=without):
        assert (done.code, done.err) == (0, "")


def test_a_mistake_in_a_plugin_is_one_line(call: Call, tmp_path: Path) -> None:
    np.save("x.npy", np.ones((4, 4), np.float32))
    with pr.registered(Faulty):
        done = call("apply", "x.npy", "y.npy", "--method", "test.faulty", "--kernel", 2)
    assert (done.code, done.out) == (2, "")
    assert done.err == "poolreg: unexpected ZeroDivisionError: division by zero\n"


def test_output_that_cannot_be_encoded_is_escaped(tmp_path: Path) -> None:
    done = run(COMMAND, "apply", "--help", cwd=tmp_path, PYTHONIOENCODING="latin-1")
    assert (done.returncode, done.stderr) == (0, "")
    assert r"M1,M2,\u2026" in done.stdout


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_one_line(tmp_path: Path) -> None:
    done = run("sh", "-c", f'"{COMMAND}" info > /dev/full', cwd=tmp_path)
    assert (done.returncode, done.stderr) == (2, "poolreg: No space left on device\n")


def test_a_reader_that_stops_is_no_error(tmp_path: Path) -> None:
    done = run("sh", "-c", f'"{COMMAND}" methods --json | true', cwd=tmp_path)
    assert done.stderr == ""


# ---- Progress --------------------------------------------------------------------------------


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("stream", [Terminal(), io.StringIO()], ids=["terminal", "pipe"])
def test_progress_is_for_terminals(stream: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", stream)
    monkeypatch.setenv("TERM", "xterm")
    with progress.steps(2) as step:
        step("pool by [max]")
        step("draw")
    drawn = stream.getvalue()
    for words in ("0/2", "pool by [max]", "1/2", "draw"):
        assert (words in drawn) == stream.isatty()
    assert stream.isatty() or not drawn


@pytest.mark.parametrize("stream", [Terminal(), io.StringIO()], ids=["terminal", "pipe"])
def test_waiting_is_for_terminals_and_long_calls(
    stream: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr", stream)
    monkeypatch.setenv("TERM", "xterm")
    with progress.waiting("pool by [avg]"):
        pass
    assert not stream.getvalue()
    monkeypatch.setattr(progress, "LONG", 0)
    with progress.waiting("pool by [max]"):
        time.sleep(0.3)
    assert ("pool by [max]" in stream.getvalue()) == stream.isatty()
    assert stream.isatty() or not stream.getvalue()


def test_progress_may_be_for_what_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", Terminal())
    with progress.steps(2, after=60) as step:
        step("pool")
    assert isinstance(sys.stderr, Terminal)
    assert not sys.stderr.getvalue()


# ---- The gallery -----------------------------------------------------------------------------


def test_a_result_outside_the_photographs_range_is_scaled_and_says_so() -> None:
    shown, note = gallery.to_display(np.array([[[0.0, 255.0, 510.0]]]))
    assert shown.tolist() == [[[0.0, 0.5, 1.0]]]
    assert note == ", scaled from [0, 510]"


def test_a_result_inside_the_photographs_range_is_shown_as_it_is() -> None:
    shown, note = gallery.to_display(np.array([[[0.0, 51.0, 102.0]]]))
    assert shown.tolist() == [[[0.0, 0.2, 0.4]]]
    assert note == ""


def test_rounding_is_no_reason_to_scale() -> None:
    shown, note = gallery.to_display(np.array([[0.0, 8.000001]]), white=8)
    assert shown.tolist() == [[0.0, 1.0]]
    assert note == ""


def test_nan_is_shown_black_and_infinity_white() -> None:
    shown, note = gallery.to_display(np.array([[np.nan, np.inf, 4.0, -np.inf]]), white=8)
    assert shown.tolist() == [[0.0, 1.0, 0.5, 0.0]]
    assert note == ""


def test_transparency_is_not_scaled() -> None:
    grey, _ = gallery.to_display(np.array([[[510.0, 255.0], [255.0, 51.0]]]))
    assert grey.tolist() == [[[1.0, 1.0, 1.0, 1.0], [0.5, 0.5, 0.5, 0.2]]]
    colour, _ = gallery.to_display(np.array([[[0.0, 255.0, 51.0, 510.0]]]))
    assert colour.tolist() == [[[0.0, 1.0, 0.2, 1.0]]]


def test_many_cards_keep_their_places() -> None:
    captions = [page.Caption(str(n), ("line",) * (n % 3)) for n in range(19)]
    sheet = page.Page("title\nsubtitle", captions, body=2.0)
    boxes = [sheet.axes(n, 0, 2.0).get_position() for n in range(19)]
    assert all(0 < box.x0 < box.x1 < 1 and 0 < box.y0 < box.y1 < 1 for box in boxes)
    assert len({round(box.x0, 6) for box in boxes}) == 5
    assert len({round(box.y0, 6) for box in boxes}) == 4


def test_no_card_is_alone_in_its_row() -> None:
    for cards in range(1, 60):
        columns = page.columns_for(cards)
        assert 1 <= columns <= 5
        assert cards == columns or cards % columns != 1, cards
    assert [page.columns_for(cards) for cards in (1, 5, 6, 11, 19, 20)] == [1, 5, 3, 4, 5, 5]
