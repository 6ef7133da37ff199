"""Columns that number the rows of a table with times are neither names of cases nor channels."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.domain.datasets import Ingested, Limits, Precedent, Reading
from service.errors import Unreadable
from service.ingest.roles import USUAL
from tests.reference.uploads import Read, columns, csv, reader_of, told

DAYS = [f"2024-01-{day:02}" for day in range(1, 31)]
COUNTERS = ["index", "row", "No", "row_id", "recordId", "rownames"]
"""What counts rows by its name and by what it holds."""


def numbered(rows: Sequence[str], name: str, numbers: Sequence[object], *, last: bool) -> str:
    """The rows of a table, its header first, with one more column."""
    more = [name, *map(str, numbers)]
    return "".join(f"{row},{cell}\n" if last else f"{cell},{row}\n" for row, cell in zip(rows, more, strict=True))


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[str], list[object]]:
    """Tables of one series or several, and as many different numbers, or names, as they have rows."""
    cities = draw(st.sampled_from([("",), ("Graz", "Wien"), ("Graz", "Wien", "Bern")]))
    days = draw(st.integers(8, 12))
    time = draw(st.sampled_from(["date", "time", "when", "Order Date"]))
    cells = st.integers(-99, 99)
    rows = [(city, day, draw(cells), draw(cells) / 4) for city in cities for day in DAYS[:days]]
    if draw(st.booleans()):
        rows.sort(key=lambda row: row[1])
    header = f"{time},load,level"
    lines = [f"{day},{load},{level}" for _, day, load, level in rows]
    if cities[0]:
        header, lines = f"city,{header}", [f"{row[0]},{line}" for row, line in zip(rows, lines, strict=True)]
    numbers: list[object] = list(range(draw(st.integers(0, 5)), 99))[: len(lines)]
    kind = draw(st.sampled_from(["counted", "mixed", "texts"]))
    if kind == "mixed":
        numbers = draw(st.permutations(numbers))
    return [header, *lines], [f"row-{n}" for n in numbers] if kind == "texts" else numbers


@pytest.fixture(scope="module")
def upload(tmp_path_factory: pytest.TempPathFactory) -> Read:
    return reader_of(tmp_path_factory.mktemp("rows") / "upload")


@settings(max_examples=60)
@given(tables(), st.sampled_from(USUAL["series"]), st.booleans(), st.sampled_from([64 << 20, 0]))
def test_a_name_for_every_row_changes_nothing(
    upload: Read, table: tuple[list[str], list[object]], name: str, last: bool, in_memory: int
) -> None:
    rows, numbers = table
    plain = csv(upload, "\n".join(rows) + "\n")
    found = csv(upload, numbered(rows, name, numbers, last=last), limits=Limits(in_memory=in_memory))
    assert found.series.digest() == plain.series.digest()
    assert found.series.channels == plain.series.channels == ("load", "level")
    assert columns(found).items() >= columns(plain).items()
    assert name in told(found, "unused")[0].detail
    repeated_by_parameters(upload, numbered(rows, name, numbers, last=last), found)


def repeated_by_parameters(read: Read, text: str, found: Ingested) -> None:
    assert found.examination is not None
    parameters = found.examination.reading.parameters
    again = csv(read, text, **vars(Reading.from_texts(parameters)))
    assert again.series.digest() == found.series.digest()
    assert again.examination is not None
    assert again.examination.reading.parameters == parameters


@pytest.mark.parametrize("name", COUNTERS)
@pytest.mark.parametrize("first", [0, 1])
def test_what_counts_rows_by_its_name_is_no_channel(read: Read, name: str, first: int) -> None:
    rows = [f"{step * 7 % 5}" for step in range(12)]
    found = csv(read, numbered(["load", *rows], name, range(first, 12 + first), last=False))
    assert found.series.channels == ("load",)
    assert f"'{name}' (numbers" in told(found, "unused")[0].detail
    uneven = csv(read, numbered(["load", *rows], name, [step * step for step in range(12)], last=False))
    assert name in uneven.series.channels  # something else is counted
    asked = csv(read, numbered(["load", *rows], name, range(12), last=False), channels=(name, "load"))
    assert asked.series.channels == (name, "load")


def test_a_name_for_every_row_may_be_asked_for(read: Read) -> None:
    text = "id,date,load\n" + "".join(f"{step},{day},{step % 5}\n" for step, day in enumerate(DAYS))
    found = csv(read, text)
    assert found.examination is not None
    assert any(text.startswith("series=id: ") for text in found.examination.reading.alternatives)
    assert csv(read, text, series="id").series.cases == len(DAYS)
    assert csv(read, text, series="").series.channels == ("load",)


def test_where_nothing_is_left_but_numbers_of_rows_that_is_said(read: Read) -> None:
    with pytest.raises(Unreadable, match="'row_id' holds numbers of the rows; 'city' holds texts"):
        csv(read, numbered(["city", *"abcabcabca"], "row_id", range(10), last=False))


def test_names_of_cases_that_were_measured_at_one_time_are_names(read: Read) -> None:
    text = "id,date,load\n" + "".join(f"{case},2024-01-01,{case}\n" for case in range(9))
    assert columns(csv(read, text))["series"] == ("id", "named")
    later = text + "".join(f"{case},2024-01-02,{case}\n" for case in range(9))
    assert csv(read, later).series.lengths.tolist() == [2] * 9


def test_without_a_time_or_in_few_rows_names_of_cases_stay_names(read: Read) -> None:
    few = "id,date,load\n" + "".join(f"{n},{day},{n}\n" for n, day in enumerate(DAYS[:5]))
    assert csv(read, few).series.cases == 5
    rows = [f"{case},{case % 3},{case % 4},{'ab'[case % 2]}" for case in range(9)]
    assert csv(read, "id,x,y,label\n" + "\n".join(rows) + "\n").series.cases == 9
    wide = [f"{row},{row}" for row in rows]
    assert csv(read, "id,x_1,x_2,a,key,x_3,x_4,label\n" + "\n".join(wide) + "\n").series.cases == 9


def test_times_beside_numbered_sensors_and_a_name_for_every_row_are_no_cases(read: Read) -> None:
    sensors = ",".join(f"sensor_{number}" for number in range(5))
    rows = [f"{step},{day}," + ",".join(str(step * n % 7) for n in range(5)) for step, day in enumerate(DAYS)]
    found = csv(read, f"id,when,{sensors}\n" + "\n".join(rows) + "\n")
    assert (found.series.lengths.tolist(), len(found.series.channels)) == ([len(DAYS)], 5)


def test_an_answer_in_every_row_is_refused_with_what_to_ask_for(read: Read) -> None:
    text = "id,date,load,label\n" + "".join(f"{n},{day},{n % 5},{'ab'[n % 2]}\n" for n, day in enumerate(DAYS))
    with pytest.raises(Unreadable, match="ask for it by series=NAME"):
        csv(read, text)
    assert csv(read, text, series="id").series.cases == len(DAYS)


def test_cases_for_a_model_are_read_without_the_numbers_of_rows_as_its_dataset_was(read: Read) -> None:
    text = "id,date,load\n" + "".join(f"{step},{day},{step % 5}\n" for step, day in enumerate(DAYS))
    found = csv(read, text)
    assert found.examination is not None
    precedent = Precedent(found.series.channels, found.examination.reading.parameters)
    for rows in (text, text[: text.index("2024-01-03") - 2]):
        assert csv(read, rows, precedent=precedent).series.cases == 1
