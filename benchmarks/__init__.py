"""How fast it is: each benchmark one module, its rows with targets, ratios measured in one and the same run."""

#: The modules that measure, in the order of the table. Each has `ABOUT`, one sentence, and
#: `measure(place, quick) -> list[Row]`; `place` is an empty folder of its own, `quick` asks for small sizes that only
#: prove that it still runs. One that can look at somebody's own submission also has `measure_folder(folder, place)`.
NAMES = (
    "reading",
    "cold",
    "sessions",
    "startup",
    "crowd",
    "latency",
    "farms",
    "poisoned",
    "serving",
    "hands",
    "desk",
)
