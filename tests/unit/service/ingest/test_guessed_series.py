"""Which columns tell the cases apart: those within which times stand once, whatever they are called."""

from collections.abc import Sequence

import pytest

from service.domain.datasets import Ingested, Limits, Reading
from service.errors import Unreadable
from tests.reference.uploads import Read, columns, csv, told

DAYS = [f"2024-01-{day:02}" for day in range(1, 13)]
CITIES = {"Graz": "AT", "Wien": "AT", "Bern": "CH", "Genf": "CH", "Rom": "IT"}


def table(names: str, rows: Sequence[Sequence[object]]) -> str:
    return names + "\n" + "".join(",".join(map(str, row)) + "\n" for row in rows)


def alternatives(found: Ingested) -> str:
    assert found.examination is not None
    return "\n".join(found.examination.reading.alternatives)


@pytest.mark.parametrize("by", ["time", "city"])
@pytest.mark.parametrize("names", ["country,city,date,value", "city,country,date,value"])
@pytest.mark.parametrize("shared", [True, False])  # else cities of one country are measured on different days
def test_of_two_texts_the_finer_one_tells_the_cases_apart(read: Read, names: str, by: str, shared: bool) -> None:
    rows = []
    for place, city in enumerate(CITIES):
        days = DAYS if shared else DAYS[place % 2 :: 2]
        pair = (CITIES[city], city) if names.startswith("country") else (city, CITIES[city])
        rows += [(*pair, day, place + step) for step, day in enumerate(days)]
    rows.sort(key=lambda row: row[2] if by == "time" else 0)
    found = csv(read, table(names, rows))
    assert columns(found)["series"] == ("city", "guessed")
    assert found.series.lengths.tolist() == [12 if shared else 6] * 5
    assert "series='city'" in " ".join(found.warnings)
    assert "series=: no column at all; 'city' was taken by what it holds." in alternatives(found)


def test_of_two_columns_that_say_the_same_the_first_is_taken_and_the_other_is_no_label(read: Read) -> None:
    rows = [(name, code, day, 1) for name, code in (("Graz", "G"), ("Wien", "W")) for day in DAYS]
    found = csv(read, table("city,code,date,value", rows))
    assert columns(found)["series"] == ("city", "guessed")
    assert "label" not in columns(found)
    assert "series=code: the column 'code' could tell the cases apart: it tells the cases apart as well." in (
        alternatives(found)
    )


def test_two_numbers_that_name_things_tell_the_cases_apart_before_the_label_does(read: Read) -> None:
    rows = [
        (user, session, step, user * session + step, "ab"[(user + session) % 2])
        for user in (1, 2)
        for session in (1, 2)
        for step in range(12)
    ]
    found = csv(read, table("user_id,session_id,ts,value,label", rows))
    assert columns(found)["series"] == ("user_id,session_id", "guessed")
    assert found.series.channels == ("value",)  # a session's number among them would tell the label


@pytest.mark.parametrize("name", ["session", "user_id", "machineId", "Store", "unit number", "Turbine No"])
@pytest.mark.parametrize("by", ["time", "case"])
def test_whole_numbers_by_the_name_of_what_there_are_several_of_tell_the_cases_apart(
    read: Read, name: str, by: str
) -> None:
    rows = [(case, day, case * step) for case in (7, 3, 9) for step, day in enumerate(DAYS)]
    rows.sort(key=lambda row: row[1] if by == "time" else "")
    found = csv(read, table(f"{name},date,value", rows))
    assert columns(found)["series"] == (name, "guessed")
    assert found.series.channels == ("value",)
    assert found.series.lengths.tolist() == [12] * 3


def test_whole_numbers_with_which_time_begins_again_tell_the_cases_apart_whatever_their_name(read: Read) -> None:
    rows = [(case, step / 10, case * step % 7) for case in (1, 2, 3) for step in range(10 + case)]
    found = csv(read, table("piece,t,value", rows))
    assert columns(found)["series"] == ("piece", "guessed")
    assert found.series.lengths.tolist() == [11, 12, 13]


def test_without_times_a_name_and_rows_that_stand_together_tell_the_cases_apart(read: Read) -> None:
    rows = [(case, step) for case in (1, 2) for step in range(5)]
    assert csv(read, table("user_id,value", rows)).series.lengths.tolist() == [5] * 2
    timed = [(case, f"2024-01-{case}{step}", case * step % 7) for case, step in rows if step < 5]  # at times of its own
    assert csv(read, table("user_id,date,value", timed)).series.cases == 2
    assert csv(read, table("piece,value", rows)).series.cases == 1
    mixed = sorted(rows, key=lambda row: row[1])
    assert csv(read, table("user_id,value", mixed)).series.cases == 1


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("hour", range(24)),  # of a day: the rest of the time
        ("count", [3, 1, 4, 1, 5, 9, 2, 6] * 3),
        ("level", range(24, 0, -1)),
        ("state", [0, 1] * 12),
    ],
)
def test_sensors_are_no_names_of_cases(read: Read, name: str, values: Sequence[int]) -> None:
    rows = [(day, value, step) for day in DAYS for step, value in enumerate(values)]
    found = csv(read, table(f"date,{name},load", rows), time="")
    assert "series" not in columns(found)
    rows = [(step, value, step % 5) for step, value in enumerate(values)]
    found = csv(read, table(f"time,{name},load", rows))
    assert "series" not in columns(found)
    assert name in found.series.channels


