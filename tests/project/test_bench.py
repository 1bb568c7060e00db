"""The benchmark: its rows, its adapters on small copies, its report; no clock is believed."""

import importlib
import json
import math
import os
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import poolreg as pr
import pytest
from poolreg.bench import expected
from poolreg.bench.cases import Case, load_cases
from poolreg.bench.inputs import copies_of, make_inputs
from poolreg.bench.memory import peak_of
from poolreg.bench.peers import BY_NAME, LIMIT, ON_TENSORS, PEERS, TENSORS, Peer
from poolreg.bench.process import PeerError, PeerProcess

CASES = load_cases()
LIGHT = {"ours", "ours_torch", "num_py", "sci_py", "scikit_image", "open_cv"}
FRESH = (
    "import sys, poolreg; sys.exit(any(name.startswith('poolreg.bench') for name in sys.modules))"
)


@pytest.fixture(autouse=True)
def found_by_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes import the same poolreg."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))


# ---- The rows ----------------------------------------------------------------------------------


def test_there_are_rows_for_every_way() -> None:
    assert {case.way for case in CASES.values()} == {"forward", "backward", "both"}
    assert {case.rank for case in CASES.values()} == {1, 2, 3}
    assert any(case.quick for case in CASES.values())
    assert len({(case.op, case.way, case.layout, case.shape) for case in CASES.values()}) > 25


@pytest.mark.parametrize("case", CASES.values(), ids=str)
def test_a_row_has_the_size_that_poolreg_gives_it(case: Case) -> None:
    window = {"output_size": case.output} if case.output else {}
    if case.kernel:
        kernel, stride, padding = case.window
        window = {"kernel_size": kernel, "stride": stride, "padding": padding}
    if case.op == "gap":
        window = {"output_size": 1}
    shape = pr.output_shape(case.shape, data_format=case.layout, **window)
    assert math.prod(shape) == math.prod(case.out_shape)
    assert case.op == "gap" or shape == case.out_shape


@pytest.mark.parametrize("case", CASES.values(), ids=str)
def test_a_shrunk_row_is_small_and_has_several_windows(case: Case) -> None:
    small = case.shrunk()
    assert math.prod(small.shape) <= 40_000
    assert (small.kernel, small.layout, small.results) == (case.kernel, case.layout, case.results)
    is_global = case.op == "gap" or case.kernel == case.lengths
    assert is_global or min(small.out_lengths) > 1


def test_a_mistake_in_the_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "cases.txt"
    file.write_text("odd op=max layout=NCW shape=1x1x4 kernal=2\n")
    with pytest.raises(ValueError, match="odd: unknown kernal"):
        load_cases(file)


def test_small_inputs_have_copies_that_differ() -> None:
    assert copies_of(CASES["tiny"]) > 1
    assert copies_of(CASES["img_f32_max"]) == 1
    first, second = (make_inputs(CASES["tiny"], copy) for copy in range(2))
    assert (first.x != second.x).any()
    np.testing.assert_array_equal(first.x, make_inputs(CASES["tiny"]).x)


# ---- The adapters ------------------------------------------------------------------------------


def adapter(name: str) -> ModuleType:
    try:
        return importlib.import_module(f"poolreg.bench.peers.{name}")
    except ImportError as error:
        pytest.skip(str(error))


ASKED = [
    pytest.param(peer, case, id=f"{peer.name}-{case.name}")
    for peer in PEERS
    for case in CASES.values()
    if peer.adapter in LIGHT and (peer.name in ON_TENSORS or not case.tensors)
]


@pytest.mark.parametrize(("peer", "case"), ASKED)
def test_a_peer_agrees_on_a_shrunk_row(peer: Peer, case: Case) -> None:
    module, small = adapter(peer.adapter), case.shrunk()
    inputs = make_inputs(small)
    call = module.PEERS[peer.name](small, inputs, 1)
    if call is None:
        assert peer.name not in ("poolreg", TENSORS), "poolreg can do every row"
        return
    arrays = module.results(small, call())
    got = dict(zip(small.results, arrays, strict=True))
    expected.check(small, inputs, expected.expected_results(small, inputs), got)


