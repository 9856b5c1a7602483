"""How a batch stands while it runs: what the queue tells becomes a few numbers, which others draw."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from pipeline.models import StageKey, wording
from pipeline.models.characters import plain
from pipeline.workflow.order import ORDER, VERB_OF

if TYPE_CHECKING:
    from pipeline.desk.current_work import News

#: Rates are those of the last so many seconds.
WINDOW_SECONDS = 30.0
#: What is left is told from these on: earlier it would be a guess.
FARMS_TO_JUDGE, SECONDS_TO_JUDGE = 3, 10.0
#: Of what went wrong, and of what is finished, the last ones.
FAILURES, SAID = 3, 2


@dataclass
class Farm:
    """One session as far as the news went."""

    name: str
    state: Literal["open", "finished", "failed"] = "open"
    #: The stage that is being worked on, and since when by the tally's clock.
    stage: StageKey | None = None
    since: float = 0.0
    done: int | None = None
    total: int | None = None
    #: Documents that are being read, in the order they were begun.
    reading: list[str] = field(default_factory=list)
    #: How many stages it has behind it, of this run.
    reached: int = 0
    #: When something was first done for it.
    begun: float | None = None

    @property
    def at_work(self) -> bool:
        """True while somebody does something for it."""
        return self.state == "open" and (self.stage is not None or bool(self.reading))


@dataclass(frozen=True)
class Row:
    """A farm that is being worked on."""

    name: str
    verb: str
    done: int | None
    total: int | None
    reading: tuple[str, ...]
    seconds: float


@dataclass(frozen=True)
class Picture:
    """How things stand at one moment; all that is drawn is made of this."""

    #: True when all farms are known from the start, so that it can be said how many are left.
    planned: bool = False
    farms: int = 0
    waiting: int = 0
    finished: int = 0
    failed: int = 0
    #: Farms that have each stage of ORDER behind them.
    stages: tuple[int, ...] = ()
    #: Those that were begun first come first, so that lines stay where they are.
    at_work: tuple[Row, ...] = ()
    #: Documents and pages per second; None while nothing is read.
    documents_rate: float | None = None
    pages_rate: float | None = None
    #: Since the first stage was begun.
    seconds: float | None = None
    #: Until all is done if every farm that is left needs work; None while nobody can know.
    seconds_left: float | None = None
    failures: tuple[str, ...] = ()
    said: tuple[str, ...] = ()


class Tally:
    """Counts what the queue tells; `hear` may be called from any thread."""

    def __init__(self, goal: StageKey, clock: Callable[[], float], name_of: Callable[[str], str] = str) -> None:
        """`clock` gives seconds that only ever grow; `name_of` a session's project, for one that was not announced."""
        self._goal = ORDER.index(goal) + 1
        self._clock, self._name_of = clock, name_of
        self._lock = threading.Lock()
        self._farms: dict[str, Farm] = {}
        self._planned = False
        self._begun: float | None = None
        self._first_read: float | None = None
        self._read: deque[tuple[float, int]] = deque()
        self._failures: deque[str] = deque(maxlen=FAILURES)
        self._said: deque[str] = deque(maxlen=SAID)

    def hear(self, news: News) -> None:
        """Take in one piece of news; of other sessions than the announced ones, if any were, nothing is heard."""
        # Asked outside the lock: to read a session may log, and whoever writes the log may be drawing this.
        name = "" if news.session_id in self._farms else self._name(news)
        with self._lock:
            self._planned |= news.kind == "wanted"
            farm = self._farms.get(news.session_id)
            if farm is None:
                if self._planned and news.kind not in ("wanted", "over"):
                    return
                farm = self._farms[news.session_id] = Farm(name)
            self._count(farm, news, self._clock())

    def _name(self, news: News) -> str:
        if news.kind == "wanted":
            return plain(news.message)
        return news.session_id if news.kind == "over" or self._planned else plain(self._name_of(news.session_id))

    def _count(self, farm: Farm, news: News, now: float) -> None:
        match news.kind:
            case "progress":
                self._progress(farm, news, now)
            case "taken":
                self._taken(farm, news)
            case "stage_done":
                self._stage_done(farm, news)
            case "busy":
                self._rest(farm)
            case "over":
                self._over(farm, news)
            case "stage_failed" | "not_taken":
                self._rest(farm)
                if not self._planned:  # else it is told once more, when all is over with that farm
                    self._fail(farm, news)

    def _progress(self, farm: Farm, news: News, now: float) -> None:
        self._begun = now if self._begun is None else self._begun
        farm.begun = now if farm.begun is None else farm.begun
        farm.state = "open"
        if news.message == "started":
            farm.stage, farm.since, farm.done, farm.total = news.stage, now, None, None
        elif news.message == "finished":
            self._rest(farm)
        elif news.document is not None and news.done is None and news.pages is None:
            if not farm.at_work:
                farm.since = now
            farm.reading.append(news.document)
            self._first_read = now if self._first_read is None else self._first_read
        elif news.document is not None:
            if news.document in farm.reading:
                farm.reading.remove(news.document)
            if news.pages is not None:
                self._read.append((now, news.pages))
                self._forget(now)
        if news.done is not None:
            farm.done, farm.total = news.done, news.total

    def _taken(self, farm: Farm, news: News) -> None:
        outcomes = [f.outcome for f in news.result.files] if news.result is not None else []
        new, refused = (
            len(outcomes) - outcomes.count("refused") - outcomes.count("duplicate"),
            outcomes.count("refused"),
        )
        if new:
            farm.state, farm.reached = "open", 0
        elif not farm.at_work:
            farm.state = "finished"  # nothing new, nothing to do
        self._said.append(f"{farm.name}: {wording.count(new, 'new file')}{f', {refused} refused' if refused else ''}")

    def _stage_done(self, farm: Farm, news: News) -> None:
        self._rest(farm)
        if news.stage is None:
            return
        farm.reached = max(farm.reached, ORDER.index(news.stage) + 1)
        if farm.reached >= self._goal and not self._planned:
            farm.state = "finished"
            self._said.append(f"{farm.name}: `{VERB_OF[news.stage]}` is done")

    def _over(self, farm: Farm, news: News) -> None:
        self._rest(farm)
        if news.error is not None:
            self._fail(farm, news)
            return
        farm.state, farm.reached = "finished", len(ORDER)
        self._said.append(f"{farm.name}: {plain(news.message)}")

    def _fail(self, farm: Farm, news: News) -> None:
        farm.state = "failed"
        self._failures.append(f"{farm.name}: {plain(news.message)}")

    @staticmethod
    def _rest(farm: Farm) -> None:
        farm.stage, farm.done, farm.total = None, None, None
        farm.reading.clear()

    def _forget(self, now: float) -> None:
        while self._read and self._read[0][0] < now - WINDOW_SECONDS:
            self._read.popleft()

    def picture(self) -> Picture:
        """How things stand now."""
        with self._lock:
            now = self._clock()
            self._forget(now)
            farms = list(self._farms.values())
            busy = sorted((f for f in farms if f.at_work), key=lambda f: f.begun or 0.0)
            finished, failed = (sum(f.state == state for f in farms) for state in ("finished", "failed"))
            seconds = None if self._begun is None else now - self._begun
            documents, pages = self._rates(now)
            return Picture(
                planned=self._planned,
                farms=len(farms),
                waiting=len(farms) - finished - failed - len(busy),
                finished=finished,
                failed=failed,
                stages=tuple(sum(f.reached > i for f in farms) for i in range(self._goal)),
                at_work=tuple(
                    Row(f.name, VERB_OF[f.stage or ORDER[0]], f.done, f.total, tuple(f.reading), now - f.since)
                    for f in busy
                ),
                documents_rate=documents,
                pages_rate=pages,
                seconds=seconds,
                seconds_left=self._left(farms, seconds),
                failures=tuple(self._failures),
                said=tuple(self._said),
            )

    def _rates(self, now: float) -> tuple[float | None, float | None]:
        if not self._read or self._first_read is None:
            return None, None
        span = max(min(WINDOW_SECONDS, now - self._first_read), 1.0)
        return len(self._read) / span, sum(pages for _, pages in self._read) / span

    def _left(self, farms: list[Farm], seconds: float | None) -> float | None:
        left = sum(f.state == "open" for f in farms)
        worked = sum(f.state != "open" and f.begun is not None for f in farms)
        if not self._planned or not left or seconds is None or seconds < SECONDS_TO_JUDGE or worked < FARMS_TO_JUDGE:
            return None
        return seconds / worked * left
