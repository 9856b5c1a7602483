"""Verify a completed review: every file against its hash, the audit as one unbroken chain, and that both fit together.

    python3 verify.py [FOLDER] [--documents FOLDER]

FOLDER is where the package was unpacked, by default where this file lies. With --documents the files there are compared
with the inventory as well. Needs Python 3.8 and nothing else. Ends with 0 when all is as it was signed, else with 1.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

MANIFEST, MANIFEST_SHA = "manifest.json", "manifest.sha256"
GENESIS = "0" * 64


class Broken(Exception):
    """Something is not as it was signed."""


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, as hex digits."""
    found = hashlib.sha256()
    with path.open("rb") as stream:
        for block in iter(lambda: stream.read(1 << 20), b""):
            found.update(block)
    return found.hexdigest()


def read(path: Path) -> Any:
    """A JSON file of the package."""
    return json.loads(path.read_text(encoding="utf-8"))


def files_below(folder: Path) -> list[Path]:
    """Every file, however deep it lies."""
    return [path for path in folder.rglob("*") if not path.is_dir()]


def check_files(folder: Path) -> dict[str, Any]:
    """Every file is there with its size and hash, and nothing else is."""
    stated = (folder / MANIFEST_SHA).read_bytes()
    if stated != f"{sha256_of(folder / MANIFEST)}  {MANIFEST}\n".encode():
        raise Broken(MANIFEST + " is not the one that was signed")
    listed: dict[str, Any] = read(folder / MANIFEST)["files"]
    there = {path.relative_to(folder).as_posix() for path in files_below(folder)} - {MANIFEST, MANIFEST_SHA}
    for name in sorted(set(listed) - there):
        raise Broken(name + " is missing")
    for name in sorted(there - set(listed)):
        raise Broken(name + " does not belong to the package")
    for name, about in sorted(listed.items()):
        path = folder / name
        if path.stat().st_size != about["size"] or sha256_of(path) != about["sha256"]:
            raise Broken(name + " was changed")
    return listed


def check_audit(folder: Path) -> list[Any]:
    """Each event is numbered, names the hash of the one before, and has its own hash."""
    events: list[Any] = []
    before = GENESIS
    for number, line in enumerate((folder / "audit.jsonl").read_bytes().splitlines(), 1):
        event = json.loads(line)
        body = {key: value for key, value in event.items() if key != "hash"}
        if body.get("revision") is None:
            body.pop("revision", None)
        found = hashlib.sha256(json.dumps(body, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
        if event["seq"] != number or event["previous"] != before or event["hash"] != found:
            raise Broken(f"the audit is broken at event {number}")
        before = found
        events.append(event)
    if not events or events[-1]["action"] != "session_completed":
        raise Broken("the audit does not end with the completion")
    return events


def check_signature(folder: Path, listed: dict[str, Any], last: Any) -> tuple[Any, Any]:
    """What was signed is what is here: the hashes, the audit's end, the report and the documents."""
    attestation = read(folder / "attestation.json")
    if attestation["audit_head"] != {"seq": last["seq"], "hash": last["hash"]}:
        raise Broken("the attestation is of another audit")
    if attestation["signed_by"] != last["actor"] or attestation["version"] != last["details"]["version"]:
        raise Broken("the attestation is of another completion")
    for name, stated in attestation["covers"].items():
        if name not in listed or listed[name]["sha256"] != stated:
            raise Broken("the attestation is of another " + name)
    if listed["report/report.json"]["sha256"] != last["details"]["report_sha256"]:
        raise Broken("the audit ends with another report")
    report, inventory = read(folder / "report" / "report.json"), read(folder / "inventory.json")
    if report["documents"] != inventory["documents"]:
        raise Broken("report and inventory name different documents")
    if read(folder / "ledger.json")["documents"] != sorted(one["sha256"] for one in inventory["documents"]):
        raise Broken("ledger and inventory name different documents")
    decided = {row["requirement_id"]: row["decision"] for row in report["requirements"]}
    if read(folder / "decisions.json")["rows"] != decided:
        raise Broken("report and decisions differ")
    return attestation, inventory


def check_documents(inventory: Any, folder: Path) -> int:
    """Every document of the inventory lies in the folder, under any name; returns how many there are."""
    there = {sha256_of(path) for path in files_below(folder)}
    wanted = [(one["filename"], one["sha256"]) for one in inventory["documents"]]
    wanted += [(part["filename"], part["sha256"]) for one in inventory["documents"] for part in one["parts"]]
    for name, stated in wanted:
        if stated not in there:
            raise Broken(f"no file in {folder} is {name} ({stated})")
    return len(wanted)


def main() -> int:
    """Verify, say so, and return the exit code."""
    parser = argparse.ArgumentParser(description="Verify the package of a completed registry review.")
    parser.add_argument("folder", nargs="?", type=Path, default=Path(__file__).resolve().parent)
    parser.add_argument("--documents", metavar="FOLDER", type=Path)
    asked = parser.parse_args()
    compared: int | None = None
    try:
        listed = check_files(asked.folder)
        events = check_audit(asked.folder)
        attestation, inventory = check_signature(asked.folder, listed, events[-1])
        if asked.documents:
            compared = check_documents(inventory, asked.documents)
    except Broken as error:
        print(f"NOT AS SIGNED: {error}.")
        return 1
    except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        print(f"NOT AS SIGNED: it cannot be read ({type(error).__name__}: {error}).")
        return 1
    said = (attestation["signed_by"], attestation["signed_at"], attestation["statement"])
    print("As signed by {} on {}: {}".format(*said))
    print(f"{len(listed)} files and {len(events)} events of the audit are unchanged.")
    if compared is not None:
        print(f"{compared} documents are those that were reviewed.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
