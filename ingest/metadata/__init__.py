"""Date, title, source and author of an article, from everything that says them."""

from ingest.metadata.datelines import dateline
from ingest.metadata.dates import as_date
from ingest.metadata.fields import from_mapping
from ingest.metadata.gathering import gathered
from ingest.metadata.head import from_text
from ingest.metadata.values import Metadata, as_line, shorten

__all__ = [
    "Metadata",
    "as_date",
    "as_line",
    "dateline",
    "from_mapping",
    "from_text",
    "gathered",
    "shorten",
]
