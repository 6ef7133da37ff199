"""Numbers as people and spreadsheets write them: thousands, decimal commas, currencies, and units above them."""

import numpy as np
import pytest

from service.domain.datasets import Limits
from service.errors import Unreadable
from tests.reference.uploads import Read, csv, told


@pytest.mark.parametrize("in_memory", [64 << 20, 0])
def test_numbers_may_have_commas_between_thousands_and_signs_of_percent(read: Read, in_memory: int) -> None:
    text = 'time,price,change\n0,"1,234.5",0.5%\n1,"12,345,678",-1.25 %\n2,950,?\n'
    found = csv(read, text, limits=Limits(in_memory=in_memory))
    wanted = np.array([[1234.5, 0.5], [12345678, -1.25], [950, np.nan]], np.float32)
    assert np.array_equal(found.series.values, wanted, equal_nan=True)


@pytest.mark.parametrize("number", ["1,23", "0,123", "1,2345", "12,34,567", "1,234,5"])
def test_other_commas_are_no_thousands(read: Read, number: str) -> None:
    with pytest.raises(Unreadable, match="stands where a number belongs"):
        csv(read, f'time,v\n0,"{number}"\n1,2.5\n2,3\n')


WRITTEN = {
    "1,5": 1.5,
    "-0,25": -0.25,
    "1.234,56": 1234.56,
    "12.345.678,9": 12345678.9,
    "7": 7,
    "3,5 %": 3.5,
    "2,5 €": 2.5,
}
"""Numbers with decimal commas, and what they are."""


@pytest.mark.parametrize("in_memory", [64 << 20, 0])
@pytest.mark.parametrize("separator", [";", "\t", ",", "|"])
def test_decimal_commas_with_points_between_thousands_are_read_and_told(
    read: Read, separator: str, in_memory: int
) -> None:
    mark = '"' if separator == "," else ""
    rows = [f"{place}{separator}{mark}{text}{mark}{separator}A 1.234" for place, text in enumerate(WRITTEN)]
    text = separator.join(["time", "v", "note"]) + "\n" + "\n".join(rows) + "\n"
    found = csv(read, text, limits=Limits(in_memory=in_memory))
    assert found.series.values[:, 0].tolist() == np.float32(list(WRITTEN.values())).tolist()
    assert any("decimal commas" in text for text in found.warnings)


@pytest.mark.parametrize("text", ["time;v;w\n0;1,5;2.5\n1;2,5;3\n", 'time,v,w\n0,"1,5",2.5\n1,"2,5",3\n'])
def test_where_points_are_decimal_commas_are_none(read: Read, text: str) -> None:
    found = csv(read, text)
    assert found.series.channels == ("w",)
    assert "'v' (texts" in told(found, "unused")[0].detail


def test_a_comma_between_three_digits_may_stand_between_thousands(read: Read) -> None:
    assert csv(read, 'time,v\n0,"1,234"\n1,"2,345"\n').series.values[:, 0].tolist() == [1234, 2345]
    decimals = csv(read, 'time,v\n0,"1,234"\n1,"2,34"\n').series.values[:, 0]
    assert decimals.tolist() == np.float32([1.234, 2.34]).tolist()


@pytest.mark.parametrize("in_memory", [64 << 20, 0])
@pytest.mark.parametrize("spelling", ["${}", "{}€", "£ {}", "{} %", "-¥{}"])
def test_signs_of_currency_and_percent_are_passed_over_and_told(read: Read, spelling: str, in_memory: int) -> None:
    text = "time,price\n" + "".join(f"{step},{spelling.format(step + 1.5)}\n" for step in range(5))
    found = csv(read, text, limits=Limits(in_memory=in_memory))
    assert np.abs(found.series.values[:, 0]).tolist() == [1.5, 2.5, 3.5, 4.5, 5.5]
    assert "Signs of percent or currency were passed over in 'price'." in found.warnings
    assert not any("Signs of" in text for text in csv(read, "time,v\n0,1.5\n1,2\n").warnings)


UNITS = {
    "seconds": "time,temp,press\ns,degC,hPa\n",
    "dates": "date,temp,press\nYYYY-MM-DD,°C,-\n",
    "brackets": "date,temp,press\n,[°C],[hPa]\n",
    "a blank line": "date,temp,press\n\n,[°C],\n",
    "comments": "# a logger\ndate,temp,press\n-,K,Pa\n",
}


@pytest.mark.parametrize("in_memory", [64 << 20, 0])
@pytest.mark.parametrize("header", UNITS)
def test_a_row_of_units_under_the_header_is_left_out_and_told(read: Read, header: str, in_memory: int) -> None:
    rows = "".join(f"2024-01-{day},{day}.5,{day * 10}\n" for day in range(10, 20))
    found = csv(read, UNITS[header] + rows, limits=Limits(in_memory=in_memory))
    plain = csv(read, "date,temp,press\n" + rows)
    assert found.series.digest() == plain.series.digest()
    assert any("was taken for units and left out: " in text for text in found.warnings)


def test_a_first_row_with_a_number_or_with_nothing_is_no_row_of_units(read: Read) -> None:
    rows = "".join(f"{step},{step}.5,up\n" for step in range(10, 20))
    for first in ("9,?,down\n", "9,,\n", "9,NA,NA\n"):
        assert csv(read, "time,v,state\n" + first + rows).series.lengths.tolist() == [11]
    with pytest.raises(Unreadable, match="row 1, column 'v'"):
        csv(read, "time,v,state\n9,error,down\n" + rows)
