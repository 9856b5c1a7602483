"""Links as sources: a mirrored file is a document like any other, a reference is told, a failure changes nothing."""

from __future__ import annotations

import io
import json
import logging
import zipfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from link_server import Site, answer, head, raw, redirect, serving

from cli import cli
from pipeline.errors import DuplicateSessionWarning, TryAgain, UsageError
from pipeline.home.workspace import Workspace
from pipeline.models import AddResult
from pipeline.settings import Settings, load_settings
from pipeline.stages.add_documents import add_documents, add_file_references, rescan_sources
from pipeline.stages.answer_duplicate import answer_duplicate
from pipeline.stages.export import export_session
from pipeline.stages.initialize import create_session
from pipeline.stages.remove import remove_document
from pipeline.status.session import status_of

if TYPE_CHECKING:
    from tests.conftest import Clock

PDF = b"%PDF-1.7 the plan"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The test's server is on the loopback, which is only reached when the settings say so."""
    return with_links(settings, allow_private=True)


def with_links(settings: Settings, **links: Any) -> Settings:
    return settings.model_copy(update={"links": settings.links.model_copy(update=links)})


@pytest.fixture
def site() -> Iterator[Site]:
    with serving({"/plan.pdf": answer(PDF, content_type="application/pdf")}) as served:
        yield served


@pytest.fixture
def session(workspace: Workspace) -> str:
    return create_session(workspace, "Meadow Farm").session_id


def add(ws: Workspace, session: str, url: str, access_mode: str = "mirror", **more: Any) -> AddResult:
    return add_documents(ws, session, {"type": "link", "url": url, "access_mode": access_mode}, **more)


def staged_files(ws: Workspace) -> list[Path]:
    return [p for p in ws.staging.rglob("*") if p.is_file() and p.suffix != ".lock"]


def test_a_link_that_is_only_referred_to_counts_by_its_hash_on_either_side(
    workspace: Workspace, session: str, site: Site
) -> None:
    # Given a session that refers to the plan, and another one that would hold it
    add(workspace, session, f"{site.url}/plan.pdf", "reference")
    holding = create_session(workspace, "Meadow Farm").session_id
    with pytest.raises(DuplicateSessionWarning) as asked:
        add(workspace, holding, f"{site.url}/plan.pdf")
    assert (asked.value.warning.session_id, asked.value.warning.shared_files) == (session, 1)
    add(workspace, holding, f"{site.url}/plan.pdf", check_duplicates=False)
    # Then a third that only refers to it is asked as well, and nothing is recorded meanwhile
    third = create_session(workspace, "Meadow Farm 2026").session_id
    with pytest.raises(DuplicateSessionWarning):
        add(workspace, third, f"{site.url}/plan.pdf", "reference")
    assert workspace.sessions.read(third).sources == {}
    # And the other one gets the reference when it is reviewed in its place
    add(workspace, third, f"{site.url}/plan.pdf", "reference", check_duplicates=False)
    answer_duplicate(workspace, third, "use_existing", "anna", f"duplicate-{holding}")
    assert workspace.sessions.read(third).points_to == holding
    # What is only referred to keeps no bytes from going
    assert workspace.catalog.unreferenced({sha256(PDF).hexdigest()}) == set()
    remove_document(workspace, holding, "plan.pdf", "anna", "not ours")
    assert not workspace.content.has(sha256(PDF).hexdigest())


# --- mirror -----------------------------------------------------------------------------------------------------------


