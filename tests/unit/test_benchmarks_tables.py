"""Tables of figures, and the page they are put into."""

from __future__ import annotations

from pathlib import Path

import pytest

import benchmarks.__main__ as all_parts
from benchmarks.clips import Clip, clip_of, like_a_voice
from benchmarks.tables import Column, LeftOut, Table, replace_figures

pytestmark = pytest.mark.unit

TABLE = Table(
    "Things",
    (Column("name", "name"), Column("ms", "ms"), Column("mb", "MB")),
    [{"name": "one", "ms": 1234.5, "mb": 2}, {"name": "another", "ms": 0.0042, "mb": None}],
    "As they are.",
)
PAGE = "# Benchmarks\n\n<!-- figures -->\n\nold\n\n<!-- end of figures -->\n\nMore.\n"


def test_it_lines_up_for_the_terminal() -> None:
    assert TABLE.as_text() == (
        "Things\n"
        "   name       ms  MB\n"
        "    one  1,234.5   2\n"
        "another    0.004   -\n"
        "As they are."
    )  # fmt: skip


def test_it_is_a_table_of_the_docs() -> None:
    assert TABLE.as_markdown() == (
        "### Things\n\n"
        "| name | ms | MB |\n"
        "|---:|---:|---:|\n"
        "| one | 1,234.5 | 2 |\n"
        "| another | 0.004 | - |\n\n"
        "As they are."
    )  # fmt: skip


def test_figures_are_replaced_between_the_marks_and_nowhere_else() -> None:
    assert replace_figures(PAGE, "new") == PAGE.replace("old", "new")


def test_a_page_without_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="the page has no lines"):
        replace_figures("# Benchmarks\n", "new")


def test_it_has_marks_in_the_docs_page() -> None:
    page = (Path(__file__).parents[2] / "docs" / "benchmarks.md").read_text()
    replaced = replace_figures(page, "new figures")
    assert "new figures" in replaced
    assert len(replaced) < len(page)


@pytest.fixture
def two_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    def left_out(_clip: Clip) -> Table:
        raise LeftOut("no such thing here")

    monkeypatch.setattr(all_parts, "PARTS", {"things": lambda _clip: TABLE, "others": left_out})
    monkeypatch.setattr(
        all_parts, "make_clip", lambda rate: clip_of(like_a_voice(0.5, rate), rate, rate, origin="-")
    )


@pytest.mark.usefixtures("two_parts")
def test_it_runs_all_parts_and_writes_nothing_unless_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.md"
    page.write_text(PAGE)

    assert all_parts.main([]) == 0
    assert page.read_text() == PAGE
    heading, *rest = capsys.readouterr().out.splitlines()
    assert "cores" in heading
    assert rest == ["", *TABLE.as_text().splitlines(), "", "others is left out: no such thing here"]

    assert all_parts.main(["--only", "things", "--write", str(page)]) == 0
    heading = capsys.readouterr().out.splitlines()[0]
    assert page.read_text() == PAGE.replace("old", f"{heading}\n\n{TABLE.as_markdown()}")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: None, "{path}: No such file or directory"),
        (
            lambda path: path.write_text("# Page\n"),
            "the page has no lines <!-- figures --> and <!-- end of figures -->",
        ),
    ],
)
def test_a_page_that_cannot_take_figures_is_refused_before_anything_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], make: object, message: str
) -> None:
    path = tmp_path / "page.md"
    assert callable(make)
    make(path)

    assert all_parts.main(["--write", str(path)]) == 2
    assert capsys.readouterr() == ("", f"benchmarks: {message.format(path=path)}\n")


def test_an_unknown_part_is_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        all_parts.main(["--only", "voice_loop,nothing"])

    assert ended.value.code == 2
    assert "there is no part 'nothing'" in capsys.readouterr().err
