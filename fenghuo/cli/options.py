"""Options that several commands share, and the settings they amount to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from fenghuo.embedded.folder import DataFolder
    from fenghuo.platform.settings import Settings

DataOption = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="DIR",
        show_default=False,
        help="数据目录（默认 .fenghuo）。The folder of all data and downloads; also FENGHUO_DATA.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="输出 JSON。Print JSON.")]


def load_settings(data: Path | None = None) -> Settings:
    """The settings of the environment, with `--data` on top. Raises EmbeddedError (SETTING) naming what is wrong."""
    from pydantic import ValidationError

    from fenghuo.embedded.errors import EmbeddedError, Exit
    from fenghuo.platform.settings import Settings

    try:
        return Settings(**({"data": data} if data is not None else {}))  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors()[0]
        field = "_".join(str(part) for part in first["loc"])
        name = f"FENGHUO_{field.upper()}: " if field else ""
        text = name + first["msg"].removeprefix("Value error, ")
        raise EmbeddedError(Exit.SETTING, f"设置有误：{text}", f"A setting cannot be used: {text}") from error


def load_folder(data: Path | None = None) -> DataFolder:
    """The data folder of the settings; not created."""
    from fenghuo.embedded.folder import DataFolder

    return DataFolder.at(load_settings(data).data)
