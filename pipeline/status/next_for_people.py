"""What the human review and the completion wait for, and what a person does next, from where the review stands."""

from __future__ import annotations

from pipeline.decisions.review_state import ReviewState, waiting_for
from pipeline.models import SessionRecord, StageKey, StageView, wording


def of_people(record: SessionRecord, state: ReviewState, reported: bool) -> dict[StageKey, StageView]:
    """The two stages that are people's: what each waits for, exactly; they begin when there is a report."""
    made = record.determination
    if record.is_completed:
        package = state.packages[-1]
        done = StageView(status="completed", finished_at=made.at if made else None)
        return {
            "human_review": done,
            "completion": StageView(status="completed", finished_at=package.at),
        }
    after = StageView(status="pending", reason="comes after the human review")
    if not reported:
        return {"human_review": StageView(status="pending", reason="comes after the report"), "completion": after}
    if not state.begun:
        reason = "a person reads the report and decides"
        return {"human_review": StageView(status="waiting", reason=reason), "completion": after}
    if state.blockers and not (made and made.determination == "reject" and not waiting_for(state)):
        return {"human_review": StageView(status="waiting", reason="; ".join(state.blockers)), "completion": after}
    done = StageView(status="completed", finished_at=made.at if made else None)
    if state.blockers:
        return {"human_review": done, "completion": StageView(status="pending", reason="; ".join(state.blockers))}
    reason = "everything is decided; it can be signed: `complete`"
    return {"human_review": done, "completion": StageView(status="waiting", reason=reason)}


def next_for_people(sid: str, state: ReviewState) -> str:
    """What a person does next once there is a report, as a sentence with the command to type."""
    made, review = state.determination, "registry-review review"
    who = "--by NAME"
    if state.completed:
        again = f"registry-review reopen {sid} {who} --reason TEXT"
        return f"Nothing is left to do: {state.packages[-1].filename} holds it all. To change it: {again}"
    if not state.begun:
        return f"Read the report, exceptions first: registry-review report {sid}"
    if made and made.determination == "hold":
        return f"It is on hold ({made.notes}). To go on: {review} clear {sid} determination {who} --reason TEXT"
    if answered := next((one for one in state.revisions if one.status == "answered"), None):
        look = f"Look whether {_files(answered.answered_with)} settles {answered.requirement_id}"
        return f"{look}: {review} resolve {sid} {answered.revision_id} {who} --note TEXT"
    if state.reopened:
        row = state.reopened[0]
        again = f"{review} override {sid} {row} STATUS {who} --reason TEXT"
        return f"{row} changed since it was decided; decide again: {again}"
    if state.undecided:
        row, left = state.undecided[0], wording.count(len(state.undecided), "row")
        return f"Decide {row} ({left} left): {review} override {sid} {row} STATUS {who} --reason TEXT"
    if state.revisions:
        return f"Send the developer what is asked for: registry-review revision-letter {sid}"
    if made is None or state.determination_state == "reopened":
        again = ", since rows changed," if made else ""
        return f"Every row is decided; determine{again}: {review} decide {sid} approve {who} --notes TEXT"
    if made.determination == "reject":
        undo = f"{review} clear {sid} determination {who} --reason TEXT"
        return f"It is rejected and kept. To take that back: {undo}"
    return f"Sign it: registry-review complete {sid} {who}"


def _files(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else wording.count(len(names), "new file") if names else "what came"
