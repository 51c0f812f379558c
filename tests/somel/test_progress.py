import pytest

from somel.progress import progress_bars


@pytest.fixture(autouse=True)
def no_colours_asked_for(monkeypatch):
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)


def test_in_a_log_a_stage_is_one_line(capsys):
    with progress_bars() as report:
        for done in range(3):
            report("back-fill", done, 2)
        report("programs", 0, 0)
    assert capsys.readouterr().err == "somel: back-fill …\nsomel: programs …\n"


def test_at_a_terminal_a_stage_is_a_bar_that_shows_how_far_it_is(capsys, monkeypatch):
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    with progress_bars() as report:
        report("back-fill", 0, 8)
        report("back-fill", 5, 8)
        report("programs", 0, 0)
    drawn = capsys.readouterr().err
    assert "back-fill" in drawn
    assert "5/8" in drawn
    assert "programs" in drawn
    assert "somel:" not in drawn
