"""A file from the network: fetched within limits, from public addresses only, to a file on disk."""

from pipeline.intake.fetching.addresses import may_reach
from pipeline.intake.fetching.download import fetch
from pipeline.intake.fetching.model import Fetched, Limits, Network
from pipeline.intake.fetching.urls import checked_url, shown

__all__ = ["Fetched", "Limits", "Network", "checked_url", "fetch", "may_reach", "shown"]
