"""FrankenPaxos's `data.csv` of a trial: the rows of all its clients by their starts, as pandas wrote them there."""

from __future__ import annotations

import csv
import io
import itertools
from typing import Any, BinaryIO, Final

from fpray.recorder.row import LABELLED, UNLABELLED
from fpray_analysis.handover.row_lines import joined, texts, times
from fpray_analysis.handover.rows_in_order import rows_by_start
from fpray_analysis.handover.scan import batches

_TIME: Final = "%Y-%m-%d %H:%M:%S+00:00"


def write_data_csv(dataset: Any, file: BinaryIO) -> int:
    """Write the rows of a trial; returns how many. What its clients recorded decides on the columns.

    The columns are `start,stop,count,latency_nanos,label` or `start,stop,latency_nanos,host,port`. Times are as pandas
    writes nanoseconds, `2020-07-02 18:50:43.478123456+00:00`: nine digits each, which every version of it reads.

    Raises:
        Damaged: the rows are.
        OSError: the file cannot be written.
    """
    names = LABELLED if _is_labelled(dataset) else UNLABELLED
    file.write((",".join(names) + "\n").encode())
    count = 0
    for table in rows_by_start(dataset):
        columns = [_texts(table[name].combine_chunks()) for name in names]
        file.write(joined(*itertools.chain.from_iterable((column, ",") for column in columns[:-1]), columns[-1], "\n"))
        count += table.num_rows
    return count


def _is_labelled(dataset: Any) -> bool:
    """Whether clients wrote labels: in the other set of columns, rows have a host and a port."""
    first = next(batches(dataset, ["port"]), None)
    return first is None or not first["port"][0].is_valid


def _texts(column: Any) -> Any:
    import pyarrow as pa

    return times(column, _TIME) if pa.types.is_timestamp(column.type) else texts(column, _field)


def _field(value: Any) -> str:
    """A value as a field of a CSV file; one that is missing is empty."""
    field = io.StringIO(newline="")
    csv.writer(field, lineterminator="").writerow([value, ""])
    return field.getvalue().removesuffix(",")
