"""The Arrow schema of `machines.parquet`: a row a second for each process of a trial, and for each of its machines."""

from __future__ import annotations

import pyarrow as pa

from fpray.recorder.schema import NAME, TIME

_SHARE = pa.float32()
SCHEMA = pa.schema(
    [
        pa.field("time", TIME, nullable=False),  # end of the interval, by the machine's wall clock
        pa.field("seconds", pa.float32(), nullable=False),  # length of the interval
        pa.field("host", NAME, nullable=False),
        ("role", NAME),  # null in the rows of a machine
        ("label", NAME),  # null in the rows of a machine
        # Of a process with its descendants, and of a machine:
        ("cpu", pa.float32()),  # cores that it used, in the mean
        ("memory", pa.int64()),  # bytes: resident, of a process; in use (total less available), of a machine
        # Of a process alone:
        ("waited", pa.float32()),  # cores that its threads waited for, in the mean (run-queue delay)
        ("threads", pa.int32()),  # how many it has
        ("thread", NAME),  # the name of its busiest thread
        ("thread_cpu", _SHARE),  # of the time, it ran
        ("thread_waited", _SHARE),  # of the time, it waited for a core
        ("thread_busy", _SHARE),  # of the time, it had work: by its own count, or else ran and waited together
        ("gc", _SHARE),  # of the time, all its threads stood still for the garbage collector; null if not known
        # Of a machine alone:
        ("cores", pa.int32()),  # that the trial may use (affinity)
        ("cpu_limit", pa.float32()),  # cores that its cgroup allows; null if there is no limit
        ("interrupts", pa.float32()),  # cores that handled interrupts
        ("steal", pa.float32()),  # cores that the machine's host gave to others
        ("runnable", pa.int32()),  # threads that ran or waited for a core, at the moment
        ("throttled", _SHARE),  # of the cgroup's periods, its limit stopped its processes
        ("pressure_cpu", _SHARE),  # of the time, some process waited for a core
        ("pressure_memory", _SHARE),  # of the time, some process waited for memory
        ("pressure_io", _SHARE),  # of the time, some process waited for a disk
        ("received", pa.int64()),  # bytes a second, on all links but the loopback
        ("sent", pa.int64()),
        ("link", NAME),  # the link that is closest to its speed
        ("link_share", _SHARE),  # of its speed, in the direction that is fuller; null if no speed is known
        ("retransmits", pa.float32()),  # TCP segments a second
        ("refaults", pa.float32()),  # pages a second that had to be read again soon after they were evicted
    ]
)
