"""Files that cannot be opened, as their owner is told of it."""

from pathlib import Path

from orderguard.bilingual import Bilingual

HINT = Bilingual(
    "Check that the folder exists, its owner and its permissions.",
    "请检查文件夹是否存在、它的所有者和权限。",
)


def cannot_open(path: Path, error: OSError) -> Bilingual:
    return Bilingual(
        f"{path} cannot be opened: {error.strerror}.",
        f"{path} 打不开：“{error.strerror}”。",
    )
