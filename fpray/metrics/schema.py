"""The Arrow schema of `metrics.parquet`, and the names of what fpray itself adds to the series of Prometheus."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from fpray.recorder.schema import NAME, TIME

SCHEMA: Final = pa.schema(
    [
        pa.field("time", TIME, nullable=False),  # of the scrape, by the clock of the machine that scraped
        pa.field("role", NAME, nullable=False),  # role and label are of the process; empty for an event of the trial
        pa.field("label", NAME, nullable=False),
        pa.field("instance", NAME, nullable=False),  # host:port of its metrics; empty for an event
        pa.field("metric", NAME, nullable=False),
        pa.field(
            "labels", NAME, nullable=False
        ),  # the others, as Prometheus writes them: job="craq_client",type="Read"
        pa.field("value", pa.float64(), nullable=False),
    ]
)
# The value is the time of the event in ms since the epoch, which is what Grafana's annotations can be placed by.
EVENT: Final = "fpray_event_timestamp_ms"
GC_PAUSE: Final = "fpray_gc_pause_seconds"
GC_BEFORE: Final = "fpray_gc_heap_before_bytes"
GC_AFTER: Final = "fpray_gc_heap_after_bytes"
UP: Final = "up"  # Prometheus's own: 1 where a scrape succeeded
