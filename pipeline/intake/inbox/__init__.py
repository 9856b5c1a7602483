"""What lies in the inbox, whom it is for, and when it may be taken; the watching itself is `watcher.py`'s."""
