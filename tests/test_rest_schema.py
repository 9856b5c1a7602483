"""The OpenAPI description keeps its promises: generated calls get only answers that it names, and GPT limits hold."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode
from schemathesis import checks as known

from servers import description
from tests.serving import Server, letters, serving

#: Calls for each operation and kind of data: enough to vary every parameter, few enough to be run every time.
EXAMPLES = 8
CHECKS = [
    known.not_a_server_error,
    known.status_code_conformance,
    known.content_type_conformance,
    known.response_schema_conformance,
    known.response_headers_conformance,
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("schema") / "home") as server:
        yield server


@pytest.fixture(scope="module")
def session_ids(server: Server) -> list[str]:
    """One session with everything that three letters give, one with files and nothing done, one empty."""
    made = []
    with server.client() as client:
        for names, verb in ((("a.txt", "b.txt", "c.txt"), "report"), (("d.txt",), "discover"), ((), "")):
            session_id = client.post("/sessions", json={"project_name": f"Farm {names}"}).json()["session_id"]
            made.append(session_id)
            if names:
                client.post(f"/sessions/{session_id}/documents", json={"source": letters(*names)})
                assert client.post(f"/sessions/{session_id}/{verb}", params={"wait": 40}).status_code == 200
    return made


@pytest.fixture(scope="module")
def whole(server: Server) -> dict[str, Any]:
    with server.client() as client:
        found: dict[str, Any] = client.get("/openapi.json").json()
    return found


@pytest.mark.timeout(600)  # every operation is called many times, on whatever else the machine does
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["within", "outside"])
def test_no_generated_call_breaks_the_server_or_gets_an_answer_that_is_not_described(
    server: Server, session_ids: list[str], whole: dict[str, Any], mode: GenerationMode
) -> None:
    schema = schemathesis.openapi.from_dict(whole)
    turns = itertools.cycle([*session_ids, None])
    called: dict[str, int] = {}
    answered: set[int] = set()

    def call(case: schemathesis.Case) -> None:
        # Ids of sessions cannot be guessed, so that three of four calls go to one that is there.
        if "session_id" in (case.path_parameters or {}) and case.operation.method != "delete" and (to := next(turns)):
            case.path_parameters["session_id"] = to
        if isinstance(case.query, dict) and isinstance(case.query.get("wait"), int | float):
            case.query["wait"] = min(case.query["wait"], 0.2)
        if isinstance(case.body, dict) and mode is GenerationMode.POSITIVE:
            case.body.pop("methodology", None)  # one that was made up names no checklist
        answer = case.call(base_url=server.url, timeout=60)
        case.validate_response(answer, checks=CHECKS)
        name = case.operation.definition.raw["operationId"]
        called[name] = called.get(name, 0) + 1
        answered.add(answer.status_code)

    for found in schema.get_all_operations():
        operation = found.ok()
        strategy = operation.as_strategy(generation_mode=mode)
        phases = (Phase.explicit, Phase.generate)
        health = list(HealthCheck)
        limits = settings(
            max_examples=EXAMPLES, deadline=None, phases=phases, suppress_health_check=health, database=None
        )
        try:
            seed(20260131)(limits(given(strategy)(call)))()
        except Exception as error:
            if type(error).__name__ in ("Unsatisfiable", "SkipTest"):  # nothing outside the schema can be said
                continue
            raise

    assert len(called) > 12
    assert answered >= {404, 422}
    if mode is GenerationMode.POSITIVE:
        assert answered >= {200, 201, 202}


# --- what GPT Actions can take ----------------------------------------------------------------------------------------


def test_every_operation_has_a_name_of_its_own_and_texts_within_the_limits(whole: dict[str, Any]) -> None:
    found = description.operations(whole)
    names = [one["operationId"] for _, _, one in found]

    assert len(set(names)) == len(names)
    for _, _, one in found:
        assert re.fullmatch(r"[a-z_]{3,60}", one["operationId"])
        assert 0 < len(one["description"]) <= 300
        for parameter in one.get("parameters", ()):
            assert len(parameter.get("description", "")) <= 700
    for shape in whole["components"]["schemas"].values():
        assert len(shape.get("description", "")) <= 300
        for field in shape.get("properties", {}).values():
            assert len(field.get("description", "")) <= 700


def test_whatever_changes_something_says_whether_it_needs_the_users_consent(whole: dict[str, Any]) -> None:
    for path, method, one in description.operations(whole):
        assert ("x-openai-isConsequential" in one) == (method != "get"), path


def test_the_stages_and_acts_are_called_what_they_are_called_everywhere(whole: dict[str, Any]) -> None:
    names = {one["operationId"] for _, _, one in description.operations(whole)}
    assert names >= {
        *("create_session", "add_documents", "discover_documents", "map_requirements", "extract_evidence"),
        *("cross_validate", "generate_report", "get_status", "list_sessions", "load_session", "get_requirement"),
        "detect_duplicates",
    }


def test_the_part_for_gpts_is_whole_small_and_keeps_every_answer_short(whole: dict[str, Any]) -> None:
    part = description.for_gpt(whole)
    found = description.operations(part)

    assert 10 < len(found) <= 30
    named = set(re.findall(r"#/components/schemas/(\w+)", str(part)))
    assert named == part["components"]["schemas"].keys()
    for _, method, one in found:
        parameters = {parameter["name"]: parameter for parameter in one["parameters"]}
        assert all(parameter["in"] != "header" for parameter in parameters.values())
        if "max_characters" in parameters:
            assert parameters["max_characters"]["required"] is True
        if method == "post" and "wait" in parameters:
            assert parameters["view"]["schema"]["enum"] == ["status"]
