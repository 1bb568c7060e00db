"""`poolreg demo` as installed: its picture, its table, and its errors in one line."""

import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import numpy as np
import poolreg as pr
import pytest

pytest.importorskip("click")
pytest.importorskip("rich")
pytest.importorskip("matplotlib")

from click.testing import CliRunner
from matplotlib.figure import Figure
from matplotlib.image import imread
from poolreg import cli, gallery

COMMAND = Path(sysconfig.get_path("scripts")) / "poolreg"
WITHOUT = """
import sys
sys.modules[sys.argv.pop(1)] = None
from poolreg.__main__ import main
sys.exit(main())
"""


def run(*command: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    words = [str(word) for word in command]
    # Some CI services force colours into pipes; the tests read plain text.
    plain = {name: value for name, value in os.environ.items() if name != "FORCE_COLOR"}
    return subprocess.run(words, cwd=cwd, env=plain, capture_output=True, encoding="utf-8")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """What `poolreg demo` printed, and the directory it ran in."""
    directory = tmp_path_factory.mktemp("demo")
    done = run(COMMAND, "demo", cwd=directory)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout, directory


def test_demo_writes_one_picture_and_nothing_else(demo: tuple[str, Path]) -> None:
    _, directory = demo
    assert [path.name for path in directory.iterdir()] == ["poolreg-demo.png"]
    picture = imread(directory / "poolreg-demo.png")
    height, width = picture.shape[:2]
    assert height > 600
    assert width > 1200
    assert len(np.unique(picture.reshape(-1, picture.shape[2]), axis=0)) > 10_000


def test_demo_prints_one_row_per_method(demo: tuple[str, Path]) -> None:
    printed, _ = demo
    row = re.compile(r"^│ (\S+) +│ \(75, 64, 3\) +│ +[0-9.]+ │ +[0-9.]+ │$", re.MULTILINE)
    assert row.findall(printed) == list(pr.methods())
    assert "wrote poolreg-demo.png" in printed


def test_demo_shows_the_photograph_and_every_method_with_a_detail(tmp_path: Path) -> None:
    done = run(COMMAND, "demo", "--out", "demo.svg", "--kernel", 12, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    drawn = (tmp_path / "demo.svg").read_text(encoding="utf-8")
    for title in ("original", *pr.methods()):
        assert f"<!-- {title} -->" in drawn
    assert drawn.count("<image ") == 2 * (1 + len(pr.methods()))


class Needy(pr.Method):
    """A method that cannot be called with a window alone."""

    name = "test.needy"
    reducer = pr.Select("max")
    params = (pr.Param("logits", kind="map", shape="map:in"), pr.Param("order", dtype="int"))


def test_a_method_that_needs_more_is_skipped_with_the_reason(tmp_path: Path) -> None:
    with pr.registered(Needy):
        arguments = ["demo", "--out", str(tmp_path / "demo.png")]
        done = CliRunner().invoke(cli.cli, arguments, env={"FORCE_COLOR": None})
    assert done.exit_code == 0, done.output
    assert "│ test.needy │ skipped: needs logits (map), order (hyper) " in done.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("demo", "--out", "missing/demo.png"), "missing/demo.png: No such file or directory"),
        (("demo", "--out", "demo.bmp"), "demo.bmp must end in one of: .png"),
        (("demo", "--kernel", "0"), "'--kernel': 0 is not in the range"),
        (("demo", "--kernel", "601"), "601"),
        (("dome",), "No such command 'dome'"),
    ],
    ids=["directory", "format", "kernel_0", "kernel_too_large", "command"],
)
def test_an_error_is_one_line(arguments: tuple[str, ...], words: str, tmp_path: Path) -> None:
    done = run(COMMAND, *arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("poolreg: ")
    assert done.stderr.count("\n") == 1
    assert words in done.stderr
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("package", ["click", "rich", "matplotlib"])
def test_a_missing_extra_is_named(package: str, tmp_path: Path) -> None:
    done = run(sys.executable, "-c", WITHOUT, package, "demo", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    expected = f'poolreg: {package} is missing; try: pip install "poolreg[cli]"\n'
    assert done.stderr == expected


def test_a_failed_write_leaves_the_old_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Figure, file: object, **options: object) -> None:
        raise OSError(28, "No space left on device")

    picture = tmp_path / "demo.png"
    picture.write_bytes(b"old")
    monkeypatch.setattr(Figure, "savefig", fail)
    with pytest.raises(OSError, match=r"No space left on device: .*demo\.png"):
        gallery.save(Figure(), picture)
    assert picture.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [picture]


def test_a_result_outside_the_photographs_range_is_scaled_and_says_so() -> None:
    shown, note = gallery.to_display(np.array([[[0.0, 255.0, 510.0]]]))
    assert shown.tolist() == [[[0.0, 0.5, 1.0]]]
    assert note == ", scaled from [0, 510]"


def test_a_result_inside_the_photographs_range_is_shown_as_it_is() -> None:
    shown, note = gallery.to_display(np.array([[[0.0, 51.0, 102.0]]]))
    assert shown.tolist() == [[[0.0, 0.2, 0.4]]]
    assert note == ""
