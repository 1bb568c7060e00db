"""Methods of other distributions: found by name, loaded when used, switched off, refused."""

from pathlib import Path

import pytest
from distributions import PEAK, install, python, run

POOL = "print(pr.pool([1.0, 3.0, 2.0, 0.0], {!r}, (2,)))"
ERROR = """
try:
    pr.pool([1.0, 3.0], {!r}, (2,))
except pr.PluginError as error:
    print(error)
"""


def test_plugins_are_imported_when_they_are_used(tmp_path: Path) -> None:
    install(tmp_path, "acme", "acme.peak = acme:Peak")
    assert (
        run(
            tmp_path,
            f"""
assert "acme.peak" in pr.methods()
assert pr.show_config().plugins == ("acme.peak",)
pr.pool([1.0, 3.0], "max", (2,))
assert "acme" not in sys.modules
{POOL.format("acme.peak")}
assert "acme" in sys.modules
assert pr.describe("acme.peak").summary == "The largest member."
""",
        )
        == "[3. 2.]"
    )


def test_plugins_are_unpickled_by_name(tmp_path: Path) -> None:
    install(tmp_path, "acme", "acme.peak = acme:Peak")
    data = run(
        tmp_path,
        """
import pickle
print(pickle.dumps(pr.Pool("acme.peak", (2,))).hex())
""",
    )
    assert (
        run(
            tmp_path,
            f"""
import pickle
print(pickle.loads(bytes.fromhex({data!r}))([1.0, 3.0, 2.0, 0.0]))
""",
        )
        == "[3. 2.]"
    )


def test_a_broken_plugin_breaks_itself_alone(tmp_path: Path) -> None:
    install(tmp_path, "broken", "broken.peak = broken:Peak", "raise RuntimeError('no such thing')")
    install(tmp_path, "absent", "absent.peak = nowhere:Peak", "")
    assert run(tmp_path, POOL.format("max")) == "[3. 2.]"
    message = run(tmp_path, ERROR.format("broken.peak"))
    for word in ("'broken.peak'", "broken 1.2", "broken:Peak", "no such thing"):
        assert word in message
    message = run(tmp_path, ERROR.format("absent.peak"))
    for word in ("'absent.peak'", "absent 1.2", "nowhere"):
        assert word in message


def test_two_distributions_with_one_name(tmp_path: Path) -> None:
    for distribution in ("acme", "zenith"):
        install(tmp_path, distribution, f"acme.peak = {distribution}:Peak")
    message = run(tmp_path, ERROR.format("acme.peak"))
    for word in ("'acme.peak'", "acme 1.2 and zenith 1.2"):
        assert word in message
    assert run(tmp_path, POOL.format("max")) == "[3. 2.]"


@pytest.mark.parametrize(
    ("entry", "module", "words"),
    [
        ("acme.summit = acme:Peak", PEAK, ("'acme.summit'", "'acme.peak'")),
        ("acme.peak = acme:Peak", "Peak = 3", ("'acme.peak'", "acme 1.2", "must be a Method")),
        ("acme.peak = acme:Valley", PEAK, ("'acme.peak'", "acme 1.2", "Valley")),
    ],
    ids=["another name", "no method", "no such class"],
)
def test_plugins_that_are_not_what_they_say(
    tmp_path: Path, entry: str, module: str, words: tuple[str, ...]
) -> None:
    install(tmp_path, "acme", entry, module)
    message = run(tmp_path, ERROR.format(entry.split()[0]))
    for word in words:
        assert word in message


def test_no_plugin_takes_a_bare_name(tmp_path: Path) -> None:
    install(tmp_path, "acme", "max = acme:Peak\npeak = acme:Peak")
    assert (
        run(
            tmp_path,
            f"""
assert "peak" not in pr.methods()
assert type(pr.get_method("max")).__module__ == "poolreg.methods.max"
{POOL.format("max")}
assert "acme" not in sys.modules
""",
        )
        == "[3. 2.]"
    )


# ---- Pickling ------------------------------------------------------------------------------------


def test_methods_of_plugins_are_pickled_by_name(tmp_path: Path) -> None:
    """Where the plugin is not installed, the name is unknown."""
    install(tmp_path, "acme", "acme.peak = acme:Peak")
    data = run(
        tmp_path,
        """
import pickle
print(pickle.dumps([pr.get_method("acme.peak"), pr.Pool("acme.peak", (2,))]).hex())
""",
    )
    load = f"""
import pickle
try:
    method, op = pickle.loads(bytes.fromhex({data!r}))
    assert method is pr.get_method("acme.peak")
    print(op([1.0, 3.0, 2.0, 0.0]))
except pr.UnknownMethodError as error:
    print(error)
"""
    assert run(tmp_path, load) == "[3. 2.]"
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    assert run(elsewhere, load).startswith("unknown method 'acme.peak'")


