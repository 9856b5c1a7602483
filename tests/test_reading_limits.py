from __future__ import annotations

import json
import subprocess
import sys
import zlib
from pathlib import Path

import pikepdf
import pytest
from pdf_maker import make_pdf, prose

from pipeline.reading.service import ReadingService
from pipeline.settings import ReadingSettings

BOMB_MB = 800


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)  # noqa: S603 - our own code


def page_bomb(path: Path) -> Path:
    """A PDF of a few kilobytes whose only page unpacks to `BOMB_MB` megabytes of drawing operators."""
    make_pdf(path, prose)
    packer = zlib.compressobj(9)
    block = b"0 0 m 9 9 l " * 400_000
    packed = b"".join(packer.compress(block) for _ in range(BOMB_MB * 1_000_000 // len(block))) + packer.flush()
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        filters = pikepdf.Array([pikepdf.Name.FlateDecode, pikepdf.Name.FlateDecode])
        pdf.pages[0].Contents.write(zlib.compress(packed, 9), filter=filters)
        # Without these, saving would unpack it.
        pdf.save(path, stream_decode_level=pikepdf.StreamDecodeLevel.none, compress_streams=False)
    return path


def test_a_process_under_limits_cannot_take_more_memory_nor_write_a_file(tmp_path: Path) -> None:
    target = tmp_path / "written"
    done = run(
        "from pipeline.reading.limits import hold\n"
        "hold(300)\n"
        "try:\n    bytearray(400_000_000)\nexcept MemoryError:\n    print('no memory')\n"
        f"try:\n    open({str(target)!r}, 'wb').write(b'x' * 100000)\nexcept OSError:\n    print('no file')\n"
    )
    assert done.stdout.split("\n")[:2] == ["no memory", "no file"]
    assert not target.exists() or target.stat().st_size == 0


def test_processor_time_is_taken_away_even_when_nobody_watches() -> None:
    done = run("from pipeline.reading import limits\nlimits.GRACE = 0\nlimits.grant_seconds(1)\nwhile True: pass\n")
    assert done.returncode < 0


@pytest.mark.timeout(180)
def test_a_page_that_unpacks_to_gigabytes_hurts_only_itself(tmp_path: Path) -> None:
    # Given a bomb and an honest document, and little memory
    files = {"1" * 64: page_bomb(tmp_path / "bomb.pdf"), "2" * 64: make_pdf(tmp_path / "honest.pdf", prose)}
    assert files["1" * 64].stat().st_size < 200_000
    settings = ReadingSettings(processes=1, timeout_seconds=20, memory_mb=400)

    # When both are read
    with ReadingService(settings, tmp_path / "readings", lambda sha: files[sha]) as service:
        bomb, honest = service.read("1" * 64), service.read("2" * 64)

    # Then the bomb is kept apart or read as a page without text, and the honest one is read
    assert bomb.status == "quarantined" or bomb.unreadable_pages == (1,)
    if bomb.status == "quarantined":
        assert bomb.code in {"memory", "crashed", "timeout"}
        assert bomb.note
    assert "clover" in honest.pages[0].text


def test_a_reading_process_ends_when_its_stdin_does() -> None:
    # Given a reading process that is ready
    settings = ReadingSettings(memory_mb=1024, timeout_seconds=10).model_dump()
    child = subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-m", "pipeline.reading.child", json.dumps(settings)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert child.stdin
    assert child.stdout
    assert json.loads(child.stdout.readline()) == {"ready": True}

    # When the program that asked is gone
    child.stdin.close()

    # Then it ends by itself
    assert child.wait(timeout=20) == 0
    child.stdout.close()
