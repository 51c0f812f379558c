"""Where nobody names a secret of passes, an account has one of its own, and keeps it."""

import stat

from core.settings import read_settings
from somel.pass_secret import kept_secret, with_pass_secret


def test_an_account_makes_its_secret_once_and_nobody_else_reads_it(state):
    first = kept_secret()
    assert len(first) >= 32
    assert kept_secret() == first
    assert [path.name for path in state.iterdir()] == ["pass-secret"]
    assert stat.S_IMODE((state / "pass-secret").stat().st_mode) == 0o600
    known = with_pass_secret(read_settings()).pass_secret
    assert known is not None
    assert known.get_secret_value() == first


def test_a_database_of_somebodys_own_wants_a_secret_of_their_own(state):
    assert with_pass_secret(read_settings(database_url="postgresql://nowhere.test/x")).pass_secret is None
    named = read_settings(pass_secret="named by the operator, long enough")
    assert with_pass_secret(named) is named
    assert list(state.iterdir()) == []
