"""What callers see of a file (Monite, 'FileSchema')."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from tieout.api.schemas import Shown


class PageSchema(Shown):
    """A page of a file as an image. Tieout makes none."""

    id: UUID
    mimetype: str
    number: int
    size: int
    url: str


class PreviewSchema(Shown):
    """A small image of a file. Tieout makes none."""

    height: int
    url: str
    width: int


class FileSchema(Shown):
    """A file. `url` works without signing in, for a while."""

    id: UUID
    created_at: datetime
    file_type: str
    md5: str
    mimetype: str
    name: str
    pages: list[PageSchema] = Field(default_factory=list)
    previews: list[PreviewSchema] = Field(default_factory=list)
    region: str
    size: int
    url: str
