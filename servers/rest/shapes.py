"""What is sent and answered, as the OpenAPI description shows it; the pipeline's own values are the rest of it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, RootModel

from pipeline.intake.duplicates import Alike
from pipeline.models import (
    CheckResult,
    Document,
    DocumentRecord,
    DuplicateWarning,
    ExtractionResult,
    Inventory,
    MappingResult,
    Question,
    RequirementResult,
    ReviewException,
    StageKey,
    ValidationResult,
)
from pipeline.status.session import SessionStatus
from pipeline.uploads import ProcessedUpload

#: What is taken for a name or an id, in characters; the pipeline says more exactly what it can use.
Short = Annotated[str, Field(max_length=400)]


#: A checklist; who names none means the one that has always been meant.
Methodology = Annotated[Short | None, AfterValidator(lambda named: named or "soil-carbon-v1.2.2")]


class Sent(BaseModel):
    """A body that is sent; an unknown key is an error, so that a misspelt one is told."""

    model_config = ConfigDict(extra="forbid")


# --- sent -------------------------------------------------------------------------------------------------------------


class NewSession(Sent):
    """What is said of a project when its session is made."""

    project_name: Short = Field(description="What the project is called.", examples=["Meadow Farm 2026"])
    methodology: Methodology = Field("soil-carbon-v1.2.2", description="The checklist; null: the default.")
    project_id: Short | None = Field(None, description="The registry's id, if there is one.", examples=["C06-123"])
    proponent: Short | None = Field(None, description="Who submits the project.")
    crediting_period: Short | None = Field(None, description="As the proponent states it.")


class NewUpload(Sent):
    """For whom a link is made: a session, or a project whose session is made when the files are taken in."""

    session_id: Short | None = Field(None, description="The session that the files are for.")
    project_name: Short | None = Field(None, description="Without a session: what the new one's project is called.")
    methodology: Methodology = Field(
        "soil-carbon-v1.2.2", description="The new session's checklist; null: the default."
    )
    project_id: Short | None = Field(None, description="The registry's id, if there is one.")
    proponent: Short | None = Field(None, description="Who submits the project.")
    crediting_period: Short | None = Field(None, description="As the proponent states it.")


class ProcessUpload(Sent):
    """Which upload is to be taken in."""

    upload_id: Short


class UploadLink(BaseModel):
    """An upload link."""

    upload_id: str
    upload_url: str
    expires_at: datetime
    mode: Literal["add_to_existing", "create_new"]
    session_id: str | None = None
    note: str | None = Field(None, description="Where else the files may belong or go, by the ids of sessions.")


class Processed(ProcessedUpload):
    """What became of an upload; `discovery` is what its session holds now, as far as it was read in time."""

    discovery: dict[str, Any]


class SentFile(BaseModel):
    """A file inside the call; other keys are ignored, because upload forms send their own."""

    filename: str = Field(description="Its name; may hold folders.", examples=["plan/Project Plan v2.pdf"])
    content_base64: str = Field(description="Its bytes as base64.", examples=["SGVsbG8="])


class UploadBody(Sent):
    """Files sent inside the call; for larger ones ask for an upload link."""

    type: Literal["upload"]
    files: list[dict[str, Any] | SentFile] = Field(
        description="Items of filename and content_base64; a broken one is refused alone.",
        examples=[[{"filename": "letter.txt", "content_base64": "SGVsbG8="}]],
    )


class PathBody(Sent):
    """A file or folder on the server's machine, below one of its configured folders."""

    type: Literal["path"]
    path: str = Field(description="Its absolute path on the server.", max_length=4096)


class LinkBody(Sent):
    """One file on the network."""

    type: Literal["link"]
    url: str = Field(description="Its address, http or https.", max_length=8000)
    access_mode: Literal["mirror", "reference"] = Field(
        "mirror", description="mirror downloads it; reference records the address and the hash that was seen."
    )


class FileReference(BaseModel):
    """A file that a GPT hands on; its link lives for minutes and is fetched at once."""

    model_config = ConfigDict(extra="allow")

    name: str | None = Field(None, description="The file's name.")
    id: str | None = Field(None, description="The sender's own id of it.")
    mime_type: str | None = Field(None, description="Not relied upon: the bytes say what it is.")
    download_link: str | None = Field(None, description="Where it can be fetched now.")


OnDuplicate = Literal["ask", "continue", "use_existing", "cancel"]


