"""Which walk a call takes: as is written down; and what is said of those that it does not take."""

import numpy as np
import poolreg as pr
import pytest
from poolreg import _core
from walks import CORE, WALKS, lines, with_table

HERE = {name for name, supported in _core.isas() if supported}


def test_named_problems_take_the_walks_that_are_written_down() -> None:
    written = WALKS.read_text(encoding="utf-8").splitlines()
    assert lines() == [line for line in written if line.partition(" ")[0] in HERE]


def test_the_table_of_walks_is_that_of_the_core() -> None:
    page = (CORE / "README.md").read_text(encoding="utf-8")
    assert with_table(page) == page


def test_every_walk_is_taken_by_some_problem() -> None:
    source = (CORE / "drive" / "walks.def").read_text(encoding="utf-8")
    named = {line.partition("(")[2].partition(")")[0] for line in source.splitlines()}
    told = set(WALKS.read_text(encoding="utf-8").replace("=", " ").replace("+", " ").split())
    assert {name for name in named if name.isidentifier()} - {"name"} <= told


def test_a_refusal_says_what_is_asked_for() -> None:
    x = np.zeros((1, 1, 9, 9), np.float32)
    (call,) = pr.explain(x, "max", 7, stride=2, data_format="NCHW").calls
    assert call.walk == "phases"
    assert call.refusals["few_columns"] == "2 to 5 columns at stride 2, 3 at 3 or 4 at 4"
    assert "not few_columns: it asks for 2 to 5 columns" in str(call)


@pytest.mark.parametrize("method", ["soft", "lp", "dpp", "max", "avg"])
def test_all_calls_of_the_core_are_told(method: str) -> None:
    x = np.ones((1, 2, 8, 8), np.float32)
    told = pr.explain(x, method, 2, data_format="NCHW", backward=True)
    assert [call.backward for call in told.calls] == [False, True]
    assert all(call.walk for call in told.calls)


def test_nothing_is_told_after_an_error() -> None:
    x = np.ones((1, 1, 4, 4), np.float32)
    with pytest.raises(pr.ShapeError):
        pr.explain(x, "max", 9, data_format="NCHW")
    assert pr.explain(x, "max", 2, data_format="NCHW").calls != ()
