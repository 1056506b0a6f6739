"""Tables as files: CSV in the encodings that office programs write, and xlsx."""

import csv
import io
import zipfile
from collections.abc import Iterator

from orderguard.bilingual import Bilingual
from orderguard.errors import BadInput
from orderguard.stock import LINES_MAX

XLSX_BYTES_MAX = 20_000_000
UNPACKED_BYTES_MAX = 200_000_000
ENCODINGS = ("utf-8-sig", "gb18030")
_ZIP = b"PK\x03\x04"


def read_rows(content: bytes) -> Iterator[list[str]]:
    """The cells of a table, line by line. Raise BadInput for what is none."""
    if len(content) > XLSX_BYTES_MAX:
        raise BadInput(
            Bilingual(
                f"The file is larger than {XLSX_BYTES_MAX} bytes.",
                f"文件超过 {XLSX_BYTES_MAX} 字节。",
            )
        )
    return _xlsx(content) if content.startswith(_ZIP) else _csv(content)


def _csv(content: bytes) -> Iterator[list[str]]:
    for encoding in ENCODINGS:
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise BadInput(
            Bilingual(
                "The file is neither UTF-8 nor GB 18030.", "文件既不是 UTF-8，也不是 GB 18030。"
            ),
            hint=Bilingual("Save it as UTF-8.", "请存为 UTF-8。"),
        )
    heading = text.partition("\n")[0]
    delimiter = max(",;\t", key=heading.count)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    except csv.Error as error:
        raise BadInput(
            Bilingual(f"The file is no CSV: {error}.", f"文件不是 CSV：“{error}”。")
        ) from error


def _xlsx(content: bytes) -> Iterator[list[str]]:
    from openpyxl import load_workbook  # noqa: PLC0415 - heavy, and seldom needed.

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(entry.file_size for entry in packed.infolist()) > UNPACKED_BYTES_MAX:
                raise BadInput(
                    Bilingual(
                        f"The file unpacks to more than {UNPACKED_BYTES_MAX} bytes.",
                        f"文件解压后超过 {UNPACKED_BYTES_MAX} 字节。",
                    )
                )
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    except (zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise BadInput(
            Bilingual(f"The file is no xlsx: {error}.", f"文件不是 xlsx：“{error}”。")
        ) from error
    try:
        rows = book.worksheets[0].iter_rows(values_only=True, max_row=LINES_MAX + 2)
        for row in rows:
            yield [_text(cell) for cell in row]
    finally:
        book.close()


def _text(cell: object) -> str:
    """A number without a fraction is a code that the program took for a number."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell)
