"""Times as people write them: read where they can be read in one way only, and told where not."""

import pytest

from service.domain.datasets import Limits
from service.errors import Unreadable
from tests.reference.uploads import Read, columns, csv, told

HALF_DAY = 12 * 3600 * 10**6
WAYS = {
    "2024-01-31 12:00": "2024-02-01 00:00",
    "2024-1-31 12:00:00": "2024-2-1 0:00:00",
    "31.01.2024 12:00": "1.2.2024 0:00",
    "31/01/2024 12.00.00": "01/02/2024 00.00.00",
    "1/31/2024 12:00": "2/1/2024 0:00",
    "31-01-2024T12:00:00": "01-02-2024T00:00:00",
    "12:00": "23:59",
    "Jan 31, 2024": "February 1, 2024",
    "31 Jan 2024 12:00": "1 Feb 2024 0:00",
    "31-Jan-2024": "01-Feb-2024",
    "1/31/2024 12:00:00 AM": "1/31/2024 11:59:59 AM",
    "1/31/2024 11:59 am": "1/31/2024 12:00 pm",
    "2024-01-31 1:00 PM": "2024-01-31 11:00 PM",
    "9.30.00": "18.00.00",
    "1949-01": "1949-02",
}


@pytest.mark.parametrize("first", WAYS)
@pytest.mark.parametrize("in_memory", [64 << 20, 0])
def test_times_that_can_be_read_in_one_way_order_the_steps(read: Read, first: str, in_memory: int) -> None:
    found = csv(read, f'when,v\n"{WAYS[first]}",2\n"{first}",1\n', limits=Limits(in_memory=in_memory))
    assert columns(found)["time"] == ("when", "guessed")
    assert found.series.values[:, 0].tolist() == [1, 2]


@pytest.mark.parametrize(
    ("dates", "clock"),
    [
        (["16/12/2006", "17/12/2006"], "17:24:00"),
        (["2004-03-10", "2004-03-11"], "18.00.00"),
        (["10.03.2004", "11.03.2004"], "9:30"),
    ],
)
@pytest.mark.parametrize("names", ["Date;Time", "day;clock"])
def test_a_date_and_a_clock_are_one_time(read: Read, dates: list[str], clock: str, names: str) -> None:
    rows = [f"{date};{hour};{place}" for date in dates for place, hour in enumerate((clock, "19:00:00"))]
    rows = [row.replace("19:00:00", "19.00.00") if clock.count(".") else row for row in rows]
    text = f"{names};v\n" + "\n".join(reversed(rows)) + "\n"
    found = csv(read, text)
    both = names.replace(";", ",")
    assert columns(found)["time"] == (both, "guessed")
    assert found.series.values[:, 0].tolist() == [0, 1, 0, 1]
    assert told(found, "out_of_order")[0].first.row == 2
    assert csv(read, text, time=both).series.digest() == found.series.digest()
    assert not told(found, "unused")


def test_a_date_and_the_number_of_an_hour_are_one_time(read: Read) -> None:
    rows = [f"2011-01-0{day},{hour},{day * 100 + hour}" for day in (1, 2) for hour in (0, 5, 23)]
    found = csv(read, "dteday,hr,cnt\n" + "\n".join(reversed(rows)) + "\n")
    assert columns(found)["time"] == ("dteday,hr", "guessed")
    assert found.series.values[:, 0].tolist() == [100, 105, 123, 200, 205, 223]


CALENDAR = [
    (year, month, day, hour) for year in (2023, 2024) for month in (2, 11) for day in (1, 28) for hour in (0, 9)
]


@pytest.mark.parametrize("in_memory", [64 << 20, 0])
@pytest.mark.parametrize(
    "names",
    [
        ["year", "month", "day", "hour"],
        ["Hour", "YEAR", "Day", "Month"],
        ["day", "month", "year"],
        ["yr", "mnth"],
        ["year", "month", "day", "hour", "minute", "second"],
    ],
)
@pytest.mark.parametrize("spelling", ["{}", "{}.0", "{:02}"])
def test_parts_of_a_time_in_columns_of_their_own_are_one_time(
    read: Read, names: list[str], spelling: str, in_memory: int
) -> None:
    order = ["year", "month", "day", "hour", "minute", "second"]
    places = [order.index({"yr": "year", "mnth": "month"}.get(name.lower(), name.lower())) for name in names]
    moments = sorted({(*moment, 0, 0)[: max(places) + 1] for moment in CALENDAR})
    cells = [",".join(spelling.format(moment[place]) for place in places) for moment in moments]
    text = ",".join(names) + ",v\n" + "".join(f"{cell},{n % 7}\n" for n, cell in reversed([*enumerate(cells)]))
    found = csv(read, text, limits=Limits(in_memory=in_memory))
    assert found.series.values[:, 0].tolist() == [n % 7 for n in range(len(moments))]
    assert found.series.channels == ("v",)
    name, certainty = columns(found)["time"]
    assert (len(name.split(",")), certainty) == (len(names), "guessed")
    for asked in (name, ",".join(names)):
        assert csv(read, text, time=asked, channels=("v",)).series.digest() == found.series.digest()
    assert not told(found, "unused")


def test_months_may_have_names(read: Read) -> None:
    rows = "".join(
        f"{year},{month},{year % 7}\n" for year in (2023, 2024) for month in ("Feb", "jan", "December", "Sept.")
    )
    found = csv(read, "Year,Month,v\n" + rows)
    assert columns(found)["time"] == ("Year,Month", "guessed")
    assert told(found, "out_of_order")[0].first.row == 2
    assert found.series.lengths.tolist() == [8]


def test_parts_of_a_time_that_are_none_stay_what_they_are(read: Read) -> None:
    rows = "".join(f"{year},{month},30,{month}\n" for year in (2023, 2024) for month in (1, 2))
    assert columns(csv(read, "year,month,day,v\n" + rows))["time"] == ("year,month", "guessed")  # no 30 February
    dated = csv(read, "date,year,month,v\n2024-01-01,2024,1,1\n2024-01-02,2024,1,2\n")
    assert columns(dated)["time"] == ("date", "named")
    stepped = csv(read, "time,year,month,v\n0,2024,1,1\n1,2024,1,2\n")
    assert columns(stepped)["time"] == ("time", "named")
    counted = csv(read, "t,year,month,v\n0,2024,1,1\n1,2024,2,2\n")
    assert columns(counted)["time"] == ("t", "guessed")
    with pytest.raises(Unreadable, match="'2023-13' is no time here"):
        csv(read, "year,month,v\n2023,13,1\n2023,1,2\n", time="year,month")


def test_years_and_months_of_several_places_tell_these_apart(read: Read) -> None:
    rows = [(place, year, month, year * month) for year in (2023, 2024) for month in range(1, 13) for place in "ab"]
    found = csv(read, "station,year,month,v\n" + "".join(",".join(map(str, row)) + "\n" for row in rows))
    assert columns(found)["series"] == ("station", "guessed")
    assert found.series.lengths.tolist() == [24, 24]


def test_days_and_months_that_could_be_either_are_not_guessed(read: Read) -> None:
    with pytest.raises(Unreadable, match="is no time here"):
        csv(read, "when,v\n01/02/2024,1\n02/02/2024,2\n", time="when")


def test_columns_that_are_joined_must_be_there(read: Read) -> None:
    with pytest.raises(Unreadable, match="There is no column 'a,c'") as refusal:
        csv(read, "a,b,v\n1,2,3\n", series="a,c")
    assert refusal.value.details[0].pointer == "/series"
