"""Compiled code is kept where it can be, and processes that compile at the same time do not mix it up."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from numba.core import caching, config

from core import compiled_code
from core.compiled_code import NamedByContents

ROOT = Path(__file__).parents[2]
settings: Any = config  # its attributes are made at run time
ON_INTEGERS, ON_FLOATS = (("int64",), "cpu", "code"), (("float64",), "cpu", "code")
Index = Callable[[str], Any]


@pytest.fixture
def index(tmp_path: Path) -> Index:
    """Return what opens the index of one function, as a process does that has read a version of its source."""

    def opened(source: str) -> NamedByContents:
        return NamedByContents(str(tmp_path), "module.total-3.py311", source)

    return opened


def test_what_is_saved_is_found_by_its_types(index: Index) -> None:
    index("new").save(ON_INTEGERS, "integers")
    index("new").save(ON_FLOATS, "floats")
    assert index("new").load(ON_INTEGERS) == "integers"
    assert index("new").load(ON_FLOATS) == "floats"
    assert index("new").load((("complex128",), "cpu", "code")) is None


def test_two_that_save_at_once_never_find_what_the_other_compiled(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    index("new").save(ON_INTEGERS, "integers")
    late = index("new")
    with monkeypatch.context() as patched:
        patched.setattr(late, "_load_index", dict)  # it had looked before the other had saved
        patched.setattr(late, "_forget_older", lambda: None)
        late.save(ON_FLOATS, "floats")
    assert index("new").load(ON_FLOATS) == "floats"
    assert index("new").load(ON_INTEGERS) is None  # compiled once more, not taken for the other
    index("new").save(ON_INTEGERS, "integers")
    assert index("new").load(ON_FLOATS) == "floats"


def test_numba_itself_mixes_them_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When this fails, Numba names its files better and ours may go."""
    (numbas,) = NamedByContents.__bases__
    early, late = (numbas(str(tmp_path), "module.total-3.py311", "new") for _ in range(2))
    early.save(ON_INTEGERS, "integers")
    monkeypatch.setattr(late, "_load_index", dict)
    late.save(ON_FLOATS, "floats")
    early._save_index({ON_INTEGERS: "module.total-3.py311.1.nbc"})  # the first to look, the last to write
    assert early.load(ON_INTEGERS) == "floats"


def test_what_an_older_source_left_is_neither_found_nor_kept(index: Index, tmp_path: Path) -> None:
    index("old").save(ON_INTEGERS, "wrong by now")
    (old,) = tmp_path.glob("*.nbc")
    new = index("new")
    new._save_index({ON_INTEGERS: new._name_of(ON_INTEGERS)})  # the index came first, its file is still to come
    assert new.load(ON_INTEGERS) is None
    index("newer").save(ON_INTEGERS, "right")
    assert not old.exists()
    assert index("newer").load(ON_INTEGERS) == "right"


def test_the_stamp_follows_what_a_file_takes_from_files_beside_it(tmp_path: Path) -> None:
    one, two, three = (tmp_path / f"{name}.py" for name in ("one", "two", "three"))
    one.write_text("from package.two import double\n")
    two.write_text("from package.three import half\nfrom package.one import total\n")
    three.write_text("import numpy as np\n")
    before = compiled_code.stamp_of(one), compiled_code.stamp_of(three)
    three.write_text("import numpy\n")
    compiled_code.stamp_of.cache_clear()
    assert compiled_code.stamp_of(one) != before[0]
    two.write_text("import numpy\n")
    compiled_code.stamp_of.cache_clear()
    alone = compiled_code.stamp_of(one)
    three.write_text("from package.one import total\n")
    compiled_code.stamp_of.cache_clear()
    assert compiled_code.stamp_of(one) == alone


def test_a_second_process_takes_what_the_first_has_compiled(tmp_path: Path) -> None:
    (tmp_path / "sums.py").write_text(
        "import numpy as np\nfrom core.compiling import kernel\n\n\n@kernel\ndef total(values):\n"
        "    found = 0.0\n    for value in values:\n        found += value\n    return found\n\n\n"
        "assert total(np.arange(5)) == total(np.arange(5.0)) == 10.0\nprint(sum(total.stats.cache_hits.values()))\n"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT), "NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    line = [sys.executable, "sums.py"]
    runs = [subprocess.run(line, check=True, cwd=tmp_path, env=environment, capture_output=True) for _ in range(2)]
    assert [run.stdout.strip() for run in runs] == [b"0", b"2"]


def test_compiled_code_goes_to_a_private_folder_where_nothing_else_can_be_written(tmp_path, monkeypatch):
    blocked = tmp_path / "file"
    blocked.touch()
    monkeypatch.setattr(compiled_code, "_usual_cache_folders", lambda: (blocked / "a", blocked / "b"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(config, "CACHE_DIR", "")
    compiled_code.keep_compiled_code()
    chosen = Path(settings.CACHE_DIR)
    assert chosen.parent == tmp_path
    assert chosen.stat().st_mode & 0o077 == 0


def test_a_cache_folder_others_could_write_to_is_not_trusted(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    expected = compiled_code._private_temporary_folder()
    assert compiled_code._private_temporary_folder() == expected
    expected.chmod(0o777)
    assert compiled_code._private_temporary_folder() != expected
    expected.rmdir()
    expected.symlink_to(tmp_path)
    assert compiled_code._private_temporary_folder() != expected


def test_the_usual_cache_folder_is_left_to_numba(monkeypatch):
    monkeypatch.setattr(config, "CACHE_DIR", "")
    compiled_code.keep_compiled_code()
    assert settings.CACHE_DIR == ""
    assert caching.IndexDataCacheFile is NamedByContents