def test_a_mirrored_link_is_a_document_and_its_source_says_where_it_came_from(
    workspace: Workspace, session: str, site: Site, clock: Clock
) -> None:
    # Given
    site.routes["/get"] = redirect("/plan.pdf?sig=hidden")
    # When
    result = add(workspace, session, f"{site.url}/get?token=hidden")
    # Then
    (outcome,) = result.files
    assert (result.source_type, result.files_added, outcome.outcome) == ("link", 1, "added")
    assert (outcome.filename, outcome.sha256) == ("plan.pdf", sha256(PDF).hexdigest())
    record = workspace.sessions.read(session)
    (source,) = record.sources.values()
    (document,) = record.documents.values()
    assert source.source_id.startswith("link-")
    assert source.metadata == {
        "url": f"{site.url}/get?token=***",
        "access_mode": "mirror",
        "final_url": f"{site.url}/plan.pdf?sig=***",
        "filename": "plan.pdf",
        "content_type": "application/pdf",
        "size": len(PDF),
        "sha256": sha256(PDF).hexdigest(),
        "fetched_at": clock().isoformat(),
        "file_count": 1,
    }
    assert (document.source_id, document.source_type, document.filename) == (source.source_id, "link", "plan.pdf")
    assert workspace.content.path(document.sha256).read_bytes() == PDF
    assert [e.action for e in workspace.sessions.audit(session)][1:] == ["file_received", "source_added"]
    # And no copy on the way, and no secret, stays anywhere
    assert staged_files(workspace) == []
    kept = [p.read_bytes() for p in workspace.data.rglob("*") if p.is_file()]
    assert not any(b"hidden" in text for text in kept)


def test_the_same_link_again_with_the_same_bytes_changes_nothing(
    workspace: Workspace, session: str, site: Site, clock: Clock
) -> None:
    add(workspace, session, f"{site.url}/plan.pdf")
    before = workspace.sessions.read(session)
    clock.advance(days=3)
    result = add(workspace, session, f"  {site.url}/plan.pdf#page=2")
    assert [f.outcome for f in result.files] == ["duplicate"]
    assert workspace.sessions.read(session) == before


def test_other_bytes_under_the_same_link_are_a_new_version_whatever_the_server_calls_them(
    workspace: Workspace, session: str, site: Site, clock: Clock
) -> None:
    site.routes["/get"] = answer(b"version 1", content_disposition="attachment; filename=plan-1.txt")
    add(workspace, session, f"{site.url}/get?id=7")
    clock.advance(days=1)
    site.routes["/get"] = answer(b"version 2", content_disposition="attachment; filename=plan-2.txt")
    result = add(workspace, session, f"{site.url}/get?id=7")
    assert [(f.filename, f.outcome) for f in result.files] == [("plan-2.txt", "new_version")]
    record = workspace.sessions.read(session)
    by_name = {d.filename: d for d in record.documents.values()}
    assert by_name["plan-1.txt"].superseded_by == by_name["plan-2.txt"].document_id
    (source,) = record.sources.values()
    assert source.metadata["sha256"] == sha256(b"version 2").hexdigest()
    assert source.metadata["fetched_at"] == clock().isoformat()
    assert workspace.sessions.audit(session)[-1].action == "link_looked_at"


def test_links_that_differ_only_in_their_query_are_two_sources(workspace: Workspace, session: str, site: Site) -> None:
    site.routes["/get"] = answer(b"one")
    add(workspace, session, f"{site.url}/get?token=1")
    site.routes["/get"] = answer(b"two")
    result = add(workspace, session, f"{site.url}/get?token=2")
    assert [f.outcome for f in result.files] == ["added"]
    record = workspace.sessions.read(session)
    assert len(record.sources) == 2
    assert not any(d.superseded_by for d in record.documents.values())


def test_the_same_bytes_by_link_and_by_path_are_one_document(
    workspace: Workspace, session: str, site: Site, tmp_path: Path
) -> None:
    (tmp_path / "copy.pdf").write_bytes(PDF)
    add_documents(workspace, session, {"type": "path", "path": str(tmp_path / "copy.pdf")})
    result = add(workspace, session, f"{site.url}/plan.pdf")
    assert [(f.outcome, f.duplicate_of) for f in result.files] == [("duplicate", "copy.pdf")]
    (document,) = workspace.sessions.read(session).documents.values()
    assert document.names == ("copy.pdf", "plan.pdf")


def test_an_archive_behind_a_link_is_opened(workspace: Workspace, session: str, site: Site) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("land/plan.txt", "plan")
        archive.writestr("../out.txt", "out")
    site.routes["/share"] = answer(packed.getvalue(), content_disposition='attachment; filename="farm.zip"')
    result = add(workspace, session, f"{site.url}/share")
    assert {f.filename: f.outcome for f in result.files} == {"plan.txt": "added", "out.txt": "refused"}
    record = workspace.sessions.read(session)
    assert [a.filename for a in record.archives.values()] == ["farm.zip"]
    assert add(workspace, session, f"{site.url}/share").files_added == 0
    assert "holds these bytes as farm.zip" in add(workspace, session, f"{site.url}/share", "reference").message


