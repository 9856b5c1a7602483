"""Sessions, content and the catalog on disk."""

from pipeline.store.catalog import Catalog, CatalogRow
from pipeline.store.content import ContentStore, Staged
from pipeline.store.files import make_private_folder, write_atomic
from pipeline.store.folders import is_session_id
from pipeline.store.sessions import SessionStore, utc_now
from pipeline.store.transaction import Transaction

__all__ = [
    "Catalog",
    "CatalogRow",
    "ContentStore",
    "SessionStore",
    "Staged",
    "Transaction",
    "is_session_id",
    "make_private_folder",
    "utc_now",
    "write_atomic",
]