@pytest.mark.parametrize("in_memory", [64 << 20, 0])
def test_two_columns_together_tell_the_cases_apart_where_neither_does(read: Read, in_memory: int) -> None:
    rows = [(day, store, item, store * item) for day in DAYS for store in (1, 2) for item in (1, 2, 3)]
    text = table("date,store,item,sales", rows)
    limits = Limits(in_memory=in_memory)
    found = csv(read, text, limits=limits)
    assert columns(found)["series"] == ("store,item", "guessed")
    assert (found.series.channels, found.series.lengths.tolist()) == (("sales",), [12] * 6)
    asked = csv(read, text, limits=limits, series="store,item", time="date", channels=("sales",))
    assert asked.series.digest() == found.series.digest()
    assert not told(found, "unused")


@pytest.mark.parametrize("by", ["time", "case"])
def test_three_columns_tell_the_cases_apart_where_each_has_rows_at_most_times(read: Read, by: str) -> None:
    places = [(shop, city, item) for shop in "xy" for city in ("Graz", "Wien") for item in "mnk"]
    rows = [(*place, day, number * step) for number, place in enumerate(places) for step, day in enumerate(DAYS)]
    rows.sort(key=lambda row: row[3] if by == "time" else "")
    rows = [(number, *row) for number, row in enumerate(rows)]
    found = csv(read, table("id,chain,city,product,date,sold", rows))
    assert columns(found)["series"] == ("chain,city,product", "guessed")
    assert (found.series.channels, found.series.lengths.tolist()) == (("sold",), [12] * 12)
    parameters = found.examination.reading.parameters
    again = csv(read, table("id,chain,city,product,date,sold", rows), **vars(Reading.from_texts(parameters)))
    assert again.series.digest() == found.series.digest()
    events = []  # of each at few of the times
    for step, day in enumerate(DAYS):
        (one, other), (item, another) = ("xy" if step % 2 else "yx"), ("mn", "nk", "km")[step % 3]
        some = [(one, "Graz", item), (one, "Graz", another), (one, "Wien", item), (other, "Graz", item)]
        events += [(4 * step + place, *names, day, 4 * step + place) for place, names in enumerate(some)]
    with pytest.raises(Unreadable, match="series=NAME, or NAME,NAME"):
        csv(read, table("id,chain,city,product,date,sold", events))


def test_who_did_what_is_a_case_where_who_did_several(read: Read) -> None:
    rows = [(who, what, step, step) for who in (31, 32) for what in ("walk", "sit") for step in range(9)]
    found = csv(read, table("subject,activity,t,x", rows))
    assert columns(found)["series"] == ("subject,activity", "guessed")
    assert columns(found)["group"] == ("subject", "named")
    assert found.series.classes == ("sit", "walk")
    assert found.series.lengths.tolist() == [9] * 4


def test_without_times_all_that_names_something_tells_the_cases_apart_where_rows_stand_together(read: Read) -> None:
    rows = [(trial, who, step, "lr"[trial % 2]) for who in (1, 2, 3) for trial in range(4) for step in range(9)]
    found = csv(read, table("trial,subject,x,side", rows))
    assert columns(found)["series"] == ("subject,trial", "guessed")
    assert columns(found)["label"] == ("side", "guessed")
    assert (found.series.group_names, found.series.lengths.tolist()) == (("1", "2", "3"), [9] * 12)


def test_years_tell_countries_apart(read: Read) -> None:
    rows = [(c, c[:2], year, year % 7) for c in ("Austria", "Italy", "Spain") for year in range(1990, 2000)]
    found = csv(read, table("Country,Code,Year,GDP", rows))
    assert columns(found)["series"] == ("Country", "guessed")
    assert (found.series.channels, found.series.lengths.tolist()) == (("GDP",), [10] * 3)
    parameters = found.examination.reading.parameters
    again = csv(read, table("Country,Code,Year,GDP", rows), **vars(Reading.from_texts(parameters)))
    assert again.examination.reading.parameters == parameters


def test_several_subjects_in_one_case_are_refused_with_what_to_ask_for(read: Read) -> None:
    with pytest.raises(Unreadable, match="series=NAME,NAME of several columns"):
        csv(read, "subject,leg,angle\n1,1,2\n1,2,3\n2,1,2\n")


def test_rows_that_were_written_twice_do_not_hide_the_cases(read: Read) -> None:
    rows = [(city, day, 1) for city in CITIES for day in DAYS]
    found = csv(read, table("city,date,value", [*rows, rows[0]]))
    assert found.series.lengths.tolist() == [12] * 5
    assert told(found, "repeated_row")