@pytest.mark.parametrize("name", ["stem1", "stem1_cl", "bwd_stem32", "gap7", "stochastic2"])
def test_a_wrong_result_is_noticed(name: str) -> None:
    case = CASES[name].shrunk()
    inputs = make_inputs(case)
    right = expected.expected_results(case, inputs)
    for result in case.results:
        wrong = {**right, result: right[result] + np.eye(1, right[result].size).reshape(-1)[0]}
        with pytest.raises(ValueError, match=r"wrong|member"):
            expected.check(case, inputs, right, wrong)


def test_ours_are_always_there_and_every_peer_has_an_adapter() -> None:
    folder = Path(importlib.import_module("poolreg.bench.peers").__file__).parent
    assert {p.adapter for p in PEERS} <= {file.stem for file in folder.glob("*.py")}
    assert LIMIT in BY_NAME
    assert BY_NAME["poolreg"].form == "new"
    assert BY_NAME["poolreg_out"].form == "out"


def test_the_peak_of_a_call_is_what_it_adds() -> None:
    peak = peak_of(lambda: np.ones(1 << 23))
    if peak is None:
        pytest.skip("this system does not tell")
    assert 60 << 20 < peak < 100 << 20


# ---- Processes ---------------------------------------------------------------------------------


def test_an_absent_library_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "skimage.py").write_text("raise ImportError('no skimage here')\n")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), *sys.path]))
    process = PeerProcess("scikit_image", 1)
    with pytest.raises(PeerError, match="no skimage here") as caught:
        process.versions()
    process.stop()
    assert caught.value.absent


def test_a_process_that_dies_says_its_last_word(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "skimage.py").write_text("import sys, os\nsys.stderr.write('oh\\n')\nos._exit(3)\n")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), *sys.path]))
    process = PeerProcess("scikit_image", 1)
    with pytest.raises(PeerError, match="ended with code 3: oh"):
        process.versions()
    process.stop()


def test_a_process_that_is_silent_is_given_up(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "skimage.py").write_text("import time\ntime.sleep(60)\n")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), *sys.path]))
    process = PeerProcess("scikit_image", 1, answer_seconds=0.2)
    with pytest.raises(PeerError, match="no answer within"):
        process.versions()


def test_the_library_does_not_import_the_benchmark(tmp_path: Path) -> None:
    from command import run

    assert run(sys.executable, "-c", FRESH, cwd=tmp_path).returncode == 0


# ---- The report --------------------------------------------------------------------------------


def timing(seconds: float) -> object:
    from poolreg.bench.measure import Timing

    return Timing(seconds, 0.1, seconds, 5)


def row(name: str = "stem1", threads: int = 1, **seconds: float) -> object:
    from poolreg.bench.measure import Row

    timings = {peer: timing(s) for peer, s in seconds.items()}
    return Row(name, str(CASES[name]), threads, 2, timings, {"poolreg": 1 << 20}, {"jax": "no"})


def report_of(*rows: object) -> object:
    pytest.importorskip("rich")
    from poolreg.bench.machine import environment
    from poolreg.bench.report import Report

    return Report(environment({"torch": "1"}), {"openvino": "ImportError: no"}, list(rows))


def test_json_holds_everything() -> None:
    from poolreg.bench.report import as_json, from_json

    found = report_of(row(poolreg=1e-3, limit=5e-4), row("tiny", 2, poolreg=1e-6))
    text = as_json(found)
    again = from_json(text)
    assert again.rows == found.rows
    assert as_json(again) == text
    assert again.has("tiny", 2)
    assert not again.has("tiny", 1)
    assert {"cpu", "commit", "poolreg", "numpy", "peers"} <= json.loads(text)["environment"].keys()


def test_like_is_compared_with_like_and_the_worse_form_is_shown() -> None:
    from poolreg.bench.report import comparison, over_limit, summaries

    one = row(poolreg=4.0, poolreg_out=2.0, torch=8.0, torch_out=3.0, limit=1.0)
    found = comparison(one)
    assert (found.ours, found.peer, found.ratio) == ("poolreg_out", "torch_out", 1.5)
    assert over_limit(one) == 2
    other = row("vgg", poolreg=1.0, poolreg_out=1.0, torch=6.0)
    (summary,) = summaries([one, other, row("tiny", poolreg=1.0)])
    assert (summary.rows, summary.least, summary.least_case) == (2, 1.5, "stem1")
    assert summary.mean == pytest.approx(3)


