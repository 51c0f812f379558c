"""Who sees what, and under which topics."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from grid.openadr.nouns import ObjectType, Operation, Role
from grid.openadr.privacy import Viewer, shown_targets, visible_to
from grid.openadr.topics import BUSINESS_LOGIC, TopicKind, audience_of, publishing_topics, topics_of

TARGETS = st.frozensets(st.sampled_from("abcd"), max_size=3)


@dataclass(frozen=True)
class Thing:
    object_type: str
    client_id: str | None
    targets: tuple[str, ...]
    program_targets: tuple[str, ...]


things = st.builds(
    Thing,
    st.sampled_from(["PROGRAM", "EVENT", "REPORT", "VEN", "RESOURCE", "SUBSCRIPTION"]),
    st.sampled_from(["mine", "theirs"]),
    TARGETS.map(lambda chosen: tuple(sorted(chosen))),
    TARGETS.map(lambda chosen: tuple(sorted(chosen))),
)


@given(thing=things, granted=TARGETS, requested=st.none() | TARGETS)
def test_a_ven_sees_what_is_its_own_or_for_it_and_no_target_that_it_was_not_granted(thing, granted, requested):
    viewer = Viewer(Role.VEN, "mine", granted)
    sees = visible_to(viewer, thing, requested)
    if thing.object_type not in {"PROGRAM", "EVENT"}:
        assert not sees or thing.client_id == "mine"
        return
    asked = granted if requested is None else granted & requested
    for_it = not thing.targets or bool(asked & set(thing.targets))
    asks = not requested or bool(asked & set(thing.targets))
    its_program = not thing.program_targets or bool(granted & set(thing.program_targets))
    assert sees == (for_it and asks and its_program)
    assert set(shown_targets(viewer, thing, requested)) <= asked & set(thing.targets)


@given(thing=things, requested=st.none() | TARGETS)
def test_business_logic_sees_everything_and_all_its_targets(thing, requested):
    viewer = Viewer(Role.BL, "office")
    assert visible_to(viewer, thing, requested) == (not requested or bool(requested & set(thing.targets)))
    assert shown_targets(viewer, thing, requested) == list(thing.targets)


def test_every_topic_of_a_ven_is_in_its_own_tree():
    for kind in ObjectType:
        mine = publishing_topics(kind, Operation.UPDATE, audience_of("7"), object_id="x", program_id="p")
        assert all(topic.startswith("openadr3/3.1.0/vens/7/") and topic.endswith("/update") for topic in mine)
        office = publishing_topics(kind, Operation.DELETE, BUSINESS_LOGIC, object_id="x", program_id="p")
        assert all(topic.startswith("openadr3/3.1.0/bl/") for topic in office)


def test_what_is_told_is_what_is_published():
    told = topics_of(TopicKind.PROGRAM_EVENTS, BUSINESS_LOGIC, object_id="p")
    published = publishing_topics(ObjectType.EVENT, Operation.CREATE, BUSINESS_LOGIC, object_id="e", program_id="p")
    assert told.create in published
    assert told.all == told.create.removesuffix("create") + "+"
