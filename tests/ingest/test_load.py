"""When what can wait should stand back."""

from ingest.load import Load


def noted(took_s: float, every_s: float, rounds: int = 20) -> Load:
    load = Load()
    for number in range(rounds):
        load.note(number * every_s, number * every_s + took_s)
    return load


def test_there_is_no_load_before_the_first_round():
    assert not Load().is_high(0.0)


def test_rounds_that_take_half_the_time_are_a_load_and_the_commits_of_a_trickle_are_none():
    assert noted(0.1, 0.2).is_high(4.0)
    assert not noted(0.01, 0.2).is_high(4.0)


def test_a_load_ends_a_second_after_the_last_round():
    load = noted(0.1, 0.2)
    assert not load.is_high(20 * 0.2 + 1.1)


def test_one_long_round_among_short_ones_is_no_load():
    load = noted(0.01, 0.2)
    load.note(4.0, 4.15)
    assert not load.is_high(4.2)
