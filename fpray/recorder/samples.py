"""How many requests a quantile of latencies needs, so that there is an interval for it."""

from __future__ import annotations

import math
from typing import Final

from fpray.recorder.columns import measured_latency

_QUANTILES: Final = {"median": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99}
_ERROR: Final = 0.025  # at each end of an interval of 95 %

# Of n requests, the largest latency lies below the quantile q with the probability q^n. Below so many requests, it is
# no upper limit of an interval of 95 %, whatever the latencies are (Hahn and Meeker, Statistical Intervals, 1991).
FEWEST_REQUESTS: Final = {
    measured_latency(name): math.ceil(math.log(_ERROR) / math.log(q)) for name, q in _QUANTILES.items()
}
