"""`poolreg plugins`: what is installed, a package to start from, and its conformance."""

import json
import os
import re
from pathlib import Path
from typing import Any

import poolreg as pr
import pytest

pytest.importorskip("click")
pytest.importorskip("rich")
pytest.importorskip("matplotlib")
pytest.importorskip("PIL")

import distributions
from command import Call, Done, assert_one_line, caller, run_several
from poolreg.cli import scaffold


@pytest.fixture
def call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Call:
    return caller(tmp_path, monkeypatch, capsys)


# ---- poolreg plugins list ------------------------------------------------------------------------


def install(folder: Path) -> None:
    """Plugins of every state but one."""
    distributions.install(folder, "acme", "acme.peak = acme:Peak\nshared.peak = acme:Peak")
    distributions.install(folder, "broken", "broken.peak = broken:Peak", "1 /\\\n 0")
    distributions.install(folder, "zenith", "peak = zenith:Peak\nshared.peak = zenith:Peak")


LIST = ("plugins", "list")
TRACEBACKS = ("broken.peak", "acme.peak", "shared.peak", "acme.peek")


@pytest.fixture(scope="module")
def listed(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, ...], Done]:
    """What `poolreg plugins list` says of them, by the options."""
    folder = tmp_path_factory.mktemp("installed")
    install(folder)
    tracebacks = [("--traceback", name) for name in TRACEBACKS]
    options = [(), ("--json",), *tracebacks, ("--traceback", "acme.peak", "--json")]
    commands = [LIST + words for words in options]
    wide = {"PYTHONPATH": str(folder), "COLUMNS": "400"}
    return dict(zip(options, run_several(*commands, cwd=folder, **wide), strict=True))


def test_list_is_one_line_a_record(listed: Any) -> None:
    done = listed[()]
    assert (done.code, done.err) == (0, "")
    rows = [re.split(r"  +", line.strip(), maxsplit=4) for line in done.out.splitlines()]
    assert rows[0] == ["name", "distribution", "version", "state", "error"]
    assert [row[:4] for row in rows[2:]] == [
        ["acme.peak", "acme", "1.2", "loaded"],
        ["broken.peak", "broken", "1.2", "broken"],
        ["peak", "zenith", "1.2", "refused"],
        ["shared.peak", "acme", "1.2", "clash"],
        ["shared.peak", "zenith", "1.2", "clash"],
    ]
    assert "cannot be loaded: ZeroDivisionError" in rows[3][4]
    assert "acme 1.2 and zenith 1.2" in rows[5][4]


def test_list_as_json(listed: Any) -> None:
    told = json.loads(listed["--json",].out)
    assert [one["state"] for one in told] == ["loaded", "broken", "refused", "clash", "clash"]
    assert told[0] == {
        "name": "acme.peak",
        "distribution": "acme",
        "version": "1.2",
        "value": "acme:Peak",
        "state": "loaded",
        "error": "",
        "traceback": "",
    }
    assert "broken.py" in told[1]["traceback"]


def test_list_shows_what_is_off(tmp_path: Path) -> None:
    install(tmp_path)
    where = {"cwd": tmp_path, "PYTHONPATH": str(tmp_path), "COLUMNS": "400"}
    (done,) = run_several(LIST, **where, POOLREG_PLUGINS="acme.peak")
    assert re.search(r"acme\.peak +acme +1\.2 +loaded", done.out)
    assert re.search(r"broken\.peak +broken +1\.2 +off .*POOLREG_PLUGINS='acme\.peak'", done.out)
    (done,) = run_several(LIST, **where, POOLREG_PLUGINS="Demo!")
    assert_one_line(done, "POOLREG_PLUGINS='Demo!': the entry 'Demo!' is not allowed")


def test_list_prints_the_traceback_of_a_broken_plugin(listed: Any) -> None:
    broken, loaded, shared, unknown = (listed["--traceback", name] for name in TRACEBACKS)
    assert (broken.code, broken.err) == (0, "")
    assert broken.out.startswith("Traceback (most recent call last):\n")
    assert "broken.py" in broken.out
    assert broken.out.rstrip().endswith("ZeroDivisionError: division by zero")
    assert loaded.out == "acme.peak is loaded\n"
    assert "uninstall all but one" in shared.out
    assert_one_line(unknown, "'acme.peek'")
    assert_one_line(listed["--traceback", "acme.peak", "--json"], "one of the two")