def test_what_a_person_took_out_comes_back_when_its_link_is_added_again_and_not_by_discovery(
    workspace: Workspace, session: str, site: Site
) -> None:
    add(workspace, session, f"{site.url}/plan.pdf")
    remove_document(workspace, session, "plan.pdf", "R. Viewer", "another farm's")
    rescan_sources(workspace, session)
    assert workspace.sessions.read(session).documents == {}
    assert [f.outcome for f in add(workspace, session, f"{site.url}/plan.pdf").files] == ["added"]


def test_discovery_asks_no_server(workspace: Workspace, session: str, site: Site) -> None:
    add(workspace, session, f"{site.url}/plan.pdf")
    site.routes["/plan.pdf"] = answer(b"something else")
    assert rescan_sources(workspace, session) == [{"type": "link", "files": 1}]
    assert len(site.requests) == 1


def test_the_file_is_given_back_under_its_name(workspace: Workspace, session: str, site: Site, tmp_path: Path) -> None:
    site.routes["/get"] = answer(PDF, content_disposition="attachment; filename*=UTF-8''Bodenk%C3%B6rner.pdf")
    add(workspace, session, f"{site.url}/get")
    (written,) = export_session(workspace, session, tmp_path / "out")
    assert (written.name, written.read_bytes()) == ("Bodenkörner.pdf", PDF)


def test_a_likeness_to_another_session_is_asked_about_before_a_link_adds_anything(
    workspace: Workspace, session: str, site: Site
) -> None:
    add(workspace, session, f"{site.url}/plan.pdf")
    other = create_session(workspace, "Meadow Farm").session_id
    before = workspace.sessions.read(other)
    with pytest.raises(DuplicateSessionWarning):
        add(workspace, other, f"{site.url}/plan.pdf")
    assert workspace.sessions.read(other) == before
    assert staged_files(workspace) == []
    warned = add(workspace, other, f"{site.url}/plan.pdf", check_duplicates=False)
    assert warned.files_added == 1
    assert warned.duplicate_warning is not None


# --- what cannot be had -----------------------------------------------------------------------------------------------


def test_a_file_that_cannot_be_had_is_refused_with_the_reason_until_it_comes(
    workspace: Workspace, session: str, site: Site
) -> None:
    # Given
    site.routes["/plan.pdf"] = answer(b"<!DOCTYPE html><title>Log in</title>", content_type="text/html")
    # When
    result = add(workspace, session, f"{site.url}/plan.pdf")
    # Then
    (outcome,) = result.files
    assert (outcome.filename, outcome.outcome, result.files_added) == ("plan.pdf", "refused", 0)
    assert "web page instead of a file" in (outcome.reason or "")
    record = workspace.sessions.read(session)
    assert (record.documents, record.sources) == ({}, {})
    assert [r["filename"] for r in record.refused] == ["plan.pdf"]
    # And when the file is there, under another name
    site.routes["/plan.pdf"] = answer(PDF, content_disposition="attachment; filename=x.pdf")
    assert add(workspace, session, f"{site.url}/plan.pdf").files_added == 1
    assert workspace.sessions.read(session).refused == ()


@pytest.mark.parametrize("route", [answer(status=404), answer(b""), answer(b"x" * 1_000_001)])
@pytest.mark.parametrize("mode", ["mirror", "reference"])
def test_a_refused_link_adds_nothing_and_leaves_nothing(
    workspace: Workspace, session: str, site: Site, route: Any, mode: str
) -> None:
    workspace.settings = workspace.settings.model_copy(
        update={"inbox": workspace.settings.inbox.model_copy(update={"max_file_mb": 1})}
    )
    site.routes["/x.pdf"] = route
    assert [f.outcome for f in add(workspace, session, f"{site.url}/x.pdf", mode).files] == ["refused"]
    record = workspace.sessions.read(session)
    assert (record.documents, record.sources, staged_files(workspace)) == ({}, {}, [])


