"""``python -m tests.fuzzing.guided --count N --seed S``: payloads found by coverage (atheris), over every decoder."""

import argparse
import sys
import tempfile
from pathlib import Path

import atheris

from core.memory import peak_mb

#: Compiled by Numba, which cannot compile what is instrumented.
_KERNELS = [f"ingest.kernels.{name}" for name in ("packets", "names", "json_messages", "json_numbers", "cbor_messages")]

with atheris.instrument_imports(
    include=["ingest.decode", "ingest.sparkplug"],
    exclude=[*_KERNELS, "ingest.decode.kernels", "ingest.vee.kernels", "numba", "numpy"],
):
    from tests.fuzzing.way import Sent, Way, seeds

#: An input that takes longer hangs. [s]
_HANGS_S = 20
#: The most memory that the inputs may make the process take. [MB]
_BOUND_MB = 1_000


def main() -> None:
    """Fuzz; the fuzzer ends the process itself, with 0 when nothing was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    way, forms = Way(), list(seeds().values())
    way.take([sent for of in forms for sent in of])

    def one_input(made: bytes) -> None:
        """Take an input: the first two bytes choose the topic and content type, the rest is the payload."""
        if len(made) > 2:
            of = forms[made[0] % len(forms)]
            sent = of[made[1] % len(of)]
            way.take([Sent(sent.topic, sent.content_type, made[2:])])
        if peak_mb() > _BOUND_MB:
            raise MemoryError(f"More than {_BOUND_MB} MB.")

    with tempfile.TemporaryDirectory() as folder:
        for form, of in enumerate(forms):
            for place, sent in enumerate(of):
                Path(folder, f"{form}-{place}").write_bytes(bytes((form, place)) + sent.payload)
        limits = [f"-runs={wanted.count}", f"-seed={wanted.seed}", f"-timeout={_HANGS_S}"]
        # The fuzzer's own limit of memory counts what the process that started this one has had.
        sizes = ["-rss_limit_mb=0", "-max_len=3000", "-print_final_stats=1"]
        found = [f"-artifact_prefix={tempfile.gettempdir()}/somel-fuzz-"]
        atheris.Setup([sys.argv[0], *limits, *sizes, *found, folder], one_input)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
