"""Whether a gateway obeys the specification: watched through the broker, judged point by point.

The checks are pure: what was observed goes in, verdicts come out. Watching, the proxy and the trials only gather.
"""
