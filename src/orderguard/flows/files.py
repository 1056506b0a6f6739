"""Event files: one canonical event a line, plain or compressed, or a Parquet table of them."""

import gzip
import io
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from orderguard.bilingual import Bilingual
from orderguard.errors import BadInput

LINE_BYTES_MAX = 1_048_576
PARQUET_COLUMNS = ("id", "type", "occurred_at", "received_at", "channel", "shop", "data")


def read_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """(line number from 1, line) of an events file; a Parquet row counts as a line.

    A Parquet table has the envelope's members as text columns and `data` as JSON text. Raise
    BadInput when the file cannot be opened or is of no known kind.
    """
    if not path.is_file():
        raise BadInput(
            Bilingual(f"{path}: no such file.", f"{path}：没有这个文件。"),
            hint=Bilingual(
                "Name .jsonl, .jsonl.zst, .jsonl.gz or .parquet.",
                "可以用 .jsonl、.jsonl.zst、.jsonl.gz 或 .parquet。",
            ),
        )
    try:
        if path.suffix == ".parquet":
            yield from _parquet_lines(path)
        else:
            with _open(path) as file:
                yield from enumerate(file, 1)
    except (OSError, EOFError, ValueError) as error:
        raise BadInput(
            Bilingual(f"{path}: cannot be read: {error}.", f"{path}：读不出来：“{error}”。")
        ) from error


def _open(path: Path) -> BinaryIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rb")  # type: ignore[return-value]  # GzipFile is a BinaryIO
    if path.suffix == ".zst":
        import pyarrow as pa  # noqa: PLC0415  # Loaded only where it is used.

        # The zstandard package passes over it when a file is cut short.
        return io.BufferedReader(pa.input_stream(path, compression="zstd"), 1 << 20)
    if path.suffix in {".jsonl", ".json", ".ndjson"}:
        return path.open("rb")
    raise BadInput(
        Bilingual(f"{path}: unknown kind of file.", f"{path}：不认识这种文件。"),
        hint=Bilingual(
            "Name .jsonl, .jsonl.zst, .jsonl.gz or .parquet.",
            "可以用 .jsonl、.jsonl.zst、.jsonl.gz 或 .parquet。",
        ),
    )


def _parquet_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    import pyarrow.parquet as pq  # noqa: PLC0415  # Loaded only where it is used.

    table = pq.ParquetFile(path)
    columns = [name for name in PARQUET_COLUMNS if name in table.schema_arrow.names]
    number = 0
    for batch in table.iter_batches(batch_size=10_000, columns=columns):
        for row in batch.to_pylist():
            number += 1
            data = row.pop("data", None)
            event = {name: value for name, value in row.items() if value is not None}
            if isinstance(data, str):
                event["data"] = msgspec.Raw(data.encode())
            elif data is not None:
                event["data"] = data
            yield number, msgspec.json.encode(event)