def test_a_failure_that_may_pass_changes_nothing_and_says_to_try_again(
    workspace: Workspace, session: str, site: Site
) -> None:
    add(workspace, session, f"{site.url}/plan.pdf")
    before = workspace.sessions.read(session)
    for route in (raw(head(content_length="9000"), b"%PDF-1.7 half"), answer(status=503)):
        site.routes["/plan.pdf"] = route
        with pytest.raises(TryAgain):
            add(workspace, session, f"{site.url}/plan.pdf")
    assert workspace.sessions.read(session) == before
    assert staged_files(workspace) == []


def test_without_the_setting_this_machine_is_not_reached(workspace: Workspace, session: str, site: Site) -> None:
    workspace.settings = with_links(workspace.settings, allow_private=False)
    (outcome,) = add(workspace, session, f"{site.url}/plan.pdf").files
    assert outcome.outcome == "refused"
    assert "allow_private" in (outcome.reason or "")
    assert site.requests == []


@pytest.mark.parametrize("url", ["", "plan.pdf", "ftp://example.org/x", "https://me:hunter2@example.org/x"])
def test_what_is_no_link_is_a_usage_error_that_repeats_no_password(
    workspace: Workspace, session: str, url: str
) -> None:
    before = workspace.sessions.read(session)
    with pytest.raises(UsageError) as error:
        add(workspace, session, url)
    assert "hunter2" not in str(error.value)
    assert workspace.sessions.read(session) == before


