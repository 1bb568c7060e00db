"""Hypothesis profiles, and a header that says what this run tests."""

import os
from importlib.util import find_spec

# Test processes share the cores: a thread that waits for work must not spin on one.  OpenMP reads
# this once, when it is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import poolreg as pr
import pytest
from hypothesis import settings

# derandomize: a failure in CI is the same failure at the desk. A call's time says nothing here.
settings.register_profile("ci", max_examples=25, derandomize=True, deadline=None, database=None)
settings.register_profile("thorough", max_examples=5000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


def pytest_report_header(config: pytest.Config) -> str:
    shown = pr.show_config().to_dict()
    torch = "compared with torch" if find_spec("torch") else "torch is absent: not compared with it"
    return (
        f"poolreg {shown['version']}: ISA table {shown['isa']} "
        f"of {', '.join(shown['isa_supported'])}; {torch}"
    )
