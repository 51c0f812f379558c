"""Points are read the quick way as the long way reads them."""

import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from core.datasets import GeometryType
from core.errors import InputError
from enjoy.geometry import read_geometry

COORDINATE = (
    st.floats(-200, 200)
    | st.integers(-200, 200)
    | st.sampled_from([180, -180.0, 90, -0.0, float("nan"), float("inf"), 10**400, True, None, "3", [1]])
)


@settings(deadline=None)
@given(st.lists(COORDINATE, max_size=4), st.sampled_from([GeometryType.POINT, GeometryType.ANY]))
def test_a_point_is_the_same_whichever_way_it_is_read(place, wanted):
    point = {"type": "Point", "coordinates": place}
    try:
        read = read_geometry(point, wanted)
    except InputError as error:
        assert error.code in {"geometry_malformed", "geometry_range", "geometry_invalid"}  # noqa: PT017
    else:
        shape = shapely.Point([float(one) for one in place[:2]])
        assert read == shapely.to_wkb(shapely.set_srid(shape, 4326), include_srid=True)
        assert read == read_geometry(shape, wanted)