def test_workers_find_plugins(tmp_path: Path) -> None:
    install(tmp_path, "acme", "acme.peak = acme:Peak")
    (tmp_path / "work.py").write_text(
        """
import multiprocessing
import poolreg as pr

def name(method):
    return method.name

if __name__ == "__main__":
    with multiprocessing.get_context("spawn").Pool(1) as workers:
        method, op = pr.get_method("acme.peak"), pr.Pool("acme.peak", (2,))
        print(workers.apply(name, [method]), workers.apply(op, [[1.0, 3.0, 2.0, 0.0]]))
"""
    )
    done = python(tmp_path, str(tmp_path / "work.py"))
    assert (done.stdout, done.stderr) == ("acme.peak [3. 2.]\n", "")


# ---- Records -------------------------------------------------------------------------------------

RECORDS = """
for one in pr.plugins({}):
    print(one.name, one.distribution, one.version, one.value, one.state, bool(one.traceback))
"""


def install_all_kinds(folder: Path) -> None:
    install(folder, "acme", "acme.peak = acme:Peak\nshared.peak = acme:Peak\nmax = acme:Peak")
    install(folder, "broken", "broken.peak = broken:Peak", "raise RuntimeError('no such thing')")
    install(folder, "zenith", "shared.peak = zenith:Peak\nZenith.peak = zenith:Peak")


def test_there_are_no_plugins(tmp_path: Path) -> None:
    assert run(tmp_path, "print(pr.plugins(), pr.plugins(load=True))") == "() ()"


def test_records_say_what_has_happened_until_now(tmp_path: Path) -> None:
    install_all_kinds(tmp_path)
    before = run(tmp_path, RECORDS.format("") + "assert not {'acme', 'zenith'} & set(sys.modules)")
    assert before.splitlines() == [
        "Zenith.peak zenith 1.2 zenith:Peak refused False",
        "acme.peak acme 1.2 acme:Peak unloaded False",
        "broken.peak broken 1.2 broken:Peak unloaded False",
        "max acme 1.2 acme:Peak refused False",
        "shared.peak acme 1.2 acme:Peak clash False",
        "shared.peak zenith 1.2 zenith:Peak clash False",
    ]
    used = "pr.get_method('acme.peak')\n" + ERROR.format("broken.peak") + RECORDS.format("")
    for program in (used, RECORDS.format("load=True")):
        after = run(tmp_path, program)
        assert "acme.peak acme 1.2 acme:Peak loaded False" in after
        assert "broken.peak broken 1.2 broken:Peak broken True" in after
        assert "zenith:Peak clash False" in after


def test_a_record_has_the_error_of_its_use_and_the_traceback(tmp_path: Path) -> None:
    install_all_kinds(tmp_path)
    program = """
for one in pr.plugins(load=True):
    if one.name == "max":
        assert "lower-case words like 'vendor.method'" in one.error
    elif one.state == "loaded":
        assert one.error == "" and type(pr.get_method(one.name)).__module__ == "acme"
    else:
        try:
            pr.get_method(one.name)
        except pr.PluginError as error:
            assert str(error) == one.error, one
            print(one.state)
    if one.state == "broken":
        assert "broken.py" in one.traceback and "no such thing" in one.traceback, one.traceback
"""
    assert run(tmp_path, program).split() == ["refused", "broken", "clash", "clash"]


def test_a_plugin_that_exits_is_broken(tmp_path: Path) -> None:
    install(tmp_path, "acme", "acme.peak = acme:Peak", "import sys; sys.exit(3)")
    assert run(tmp_path, RECORDS.format("load=True")).endswith("broken True")
    assert "SystemExit(3)" in run(tmp_path, ERROR.format("acme.peak"))


def test_a_plugin_that_was_broken_can_be_used_when_it_is_mended(tmp_path: Path) -> None:
    install(tmp_path, "acme", "acme.peak = acme:Peak", "import acme_needs_this\n" + PEAK)
    program = f"""
import importlib, pathlib
{ERROR.format("acme.peak")}
pathlib.Path({str(tmp_path / "acme_needs_this.py")!r}).touch()
importlib.invalidate_caches()
{POOL.format("acme.peak")}
print(pr.plugins())
"""
    first, second, third = run(tmp_path, program).splitlines()
    assert "No module named 'acme_needs_this'" in first
    assert second == "[3. 2.]"
    assert "state='loaded', error='', traceback=''" in third


def test_a_plugin_for_another_version_of_poolreg(tmp_path: Path) -> None:
    module = PEAK + "    api_version = (2, 0)\n"
    install(tmp_path, "acme", "acme.peak = acme:Peak", module)
    message = run(tmp_path, ERROR.format("acme.peak"))
    for words in ("acme 1.2 (acme:Peak) cannot be loaded", "(2, 0); poolreg", "offers (1, "):
        assert words in message


