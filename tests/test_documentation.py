from tests.support import documentation


def test_the_documentation_says_what_is():
    assert documentation.faults() == []


def test_a_broken_link_is_found(tmp_path, monkeypatch):
    monkeypatch.setattr(documentation, "ROOT", tmp_path)
    page = tmp_path / "page.md"
    page.write_text("[there](page.md) [gone](gone.md) [outside](https://example.org)")
    assert list(documentation.broken_links(page)) == ["page.md: link to gone.md, which is not there"]


def test_a_command_that_does_not_exist_is_found(tmp_path, monkeypatch):
    page = tmp_path / "page.md"
    page.write_text("`somel token create` and `somel fly`")
    monkeypatch.setattr(documentation, "ROOT", tmp_path)
    (tmp_path / "Makefile").write_text("demo:\n")
    assert list(documentation.unknown_commands(page)) == ["page.md: there is no `somel fly`"]
