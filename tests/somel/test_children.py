import pytest

from core.errors import InvariantError
from somel.demo.children import Children


def test_a_process_that_ends_is_reported_with_what_it_said(tmp_path):
    with Children(tmp_path) as children:
        child = children.start("settings", "settings", environment={"SOMEL_SHARDS": "none"})
        with pytest.raises(InvariantError, match="SOMEL_SHARDS") as ended:
            child.wait_ready()
    assert ended.value.code == "demo_process_ended"


def test_the_first_line_of_a_process_says_that_it_is_ready(tmp_path):
    with Children(tmp_path) as children:
        child = children.start("version", "--version", environment={})
        assert child.wait_ready().startswith("somel ")
        assert children.stop(child) == ""