def test_list_of_nothing_says_how_to_begin(tmp_path: Path) -> None:
    done, as_json = run_several(LIST, (*LIST, "--json"), cwd=tmp_path, COLUMNS="200")
    assert (done.code, done.err) == (0, "")
    assert "no distribution" in done.out
    assert "`poolreg plugins new vendor.method`" in done.out
    assert as_json.out == "[]\n"


def test_help_lists_the_commands(call: Call) -> None:
    done = call("plugins")
    assert done.code == 0
    for command in ("list", "new", "check"):
        assert f"  {command} " in done.out
        assert call("plugins", command, "--help").code == 0


# ---- poolreg plugins new -------------------------------------------------------------------------

PARTS = {
    "README.md",
    "pyproject.toml",
    "src/poolreg_acme_own_mean/__init__.py",
    "src/poolreg_acme_own_mean/own_mean.py",
    "tests/test_own_mean.py",
}
NATIVE_PARTS = {
    "MANIFEST.in",
    "setup.py",
    "src/poolreg_acme_own_mean/_loops.c",
    "src/poolreg_acme_own_mean/own_mean.inc.c",
}
TIERS = {
    (): "pr.WindowFunction(forward, backward)",
    ("--tier", "1"): "pr.WeightedMean(log_weight",
    ("--tier", "2"): "pr.WindowFunction(forward, backward)",
    ("--tier", "native"): "pr.Native(_loops.functions)",
    ("--native",): "pr.Native(_loops.functions)",
}


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("option", TIERS, ids="-".join)
def test_new_writes_a_package(option: tuple[str, ...], call: Call, tmp_path: Path) -> None:
    done = call("plugins", "new", "acme.own_mean", *option)
    assert (done.code, done.err) == (0, "")
    folder = tmp_path / "poolreg-acme-own-mean"
    assert done.out.startswith("wrote poolreg-acme-own-mean; poolreg-acme-own-mean/README.md says")
    native = "native" in "".join(option)
    assert files(folder) == PARTS | (NATIVE_PARTS if native else set())
    line = "pip install --no-build-isolation -e" if native else "pip install -e"
    assert done.out.endswith(f"{line} ./poolreg-acme-own-mean\n")
    assert list(tmp_path.iterdir()) == [folder]
    for name in files(folder):
        text = (folder / name).read_text(encoding="utf-8")
        assert not re.search("VENDOR|METHOD(?!_)|CLASS|DISTRIBUTION|PACKAGE", text), name
        if name.endswith(".py"):
            compile(text, name, "exec")
    method = (folder / "src/poolreg_acme_own_mean/own_mean.py").read_text()
    assert "class OwnMean(pr.Method)" in method
    assert f"reducer = {TIERS[option]}" in method
    umask = os.umask(0)
    os.umask(umask)
    assert folder.stat().st_mode & 0o777 == 0o777 & ~umask


def test_all_tiers_define_the_same_method() -> None:
    """The packages stand alone, so the definition is in each."""
    texts = [
        (scaffold.TEMPLATE / part / "src" / "PACKAGE" / "METHOD.py").read_text(encoding="utf-8")
        for part in ("tier_1", "tier_2", "native")
    ]
    declared = {re.sub("reducer = .*", "", text.split("\nclass ")[1]) for text in texts}
    assert len(declared) == 1


@pytest.mark.parametrize("made", [False, True], ids=["new", "empty"])
def test_new_writes_into_the_folder_that_is_given(made: bool, call: Call, tmp_path: Path) -> None:
    if made:
        (tmp_path / "own").mkdir()
    assert call("plugins", "new", "acme.own_mean", "--out", "own").code == 0
    assert files(tmp_path / "own") == PARTS
    assert list(tmp_path.iterdir()) == [tmp_path / "own"]


