"""GeoJSON is read feature by feature, wherever the pieces of the file end."""

import json

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from core.errors import InputError
from enjoy.files import features
from enjoy.files.features import read_geojson

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@example(items=[1e-7], more=1000000000.0, chunk=10, indent=None)
@given(items=st.lists(JSON, max_size=5), more=JSON, chunk=st.integers(1, 40), indent=st.sampled_from([None, 1]))
def test_whatever_is_in_a_collection_comes_out_of_it(tmp_path_factory, items, more, chunk, indent):
    path = tmp_path_factory.getbasetemp() / "features.geojson"
    document = {"name": more, "type": "FeatureCollection", "number": 12, "features": items, "bbox": [1, 2]}
    path.write_text(json.dumps(document, indent=indent))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(features, "_CHUNK", chunk)
        assert list(read_geojson(path)) == items


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "file_unreadable"),
        ("[]", "file_unreadable"),
        ('{"type": "Feature"}', "file_unreadable"),
        ('{"type": "FeatureCollection"}', "file_unreadable"),
        ('{"type": "FeatureCollection", "features": [{}, {]}', "file_unreadable"),
        ('{"type": "FeatureCollection", "features": [{}', "file_unreadable"),
        ('{"type": "FeatureCollection", "features": []} x', "file_unreadable"),
        ('{"type": "FeatureCollection", "features": [' + "[" * 100_000, "file_unreadable"),
        (
            '{"type": "FeatureCollection", "crs": {"properties": {"name": "EPSG:2154"}}, "features": []}',
            "crs_unsupported",
        ),
    ],
)
def test_what_is_no_collection_in_wgs_84_is_refused(tmp_path, text, code):
    path = tmp_path / "file.geojson"
    path.write_text(text)
    with pytest.raises(InputError, match=code):
        list(read_geojson(path))


def test_a_feature_without_end_is_not_read_into_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(features, "_LONGEST", 1_000)
    monkeypatch.setattr(features, "_CHUNK", 100)
    path = tmp_path / "file.geojson"
    path.write_text('{"features": ["' + "x" * 100_000)
    with pytest.raises(InputError, match="too long"):
        list(read_geojson(path))
