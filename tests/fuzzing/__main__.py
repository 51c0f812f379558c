"""``python -m tests.fuzzing --count N --seed S``: mutated payloads over every decoder; prints what it took as JSON."""

import argparse
import faulthandler
import json
import random
import sys
import time
from collections import Counter

from core.memory import peak_mb
from tests.fuzzing.mutation import mutate
from tests.fuzzing.way import Sent, Way, seeds

_BATCH = 1_000
#: A batch that takes longer hangs: the process dies with a traceback. [s]
_HANGS_S = 60.0


def make_batch(random_: random.Random, forms: dict[str, list[Sent]]) -> list[Sent]:
    """Return mutated payloads, every form as often as every other."""
    names = list(forms)
    batch = []
    for _ in range(_BATCH):
        sent, other = (random_.choice(forms[random_.choice(names)]) for _ in range(2))
        batch.append(Sent(sent.topic, sent.content_type, mutate(random_, sent.payload, other.payload)))
    return batch


def fuzz(count: int, seed: int) -> dict[str, object]:
    """Take at least `count` payloads and return what it took; whatever is wrong escapes."""
    random_, way, forms = random.Random(seed), Way(), seeds()
    warm = [sent for of in forms.values() for sent in of]
    way.take(warm)
    taken, slowest_s, before_mb = 0, 0.0, peak_mb()
    codes: Counter[str] = Counter()
    while taken < count:
        batch = make_batch(random_, forms)
        faulthandler.dump_traceback_later(_HANGS_S, exit=True)
        began_s = time.thread_time()
        judged = way.take(batch)
        slowest_s = max(slowest_s, time.thread_time() - began_s)
        if taken % (200 * _BATCH) == 0:
            assert way.agrees(batch), f"seed {seed}, payload {taken}: together is not alone"
        faulthandler.cancel_dump_traceback_later()
        codes.update(refusal.code for refusal in judged.refusals)
        taken += len(batch)
    grown_mb = peak_mb() - before_mb
    return {"count": taken, "slowest_s": slowest_s, "grown_mb": grown_mb, "forms": len(forms), "codes": sorted(codes)}


def main() -> int:
    """Fuzz and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    sys.stdout.write(json.dumps(fuzz(wanted.count, wanted.seed)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