def test_a_plugin_that_names_itself_otherwise_is_not_registered(tmp_path: Path) -> None:
    install(tmp_path, "acme", "acme.summit = acme:Peak")
    program = ERROR.format("acme.summit") + "print('acme.peak' in pr.methods())"
    message, there = run(tmp_path, program).splitlines()
    assert "it names itself 'acme.peak'; the two must agree" in message
    assert there == "False"


def test_an_import_may_register_its_method_itself(tmp_path: Path) -> None:
    module = PEAK.replace("class", "@pr.register_method\nclass")
    install(tmp_path, "acme", "acme.peak = acme:Peak", module)
    program = "import acme; method = pr.get_method('acme.peak'); pr.plugins(load=True)\n"
    program += "print(method is pr.get_method('acme.peak'), pr.plugins()[0].state)"
    assert run(tmp_path, program) == "True loaded"


def test_metadata_without_a_name(tmp_path: Path) -> None:
    install(tmp_path, "acme", "acme.peak = acme:Peak")
    (tmp_path / "acme-1.2.dist-info" / "METADATA").unlink()
    assert run(tmp_path, RECORDS.format("load=True")) == (
        "acme.peak unknown unknown acme:Peak loaded False"
    )


def test_threads_load_a_plugin_once(tmp_path: Path) -> None:
    module = "import time; print('imported'); time.sleep(0.2)\n" + PEAK
    install(tmp_path, "acme", "acme.peak = acme:Peak", module)
    install(tmp_path, "broken", "broken.peak = broken:Peak", "raise RuntimeError('no such thing')")
    program = """
import threading
from concurrent.futures import ThreadPoolExecutor

barrier = threading.Barrier(8)

def use(number):
    barrier.wait()
    if number % 2:
        pr.plugins(load=True)
    return pr.get_method("acme.peak")

with ThreadPoolExecutor(8) as pool:
    print(len(set(map(id, pool.map(use, range(8))))), [one.state for one in pr.plugins()])
"""
    assert run(tmp_path, program) == "imported\n1 ['loaded', 'broken']"


# ---- POOLREG_PLUGINS -----------------------------------------------------------------------------

NAMES = "print(*(n for n in pr.methods() if '.' in n), *(one.state for one in pr.plugins()))"


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        ("", "acme.peak acme.ridge zenith.peak unloaded unloaded unloaded"),
        (" 1 ", "acme.peak acme.ridge zenith.peak unloaded unloaded unloaded"),
        ("0", "off off off"),
        ("acme.peak", "acme.peak unloaded off off"),
        ("acme.*", "acme.peak acme.ridge unloaded unloaded off"),
        ("acme.ridge, zenith.*,other.*", "acme.ridge zenith.peak off unloaded unloaded"),
    ],
)
def test_the_variable_says_which_may_be_used(tmp_path: Path, value: str, printed: str) -> None:
    install(tmp_path, "acme", "acme.peak = acme:Peak\nacme.ridge = acme:Ridge")
    install(tmp_path, "zenith", "zenith.peak = zenith:Peak")
    assert run(tmp_path, NAMES, POOLREG_PLUGINS=value) == printed


def test_a_plugin_that_is_off_says_how_to_allow_it(tmp_path: Path) -> None:
    install(tmp_path, "acme", "acme.peak = acme:Peak")
    program = ERROR.format("acme.peak") + "pr.plugins(load=True); assert 'acme' not in sys.modules"
    program += "\nassert pr.show_config().plugins == ()"
    for value, more in (("0", "acme.peak"), ("zenith.*", "zenith.*,acme.peak")):
        message = run(tmp_path, program, POOLREG_PLUGINS=value)
        for words in (f"off by POOLREG_PLUGINS='{value}'", "'acme.peak' of acme 1.2"):
            assert words in message
        assert f"start with POOLREG_PLUGINS='{more}' to allow it" in message
        assert run(tmp_path, POOL.format("acme.peak"), POOLREG_PLUGINS=more) == "[3. 2.]"


@pytest.mark.parametrize(
    ("value", "entry"),
    [
        ("Demo!", "Demo!"),
        ("acme.peak,a..b", "a..b"),
        ("acme", "acme"),
        ("*", "*"),
        ("acme.pe*", "acme.pe*"),
        ("acme.peak,", ""),
        ("0,acme.peak", "0"),
        ("2", "2"),
    ],
)
def test_a_malformed_variable_is_an_error_when_plugins_are_looked_for(
    tmp_path: Path, value: str, entry: str
) -> None:
    program = """
pr.pool([1.0, 3.0], "max", (2,))
for look in (pr.methods, pr.plugins, pr.show_config, lambda: pr.get_method("acme.peak")):
    try:
        look()
    except pr.ParameterError as error:
        print(error)
"""
    messages = run(tmp_path, program, POOLREG_PLUGINS=value).splitlines()
    assert len(messages) == 4
    for message in messages:
        assert message.startswith(f"POOLREG_PLUGINS={value!r}: the entry {entry!r} is not allowed")
        for words in ("1 for all", "0 for none", "'vendor.method' and 'vendor.*'"):
            assert words in message
