"""The documentation: its examples run as they stand, and it builds without a warning."""

import doctest
import html
import re
import shlex
import shutil
import subprocess
import sys
from importlib.util import find_spec
from operator import attrgetter
from pathlib import Path
from urllib.parse import unquote

import click
import numpy as np
import poolreg as pr
import pytest
from poolreg.cli.commands import cli
from poolreg.cli.pictures.gallery import load_photograph
from poolreg.testing import check_method

DOCS = Path(__file__).parents[2] / "docs"
README = DOCS.parent / "README.md"
MADE = ("_build", "_pictures", "api", "methods")  # by a build: not here, but in a copy
PAGES = [
    page
    for page in sorted(DOCS.rglob("*.md"))
    if page.relative_to(DOCS).parts[0] not in (*MADE, "design")
    and (page.name != "torch.md" or find_spec("torch") is not None)
]
BLOCK = re.compile(r"^```(python|pycon)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
ID = re.compile(r' id="([^"]+)"')
LINK = re.compile(r'<a [^>]*href="(?![a-z]+:)([^"]*)"')
MARKUP = re.compile(r"<p>(\.\. [\w-]+::|```)")
PROMPT = re.compile(r"^( *)>>> ", re.MULTILINE)
OPTIONS = doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL


def run(text: str, name: str) -> int:
    """Run the blocks of a page one after the other, with common names; how many examples ran."""
    names: dict[str, object] = {}
    examples: list[doctest.Example] = []
    for block in BLOCK.finditer(text):
        line = text.count("\n", 0, block.start(2))
        if block[1] == "python":
            examples.append(doctest.Example(f"exec({block[2]!r}, globals())", "", lineno=line))
            continue
        for example in doctest.DocTestParser().get_examples(block[2], name):
            example.lineno += line
            examples.append(example)
    failures: list[str] = []
    test = doctest.DocTest(examples, names, name, name, 0, text)
    doctest.DocTestRunner(optionflags=OPTIONS).run(test, out=failures.append)
    assert not failures, "".join(failures)
    return len(examples)


def without_torch(text: str) -> str:
    """A page without the blocks that need torch."""
    return BLOCK.sub(lambda block: "" if "import torch" in block[2] else block[0], text)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS)))