def test_a_secret_in_a_link_is_in_no_log(
    workspace: Workspace, session: str, site: Site, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    from pipeline.home import logs

    logs.configure(workspace.data, logging.DEBUG)
    with caplog.at_level(logging.DEBUG):
        add(workspace, session, f"{site.url}/plan.pdf?sig=hidden")
    assert "sig=hidden" in site.requests[0]
    assert "hidden" not in caplog.text


# --- reference --------------------------------------------------------------------------------------------------------


def test_a_reference_records_address_and_hash_and_keeps_no_bytes(
    workspace: Workspace, session: str, site: Site, clock: Clock
) -> None:
    result = add(workspace, session, f"{site.url}/plan.pdf", "reference")
    assert (result.source_type, result.files_added, result.files) == ("link", 0, ())
    assert sha256(PDF).hexdigest() in result.message
    assert "not kept" in result.message
    record = workspace.sessions.read(session)
    assert record.documents == {}
    assert not list((workspace.data / "content").rglob("*/*"))
    (source,) = record.sources.values()
    assert source.metadata["access_mode"] == "reference"
    assert source.metadata["sha256"] == sha256(PDF).hexdigest()
    assert (source.metadata["size"], source.metadata["file_count"]) == (len(PDF), 0)
    assert source.metadata["fetched_at"] == clock().isoformat()
    # And a reviewer is told that no row can stand on it
    (note,) = status_of(workspace, record).notes
    assert f"{site.url}/plan.pdf" in note
    assert "not kept" in note
    assert rescan_sources(workspace, session) == [{"type": "link", "files": 0}]


def test_a_reference_that_gives_other_bytes_later_says_so(
    workspace: Workspace, session: str, site: Site, clock: Clock
) -> None:
    add(workspace, session, f"{site.url}/plan.pdf", "reference")
    before = workspace.sessions.read(session)
    clock.advance(days=2)
    add(workspace, session, f"{site.url}/plan.pdf", "reference")
    assert workspace.sessions.read(session) == before
    site.routes["/plan.pdf"] = answer(b"another plan")
    assert (
        "on 2026-01-31, the link gave other bytes"
        in add(workspace, session, f"{site.url}/plan.pdf", "reference").message
    )
    (source,) = workspace.sessions.read(session).sources.values()
    assert source.metadata["sha256"] == sha256(b"another plan").hexdigest()
    seen = [e.details["sha256"] for e in workspace.sessions.audit(session) if "sha256" in e.details]
    assert seen == [sha256(PDF).hexdigest(), sha256(b"another plan").hexdigest()]


def test_a_reference_to_what_the_session_holds_names_the_document(
    workspace: Workspace, session: str, site: Site, tmp_path: Path
) -> None:
    (tmp_path / "copy.pdf").write_bytes(PDF)
    add_documents(workspace, session, {"type": "path", "path": str(tmp_path / "copy.pdf")})
    assert "holds these bytes as copy.pdf" in add(workspace, session, f"{site.url}/plan.pdf", "reference").message


def test_a_reference_becomes_a_mirror_and_a_mirror_stays_one(workspace: Workspace, session: str, site: Site) -> None:
    url = f"{site.url}/plan.pdf"
    add(workspace, session, url, "reference")
    assert add(workspace, session, url).files_added == 1
    record = workspace.sessions.read(session)
    (source,) = record.sources.values()
    assert (source.metadata["access_mode"], source.metadata["file_count"]) == ("mirror", 1)
    # And looking at it again as a reference lets go of nothing
    add(workspace, session, url, "reference")
    assert workspace.sessions.read(session) == record
    site.routes["/plan.pdf"] = answer(b"another plan")
    assert "new version" in add(workspace, session, url, "reference").message
    (source,) = workspace.sessions.read(session).sources.values()
    assert (source.metadata["access_mode"], source.metadata["file_count"]) == ("mirror", 1)
    assert source.metadata["sha256"] == sha256(PDF).hexdigest()
    assert source.metadata["seen_sha256"] == sha256(b"another plan").hexdigest()
    site.routes["/plan.pdf"] = answer(PDF, content_type="application/pdf")
    add(workspace, session, url, "reference")
    assert workspace.sessions.read(session).sources == record.sources
    site.routes["/plan.pdf"] = answer(b"another plan")
    add(workspace, session, url, "reference")
    assert add(workspace, session, url).files[0].outcome == "new_version"
    (source,) = workspace.sessions.read(session).sources.values()
    assert "seen_sha256" not in source.metadata


# --- files that an assistant refers to --------------------------------------------------------------------------------


def reference(site: Site, name: Any, path: str = "/plan.pdf", **more: Any) -> dict[str, Any]:
    return {"name": name, "id": "file-1", "mime_type": "application/pdf", "download_link": site.url + path, **more}


@pytest.fixture
def asked(workspace: Workspace) -> Workspace:
    """A workspace whose assistant's files lie on the test's server."""
    workspace.settings = with_links(workspace.settings, file_reference_hosts=("127.0.0.1",))
    return workspace


def test_referenced_files_are_one_upload_and_each_has_its_own_outcome(
    asked: Workspace, session: str, site: Site
) -> None:
    site.routes |= {"/b": answer(b"map"), "/gone": answer(status=404), "/busy": answer(status=503)}
    references = [
        reference(site, "plan.pdf"),
        reference(site, "maps/land.txt", "/b"),
        reference(site, "gone.pdf", "/gone"),
        reference(site, "busy.pdf", "/busy"),
        reference(site, "../../x.pdf"),
        reference(site, "", "/plan.pdf?x"),
        reference(site, "elsewhere.pdf", download_link="https://example.org/x.pdf"),
        reference(site, "none.pdf", download_link=None),
        {"unknown": True},
        "not even that",
    ]
    result = add_file_references(asked, session, references)  # type: ignore[arg-type]
    assert (result.source_type, result.files_added) == ("upload", 2)
    outcomes = {f.filename: f.outcome for f in result.files}
    assert outcomes == {
        "plan.pdf": "duplicate",
        "land.txt": "added",
        "gone.pdf": "refused",
        "busy.pdf": "refused",
        "x.pdf": "refused",
        "elsewhere.pdf": "refused",
        "none.pdf": "refused",
        "(no name)": "refused",
    }
    record = asked.sessions.read(session)
    assert list(record.sources) == ["upload-1"]
    assert {r["filename"] for r in record.refused} == {"gone.pdf", "elsewhere.pdf"}
    assert staged_files(asked) == []
    assert "sig" not in json.dumps([r["reason"] for r in record.refused])


def test_an_empty_list_of_hosts_means_any_public_one(asked: Workspace, session: str, site: Site) -> None:
    assert add_file_references(asked, session, [reference(site, "a.pdf")]).files_added == 1
    asked.settings = with_links(asked.settings, file_reference_hosts=())
    assert add_file_references(asked, session, [reference(site, "b.pdf")]).files[0].outcome == "duplicate"
    asked.settings = with_links(asked.settings, file_reference_hosts=(), allow_private=False)
    assert add_file_references(asked, session, [reference(site, "c.pdf")]).files[0].outcome == "refused"


def test_by_default_only_the_documented_host_is_asked(workspace: Workspace, session: str, site: Site) -> None:
    assert load_settings(environ={}).settings.links.file_reference_hosts == ("oaiusercontent.com",)
    (outcome,) = add_file_references(workspace, session, [reference(site, "a.pdf")]).files
    assert "not fetched from 127.0.0.1" in (outcome.reason or "")
    assert site.requests == []


@pytest.mark.parametrize("count", [0, 11])
def test_no_references_and_too_many_are_usage_errors(
    workspace: Workspace, session: str, site: Site, count: int
) -> None:
    with pytest.raises(UsageError):
        add_file_references(workspace, session, [reference(site, "a.pdf")] * count)
    assert site.requests == []


# --- the command line and the settings --------------------------------------------------------------------------------


def run(home: Path, *args: str) -> Any:
    return CliRunner().invoke(cli, ["--home", str(home), *args])


def test_the_command_line_adds_links_beside_files(tmp_path: Path, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given
    monkeypatch.setenv("REGISTRY_REVIEW_LINKS_ALLOW_PRIVATE", "true")
    home = tmp_path / "cli"
    session = run(home, "create", "Meadow Farm").stdout.strip()
    (tmp_path / "a.txt").write_text("a")
    # When
    added = run(home, "--json", "add", session, str(tmp_path / "a.txt"), f"{site.url}/plan.pdf?sig=hidden")
    # Then
    assert added.exit_code == 0, added.output
    assert [r["source_type"] for r in json.loads(added.stdout)["results"]] == ["path", "link"]
    shown = run(home, "show", session)
    assert f"link {site.url}/plan.pdf?sig=***" in shown.stdout.replace("\n  ", " ")
    # And a page is told as refused, a reference as one, and what may pass as to be tried again
    site.routes |= {"/page": answer(b"<html>", content_type="text/html"), "/busy": answer(status=503)}
    page = run(home, "add", session, f"{site.url}/page")
    assert page.exit_code == 4
    assert "web page" in page.stdout.replace("\n", " ")
    told = run(home, "add", session, "--reference", f"{site.url}/plan.pdf?other")
    assert told.exit_code == 0
    assert "referred to" in run(home, "status", session).stdout
    busy = run(home, "add", session, f"{site.url}/busy?token=hidden")
    assert busy.exit_code == 75
    userinfo = run(home, "add", session, "https://me:hunter2@example.org/x")
    assert userinfo.exit_code == 2
    folder = run(home, "add", session, "--reference", str(tmp_path))
    assert folder.exit_code == 2
    assert "Only a link" in folder.output
    everything = "".join(r.output for r in (added, shown, page, told, busy, userinfo))
    assert "hidden" not in everything
    assert "hunter2" not in everything


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("allow_private = 1", "must be true or false"),
        ("allow_private = 'yes'", "must be true or false"),
        ("file_reference_hosts = 3", "must be a list of names"),
        ("file_reference_hosts = ['a', '']", "must be a list of names"),
        ("max_redirects = true", "a whole number"),
        ("timeout_seconds = 0", "from 1 to 86400"),
    ],
)
def test_a_setting_that_cannot_be_says_what_may(tmp_path: Path, text: str, says: str) -> None:
    from pipeline.errors import SettingsError

    (tmp_path / "config.toml").write_text(f"[links]\n{text}\n")
    with pytest.raises(SettingsError, match=says):
        load_settings(tmp_path / "config.toml", environ={})


def test_switches_and_lists_are_read_from_the_file_and_from_the_environment(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("[links]\nallow_private = true\nfile_reference_hosts = ['a.example']\n")
    links = load_settings(tmp_path / "config.toml", environ={}).settings.links
    assert (links.allow_private, links.file_reference_hosts) == (True, ("a.example",))
    environ = {
        "REGISTRY_REVIEW_LINKS_ALLOW_PRIVATE": "false",
        "REGISTRY_REVIEW_LINKS_FILE_REFERENCE_HOSTS": "b.example, c.example",
    }
    links = load_settings(tmp_path / "config.toml", environ=environ).settings.links
    assert (links.allow_private, links.file_reference_hosts) == (False, ("b.example", "c.example"))
