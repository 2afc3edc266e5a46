"""A copy of a Parquet file with placeholders in its texts and its metadata, group of rows by group of rows."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any, Final

from fpray.errors import first_line
from fpray.files.suite_file import Damaged
from fpray_analysis.handover.clean_text import Cleaned
from fpray_analysis.handover.placeholders import Placeholders
from fpray_analysis.handover.suspects import suspects

_OF_ARROW: Final = b"ARROW:schema"


def clean_parquet(path: Path, copy: IO[bytes], placeholders: Placeholders) -> Cleaned:
    """Look through the texts of a Parquet file; the copy is written only if one of them was replaced.

    Raises:
        Damaged: it is none, or a piece of one.
        OSError: the copy cannot be written.
    """
    import pyarrow.parquet as pq

    cleaned = Cleaned()
    with _as_damaged(path):
        file = pq.ParquetFile(path)
        metadata = _of_file(file.metadata.metadata, placeholders, cleaned)
        for number in range(file.num_row_groups):
            _table(file.read_row_group(number, columns=_text_columns(file)), placeholders, cleaned)
    if cleaned.replaced:
        # Readers take entries of the schema from Arrow's own entry, if there is one, and the others from the file.
        own = {key: metadata.pop(key) for key in file.schema_arrow.metadata or {} if key in metadata}
        schema = file.schema_arrow.with_metadata(own or None)
        with pq.ParquetWriter(copy, schema) as writer:
            writer.add_key_value_metadata(metadata)
            for number in range(file.num_row_groups):  # the same groups: the footer may have an entry for each
                with _as_damaged(path):
                    rows = file.read_row_group(number)
                table = _table(rows, placeholders, Cleaned()).cast(schema)
                writer.write_table(table, row_group_size=max(1, table.num_rows))
    return cleaned


@contextlib.contextmanager
def _as_damaged(path: Path) -> Iterator[None]:
    """A block that only reads a Parquet file."""
    import pyarrow as pa

    try:
        yield
    except (pa.ArrowException, OSError) as error:
        raise Damaged(path, f"is damaged: {first_line(error)}") from None


def _text_columns(file: Any) -> list[str]:
    return [field.name for field in file.schema_arrow if _is_text(field.type)]


def _is_text(kind: Any) -> bool:
    import pyarrow as pa

    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_binary(kind))


def _of_file(entries: Mapping[bytes, bytes] | None, placeholders: Placeholders, cleaned: Cleaned) -> dict[bytes, bytes]:
    """The metadata of the file. Arrow's own entry repeats the schema, and is written anew."""
    metadata = {}
    for key, value in (entries or {}).items():
        if key == _OF_ARROW:
            continue
        metadata[key], count = placeholders.replace(value)
        cleaned.replaced += count
        cleaned.suspects += [(0, kind) for _, kind in suspects(value)]
    return metadata


def _table(table: Any, placeholders: Placeholders, cleaned: Cleaned) -> Any:
    """The table with its texts replaced; each distinct text is looked at once."""
    import pyarrow as pa

    for place, field in enumerate(table.schema):
        if not _is_text(field.type):
            continue
        column = table[field.name].combine_chunks()
        column = column if pa.types.is_dictionary(field.type) else column.dictionary_encode()
        values, new = column.dictionary.to_pylist(), []
        for value in values:
            text = value if isinstance(value, bytes) else (value or "").encode()
            text, count = placeholders.replace(text)
            cleaned.replaced += count
            cleaned.suspects += [(0, kind) for _, kind in suspects(text)]
            new.append(text if isinstance(value, bytes) or value is None else text.decode())
        if new != values:
            replaced = pa.array(new, column.dictionary.type).take(column.indices)
            table = table.set_column(place, field, replaced.cast(field.type))
    return table
