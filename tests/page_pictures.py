"""Makes the pictures in docs/pictures, of made-up farms: python -m tests.page_pictures."""

from __future__ import annotations

import tempfile
from pathlib import Path

import httpx2
from PIL import Image
from playwright.sync_api import Browser, Page

from examples import write_submission
from tests import machine
from tests.browsing import browsing, looking, sign_in
from tests.serving import ROOT, Server, letters, sent, serving

PLACE = ROOT / "docs" / "pictures"
#: Name of the picture, colours, width and height of the window.
SIZES = {"laptop": ("light", 1280, 900), "laptop-dark": ("dark", 1280, 900), "phone": ("light", 390, 780)}


def main() -> None:
    """Make every picture anew."""
    PLACE.mkdir(exist_ok=True)
    program = machine.program(machine.BROWSER)
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder) / "home") as server,
        browsing(program) as browser,
    ):
        with server.client() as client:
            session_id, document = _farms(client, Path(folder))
        pages = {
            "sessions": "/review",
            "session": f"/review/{session_id}",
            "documents": f"/review/{session_id}/documents?document={document}",
            "row": f"/review/{session_id}/requirements/REQ-002",
            "signing": f"/review/{session_id}/signing",
        }
        for size in SIZES:
            _take(server, browser, pages, size)
        with server.client() as client:
            told = client.get(f"/sessions/{session_id}/report", params={"format": "html"}).raise_for_status()
        report = Path(folder) / "report.html"
        report.write_bytes(told.content)
        with looking(browser, viewport={"width": 1280, "height": 900}) as page:
            page.goto(report.as_uri())
            _keep(page, PLACE / "report-laptop.png")


def _farms(client: httpx2.Client, folder: Path) -> tuple[str, str]:
    """Four farms at different points; the id of the one that is shown, and of its plan."""

    def begun(name: str) -> str:
        return str(client.post("/sessions", json={"project_name": name}).json()["session_id"])

    submission = write_submission(folder / "submission")
    shown = begun(submission.project_name)
    client.post(f"/sessions/{shown}/documents", json={"source": sent(submission.folder)}).raise_for_status()
    client.post(f"/sessions/{shown}/report", params={"wait": 40}).raise_for_status()
    said = {"by": "Ada Reviewer", "reason": "Read and agreed."}
    rows = {"requirement_ids": ["REQ-001", "REQ-005", "REQ-006"], "status": "approved", **said}
    client.post(f"/sessions/{shown}/decisions", json=rows).raise_for_status()
    asked = {"by": "Ada Reviewer", "requirement_id": "REQ-004"}
    client.post(f"/sessions/{shown}/revisions", json=asked).raise_for_status()
    begun("Lower Fell Grazing 2024")
    for name in ("Upper Beck Farm", "Hollins Meadow"):
        other = begun(name)
        client.post(f"/sessions/{other}/documents", json={"source": letters(f"{name}.txt")}).raise_for_status()
    client.post(f"/sessions/{other}/report", params={"wait": 40}).raise_for_status()
    documents = client.get(f"/sessions/{shown}/documents").json()["documents"]
    plan = next(one for one in documents if one["document_type"] == "project_plan")
    return shown, str(plan["document_id"])


def _take(server: Server, browser: Browser, pages: dict[str, str], size: str) -> None:
    scheme, width, height = SIZES[size]
    with looking(browser, color_scheme=scheme, viewport={"width": width, "height": height}) as page:
        sign_in(page, server.url)
        for name, path in pages.items():
            page.goto(server.url + path, wait_until="networkidle")
            _keep(page, PLACE / f"{name}-{size}.png")


def _keep(page: Page, place: Path) -> None:
    page.screenshot(path=place)
    # 64 colours are enough for a page, and a quarter of the bytes.
    Image.open(place).convert("RGB").quantize(64).save(place, optimize=True)


if __name__ == "__main__":
    main()