class NewDocuments(Sent):
    """A source of documents for a session: `source`, or `openaiFileIdRefs` from a GPT."""

    source: Annotated[UploadBody | PathBody | LinkBody, Field(discriminator="type")] | None = Field(
        None, description="Where the documents come from."
    )
    openaiFileIdRefs: list[FileReference | str] | None = Field(  # noqa: N815 - the name is fixed by GPT Actions
        None, description="Files of the conversation, at most 10; filled in by the GPT itself.", max_length=10
    )
    check_duplicates: bool = Field(
        True, description="False adds although another session holds the same project; the answer carries the warning."
    )
    on_duplicate: OnDuplicate = Field(
        "ask",
        description="When another session holds the same project: ask adds nothing and answers 409; continue adds all "
        "the same; use_existing adds to the other session; cancel adds nothing.",
    )


class DuplicateReply(Sent):
    """The answer to a session's open question whether another session holds the same project."""

    answer: Literal["continue", "use_existing", "cancel"] = Field(
        description="continue: the files stay, and a session that points to another is a review of its own again; "
        "use_existing: the files are added there, and that session is reviewed in this one's place; cancel: they leave "
        "this session."
    )


# --- answered ---------------------------------------------------------------------------------------------------------


class NewDetection(Sent):
    """A project by its name and the hashes of its files, which need not be here."""

    project_name: str = Field(max_length=400, description="What the project is called.", examples=["Meadow Farm 2026"])
    file_hashes: list[Annotated[str, Field(pattern=r"^[0-9A-Fa-f]{64}$")]] = Field(
        max_length=100_000, description="SHA-256 of every file of the project, in hexadecimal.", examples=[["0" * 64]]
    )
    exclude_session: Short | None = Field(None, description="A session that is not to be found: the caller's own.")


class Detected(RootModel[DuplicateWarning | None]):
    """The session that holds the same project, or null."""


class StillAdding(BaseModel):
    """The documents are being fetched and added; look at `status_url` until that is over."""

    schema_version: int
    session_id: str
    addition_id: str
    status_url: str
    message: str


class StillProcessing(BaseModel):
    """The upload is being taken in; make the same call again, or look at `status_url`."""

    schema_version: int
    upload_id: str
    status_url: str
    message: str


class Accepted(BaseModel):
    """The stage was asked for and is not done yet; look at `status_url` until it is."""

    schema_version: int
    session_id: str
    advance_to: StageKey
    status_url: str
    message: str


class Deleted(BaseModel):
    """A session is gone."""

    schema_version: int
    deleted: str


class SessionList(BaseModel):
    """Sessions, newest first, a page at a time; `left_out` counts the others, `next_offset` begins the next page."""

    schema_version: int
    sessions: list[SessionStatus]
    damaged: list[str] = Field(description="Sessions of this page that cannot be read, in words.")
    total: int
    #: How many the answer leaves out, before and after what it holds.
    left_out: int
    next_offset: int | None


class DocumentList(BaseModel):
    """A session's documents; before the first discovery only what is known without reading them."""

    schema_version: int
    session_id: str
    documents: list[Document | DocumentRecord]
    total: int
    #: How many the answer leaves out, before and after what it holds.
    left_out: int
    next_offset: int | None


class RequirementList(BaseModel):
    """A session's rows in the checklist's order, with tests and quotes."""

    schema_version: int
    session_id: str
    requirements: list[RequirementResult]
    total: int
    #: How many the answer leaves out, before and after what it holds.
    left_out: int
    next_offset: int | None


class Duplicates(BaseModel):
    """What looks like other sessions, and what is still asked."""

    schema_version: int
    session_id: str
    duplicates: list[Alike] = Field(
        description="Every session that the rule finds, and those that were asked about; answer, by and at are null "
        "while nobody has answered."
    )
    questions: list[Question]
    notes: list[str]
    points_to: str | None


class _OfStage(BaseModel):
    schema_version: int
    session_id: str


class Discovered(Inventory):
    """Every document with its type, its status and what decided."""

    schema_version: int
    session_id: str
    documents_found: int


class Mapped(MappingResult):
    """Which documents are looked at for each requirement."""

    schema_version: int
    session_id: str


class Extracted(ExtractionResult):
    """The quotes that were found, without a verdict."""

    schema_version: int
    session_id: str


class Validated(ValidationResult):
    """Every row with its status, every check, every exception."""

    schema_version: int
    session_id: str


class Reported(_OfStage):
    """Where the report's files are on the server, and what it says in short."""

    paths: dict[str, str]
    summary: dict[str, Any]
    exceptions: list[ReviewException]


class ReportPart(BaseModel):
    """Parts of a report, as they were asked for, for readers that cannot take the whole at once."""

    model_config = ConfigDict(extra="allow")

    schema_version: int
    generated_at: datetime
    requirements: list[RequirementResult] | None = None
    checks: list[CheckResult] | None = None
    exceptions: list[ReviewException] | None = None
    documents: list[Document] | None = None


class Health(BaseModel):
    """The process is alive."""

    status: Literal["ok"]


class Readiness(BaseModel):
    """Whether work that is asked for now will be done, and if not, what is lacking."""

    ready: bool
    checks: dict[str, str]