def test_markdown_has_both_thread_counts_in_a_line_and_says_what_is_missing() -> None:
    from poolreg.bench.report import as_markdown

    text = as_markdown(
        report_of(
            row(poolreg=1e-3, torch=2e-3, limit=5e-4),
            row(threads=2, poolreg=1e-3, torch=4e-3, limit=5e-4),
        )
    )
    lines = [line for line in text.splitlines() if line.startswith("| stem1")]
    cells = [cell.strip() for cell in lines[0].strip("|").split("|")]
    assert cells[1:4] == ["1 ms", "2 ms / 4 ms", "torch"]
    assert cells[4:] == ["500 µs", "2.00 / 4.00", "2.00"]
    assert "- openvino: ImportError: no" in text
    assert "- stem1, 1 thread(s), jax: no" in text
    assert "geometric mean 4.00, smallest 4.00 (stem1, torch)" in text
    assert "the mean of these would be 4.00 at 1, 8.00 at 2 thread(s)" in text


def test_plot_has_three_marks_a_row() -> None:
    pytest.importorskip("matplotlib")
    from poolreg.bench.plot import draw

    figure = draw(report_of(row(poolreg=1e-3, torch=2e-3, limit=5e-4)))
    (axes,) = figure.axes
    assert axes.get_xscale() == "log"
    assert sorted(p.get_offsets()[0][0] for p in axes.collections) == [5e-4, 1e-3, 2e-3]


# ---- The command -------------------------------------------------------------------------------


def test_poolreg_bench_runs_and_goes_on(tmp_path: Path) -> None:
    for package in ("click", "rich", "matplotlib"):
        pytest.importorskip(package)
    from command import run

    words = ["--quick", "--case", "tiny", "--peer", "numpy", "--threads", "1"]
    files = ["--json", "b.json", "--markdown", "b.md", "--plot", "b.svg"]
    command = [sys.executable, "-m", "poolreg", "bench", *words, *files]
    done = run(*command, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout == (tmp_path / "b.md").read_text(encoding="utf-8")
    written = json.loads((tmp_path / "b.json").read_text(encoding="utf-8"))
    (only,) = written["rows"]
    assert {"poolreg", "poolreg_out", "numpy"} == only["timings"].keys()
    assert only["failures"] == {}
    assert "<svg" in (tmp_path / "b.svg").read_text(encoding="utf-8")
    again = run(*command, "--resume", cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert json.loads((tmp_path / "b.json").read_text(encoding="utf-8"))["rows"] == [only]


def test_a_peer_that_is_absent_is_skipped_and_said_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for package in ("click", "rich", "matplotlib"):
        pytest.importorskip(package)
    from command import run

    (tmp_path / "skimage.py").write_text("raise ImportError('no skimage here')\n")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), *sys.path]))
    words = ["--quick", "--case", "tiny", "--peer", "skimage", "--threads", "1"]
    done = run(sys.executable, "-m", "poolreg", "bench", *words, cwd=tmp_path)
    assert done.returncode == 0
    assert done.stderr == ""
    (said,) = [line for line in done.stdout.splitlines() if "no skimage here" in line]
    assert said.startswith("- skimage: ImportError: no skimage here")
    assert said.endswith("; pip install scikit-image brings it")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--case", "tinny"], "'tinny' is none of: stem1"),
        (["--peer", "numby"], "'numby' is none of: poolreg"),
        (["--threads", "0"], "list of positive integers"),
        (["--rounds", "1"], "--rounds"),
        (["--resume"], "--resume goes with --json"),
        (["--plot", "b.bmp"], "b.bmp cannot be written as bmp"),
    ],
)
def test_a_mistake_is_one_line(
    words: list[str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for package in ("click", "rich", "matplotlib"):
        pytest.importorskip(package)
    from command import assert_one_line, caller

    assert_one_line(caller(tmp_path, monkeypatch, capsys)("bench", *words), said)


def test_the_list_has_every_case_and_peer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for package in ("click", "rich", "matplotlib"):
        pytest.importorskip(package)
    from command import caller

    printed = caller(tmp_path, monkeypatch, capsys)("bench", "--list").out
    for case in CASES.values():
        assert f"{case.name} " in printed
        assert str(case) in printed
    assert all(name in printed for name in BY_NAME)
