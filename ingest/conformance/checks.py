"""All points, in the order in which they are shown."""

from typing import Final

from ingest.conformance.connecting import CONNECTING
from ingest.conformance.contents import CONTENTS
from ingest.conformance.obeying import OBEYING
from ingest.conformance.observation import Observation
from ingest.conformance.timing import TIMING
from ingest.conformance.transport import TRANSPORT
from ingest.conformance.verdicts import Check, Verdict

CHECKS: Final[tuple[Check, ...]] = (*CONNECTING, *TRANSPORT, *CONTENTS, *TIMING, *OBEYING)


def judge(seen: Observation) -> list[Verdict]:
    """Return a verdict on every point; pure: the same observation always has the same verdicts."""
    return [Verdict(check, check.judge(seen)) for check in CHECKS]