def test_new_writes_into_the_working_directory(call: Call, tmp_path: Path) -> None:
    assert call("plugins", "new", "acme.own_mean", "--out", ".").code == 0
    assert files(tmp_path) == PARTS
    assert Path.cwd() == tmp_path


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("own", "'vendor.method'"),
        ("Acme.own", "'vendor.method'"),
        ("acme.own.mean", "'vendor.method'"),
        ("acme.1", "'vendor.method'"),
        ("acme.../x", "'vendor.method'"),
        ("acme.class", "no keyword of Python; got 'acme.class'"),
        ("acme.none", "no keyword of Python; got 'acme.none'"),
    ],
)
def test_new_refuses_other_names(name: str, words: str, call: Call, tmp_path: Path) -> None:
    assert_one_line(call("plugins", "new", name), words, repr(name))
    assert not any(tmp_path.iterdir())


def test_new_overwrites_nothing(call: Call, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes").write_text("mine")
    (tmp_path / "file").write_text("mine")
    for target in ("full", "file"):
        done = call("plugins", "new", "acme.own_mean", "--out", target)
        assert_one_line(done, f"{target} exists and is no empty folder")
    done = call("plugins", "new", "acme.own_mean", "--out", "missing/own")
    assert_one_line(done, "there is no folder missing; make it with: mkdir -p missing")
    assert files(tmp_path) == {"full/notes", "file"}


def test_a_failure_leaves_nothing(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Path, *args: object, **options: object) -> None:
        raise OSError(28, "No space left on device", str(self))

    monkeypatch.setattr(Path, "write_text", fail)
    done = call("plugins", "new", "acme.own_mean", "--out", "own")
    assert_one_line(done, "own: No space left on device")
    assert not any(tmp_path.iterdir())


# ---- poolreg plugins check -----------------------------------------------------------------------


def test_check_tells_failures_and_counts_the_rest(call: Call) -> None:
    done = call("plugins", "check", "max")
    assert (done.code, done.err) == (0, "")
    assert re.fullmatch(r"max fails 0 of \d+ checks; \d+ passed, \d+ not applicable\n", done.out)


def test_check_of_some_checks_alone_and_of_each_in_a_table(call: Call) -> None:
    done = call("plugins", "check", "max", "--only", "values", "--only", "nan", "-v")
    assert (done.code, done.err) == (0, "")
    rows = [line.split() for line in done.out.splitlines()]
    assert rows[2:4] == [["values", "passed"], ["nan", "passed"]]
    assert done.out.endswith("max fails 0 of 2 checks; 2 passed\n")
    done = call("plugins", "check", "max", "--only", "value")
    assert_one_line(done, "there is no check 'value'; did you mean 'values'?")


def test_check_of_a_method_that_fails(call: Call) -> None:
    class Skewed(pr.Method):
        """The largest member, that says it is the smallest."""

        name = "test.skewed"
        api_version = (1, 0)
        reducer = pr.Select("max")

        def reference_index(self, window: pr.Window, params: object) -> int:
            return int(window.values.argmin())

    with pr.registered(Skewed):
        done = call("plugins", "check", "test.skewed")
    assert (done.code, done.err) == (1, "")
    assert re.match(r"test\.skewed fails [1-9]\d* of \d+ checks; \d+ passed", done.out)
    assert re.search(r"^values: .*\n    y at .* is ", done.out, re.MULTILINE)
    assert "\nheld back, as values may be the reason: stride, padding" in done.out


def test_check_of_what_is_no_method(call: Call) -> None:
    assert_one_line(call("plugins", "check", "acme.peek"), "unknown method 'acme.peek'")


@pytest.mark.parametrize("option", [(), ("--native",)], ids="".join)
def test_check_of_what_is_not_installed_says_how(option: tuple[str, ...], call: Call) -> None:
    made = call("plugins", "new", "acme.own_mean", *option)
    line = made.out.splitlines()[-1].removeprefix("to install it: ")
    done = call("plugins", "check", "acme.own_mean")
    assert_one_line(done, f"acme.own_mean is not installed: {line}")