def test_examples_run(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    if find_spec("torch") is None:
        text = without_torch(text)
    assert run(text, page.name) >= len(PROMPT.findall(text)), "an example outside of a block"


def test_methods_of_the_page_do_what_every_method_must() -> None:
    """Those that are written on *Write a method*, taken from it as they stand."""
    text = (DOCS / "write-a-method.md").read_text(encoding="utf-8")
    names: dict[str, object] = {}
    for block in BLOCK.finditer(text):
        for example in doctest.DocTestParser().get_examples(block[2], "page"):
            if example.source.startswith(("import", "def", "class")):
                exec(example.source, names)
    methods = [m for m in names.values() if isinstance(m, type) and issubclass(m, pr.Method)]
    assert {method.__name__ for method in methods} == {"HalfSum", "Lehmer", "Midrange"}
    for method in methods:
        assert check_method(method).failed == ()


def test_there_are_examples() -> None:
    with_examples = [page for page in PAGES if PROMPT.search(page.read_text(encoding="utf-8"))]
    assert len(with_examples) >= 13


def test_pages_build_and_what_they_make_is_there(tmp_path: Path) -> None:
    source, built = tmp_path / "docs", tmp_path / "html"
    shutil.copytree(DOCS, source, ignore=shutil.ignore_patterns(*MADE))
    for quoted in ("examples", "benchmarks"):
        shutil.copytree(DOCS.parent / quoted, tmp_path / quoted)
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html"]
    build = subprocess.run([*command, source, built], capture_output=True, text=True)
    assert build.returncode == 0, build.stderr
    for name in pr.methods():
        check_method_page(name, source, built)
    check_pictures(built)
    check_links(built)
    matrix = (built / "matrix.html").read_text(encoding="utf-8")
    assert matrix.count("✓") > 5 * len(pr.methods())


def check_method_page(name: str, source: Path, built: Path) -> None:
    page = (built / "methods" / f"{name}.html").read_text(encoding="utf-8")
    described = pr.describe(name)
    for param in described.params:
        assert f">{param.name}<" in page, f"{name}: {param.name}"
    for heading in ("Definition", "Example", "Gradient", "Parameters", "Traits", "Functions"):
        assert f"<h2>{heading}<" in page, f"{name}: {heading}"
    assert "<math" in page, f"{name} has no formula"
    written = (source / "methods" / f"{name}.rst").read_text(encoding="utf-8")
    examples = doctest.DocTestParser().get_doctest(written, {}, name, name, 0)
    assert examples.examples, f"{name} has no example"
    assert doctest.DocTestRunner().run(examples).failed == 0, name


def check_pictures(built: Path) -> None:
    """Each on a page, with words for who does not see it; drawings for a light and a dark page."""
    images = {path.name for path in (built / "_images").iterdir()}
    shown: set[str] = set()
    for page in built.rglob("*.html"):
        for tag in re.findall(r"<img [^>]*>", page.read_text(encoding="utf-8")):
            match = re.search(r'src="[./]*_images/([^"]+)"', tag)
            if match is not None:
                shown.add(match[1])
                assert re.search(r'alt="[^"]{20,}"', tag), f"{page.name}: {tag}"
    assert shown == images
    assert {name.replace(".light.", ".dark.") for name in images if ".light." in name} == {
        name for name in images if ".dark." in name
    }
    assert {"original.webp", *(f"method-{m}.png" for m in pr.methods())} <= images


def check_links(built: Path) -> None:
    """Every link inside leads to a page and a place on it, and no page shows its markup."""
    texts = {page: page.read_text(encoding="utf-8") for page in built.rglob("*.html")}
    places = {page: {html.unescape(i) for i in ID.findall(text)} for page, text in texts.items()}
    for page, text in texts.items():
        assert not MARKUP.search(text), f"{page.name} shows its markup"
        for link in set(LINK.findall(text)):
            path, _, place = unquote(html.unescape(link)).partition("#")
            target = (page.parent / path).resolve() if path else page
            assert target.exists(), f"{page.name}: {link}"
            assert not place or target not in places or place in places[target], (
                f"{page.name}: {link}"
            )


def commands(page: Path) -> list[str]:
    """The lines of a page's shell blocks that run poolreg."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", page.read_text(encoding="utf-8"), re.M | re.S)
    return [line for block in blocks for line in block.splitlines() if line.startswith("poolreg ")]


def test_command_lines_are_understood(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [line for page in PAGES for line in commands(page)]
    assert len(lines) >= 8
    monkeypatch.chdir(tmp_path)
    for name in ("in.png", "features.npy"):
        (tmp_path / name).touch()
    for line in lines:
        alone = re.split(r" [<>|] ", line)[0]  # without what a shell sends where
        command, words = cli, shlex.split(alone, comments=True)[1:]
        context = click.Context(command, **command.context_settings)
        while isinstance(command, click.Group):
            command = command.get_command(context, words.pop(0))
        assert command is not None, line
        command.parse_args(click.Context(command, parent=context), words)


def test_installing_is_told_once() -> None:
    told = (DOCS / "_install.md").read_text(encoding="utf-8")
    assert told in README.read_text(encoding="utf-8")
    for page in (*DOCS.rglob("*.md"), README):
        assert "pip install poolreg" not in re.sub("[\"']", "", page.read_text(encoding="utf-8"))


def test_figures_in_the_text_are_those_of_the_table() -> None:
    speed = (DOCS.parent / "benchmarks/results/speed.md").read_text(encoding="utf-8")
    stem = re.search(r"^\| stem1 .*\| ([\d.]+)[^|]*\|$", speed, re.MULTILINE)
    assert stem is not None
    for page in (README, DOCS / "index.md"):
        assert f"takes {stem[1]} times as long as reading" in page.read_text(encoding="utf-8")
    means = re.findall(r"geometric mean ([\d.]+)", speed)[:2]
    result = (DOCS / "performance.md").read_text(encoding="utf-8")
    for mean in means:
        assert f"**{mean} times**" in README.read_text(encoding="utf-8")
        assert f"**{float(mean):.1f} times**" in result


@pytest.mark.skipif(find_spec("torch") is None, reason="torch is not installed")
def test_the_reference_of_torch_names_everything() -> None:
    import poolreg.torch as pt

    sys.path.insert(0, str(DOCS / "_ext"))
    try:
        import torch_pages
    finally:
        sys.path.pop(0)
    described = {name for given in torch_pages.DESCRIBED.values() for name in given}
    for module, names in (("functional", "functions"), ("nn", "layers")):
        listed = torch_pages.table(attrgetter(names), attrgetter("torch"))
        missing = [name for name in getattr(pt, module).__all__ if f"``{name}``" not in listed]
        assert set(missing) <= described


def test_shapes_that_the_pictures_show() -> None:
    photograph = load_photograph()
    assert photograph.shape == (600, 512, 3)
    assert pr.pool(photograph, "max", 8, axes=(0, 1)).shape == (75, 64, 3)
    assert pr.max_pool2d(np.zeros((2, 3, 16, 16)), 2).shape == (2, 3, 8, 8)
