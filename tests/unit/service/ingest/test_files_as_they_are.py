"""CSV as spreadsheets, loggers and data frames leave it: what is plain is understood, and what is not is refused."""

import numpy as np
import pytest

from service.domain.datasets import Limits
from service.errors import Unreadable, UnsupportedFormat
from tests.reference.uploads import Read, columns, csv, told

ROWS = [f"2024-01-{day:02},{day}.5" for day in range(1, 10)]
PLAIN = "date,value\n" + "\n".join(ROWS) + "\n"
SPELLINGS = {
    "comments": "# logger 7\n# unit: degC\n" + PLAIN,
    "comments and blank lines": "\n# logger 7, room 2, north\n\n" + PLAIN,
    "a mark of UTF-8": "\ufeff" + PLAIN,
    "a mark and comments": "\ufeff# logger 7\n" + PLAIN,
    "empty lines": PLAIN.replace("\n", "\n\n"),
    "empty rows at the end": PLAIN + ",\n,\n",
    "Windows": PLAIN.replace("\n", "\r\n") + ",\r\n",
    "names of rows": "date,value\n" + "".join(f'"{n}",{row}\n' for n, row in enumerate(ROWS)),
    "quotes and signs": "date,value\n" + "".join(f'"{row[:10]}","{row[11:]}%"\n' for row in ROWS),
    "a separator in the first line": "sep=,\n" + PLAIN,
    "a separator in quotes": '"sep=;"\r\n' + PLAIN.replace(",", ";").replace("\n", "\r\n"),
    "carriage returns": PLAIN.replace("\n", "\r"),
    "spaces": PLAIN.replace(",", "   "),
    "spaces and a mark": "# " + PLAIN.replace(",", " "),
    "empty columns": "date,value,,\n" + "".join(f"{row},,\n" for row in ROWS),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("in_memory", [64 << 20, 0])
@pytest.mark.parametrize("filename", ["x.csv", None])
def test_one_table_in_many_spellings(read: Read, spelling: str, in_memory: int, filename: str | None) -> None:
    found = read(SPELLINGS[spelling].encode(), filename=filename, limits=Limits(in_memory=in_memory))
    assert found.series.digest() == csv(read, PLAIN).series.digest()
    assert columns(found)["time"] == ("date", "named")
    assert found.examination is not None
    assert found.examination.reading.parameters == {"form": "long", "time": "date", "channels": "value"}


def test_empty_rows_at_the_end_are_told(read: Read) -> None:
    assert any("nothing but separators were left out: 2" in text for text in csv(read, PLAIN + ",\n,\n").warnings)
    assert csv(read, PLAIN.replace("5.5", "")).series.cases == 1


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("filename", ["x.txt", "x.csv", None])
def test_unicode_text_as_spreadsheets_save_it_is_read_and_told(read: Read, encoding: str, filename: str | None) -> None:
    text = ("\ufeff" + PLAIN.replace(",", "\t").replace("value", "Größe")).replace("\n", "\r\n")
    found = read(text.encode(encoding), filename=filename)
    assert found.series.channels == ("Größe",)
    assert np.array_equal(found.series.values, csv(read, PLAIN).series.values)
    assert any("UTF-16" in text for text in found.warnings)
    with pytest.raises(Unreadable, match="At line 11: There is something that is no UTF-16"):
        read((text + "x").encode(encoding)[:-1], filename=filename)


def test_a_header_may_begin_as_comments_do(read: Read) -> None:
    assert csv(read, "#id,#value\n1,2\n1,3\n").series.channels == ("#id", "#value")


@pytest.mark.parametrize("separator", [" ", "  ", ",", "\t"])
@pytest.mark.parametrize("begin", [0, 1])
def test_cases_and_their_steps_in_the_first_two_columns_need_no_header(read: Read, separator: str, begin: int) -> None:
    rows = [
        separator.join(map(str, [unit, step, *(round(unit * step / n, 3) for n in range(1, 12))])) + " "
        for unit in (1, 2, 5)
        for step in range(begin, begin + 10 + unit)
    ]
    found = read(("\n".join(row.rstrip() if separator != " " else row for row in rows) + "\n").encode())
    assert found.series.lengths.tolist() == [11, 12, 15]
    assert len(found.series.channels) == 11
    assert {role: name for role, (name, _) in columns(found).items() if role != "channel"} == {
        "series": "column_1",
        "time": "column_2",
    }
    assert any("first column was taken for the case" in text for text in found.warnings)


@pytest.mark.parametrize("filename", ["x.csv", None])
def test_a_file_of_one_column_is_one_series(read: Read, filename: str | None) -> None:
    found = read(b"value\n" + b"".join(b"%d.5\n" % step for step in range(20)), filename=filename)
    assert (found.series.channels, found.series.lengths.tolist()) == (("value",), [20])
    with pytest.raises(Unreadable, match="header=false"):
        read(b"".join(b"%d.5\n" % step for step in range(20)), filename=filename)


def test_few_numbers_beside_letters_that_repeat_are_no_measurements(read: Read) -> None:
    rows = [f"{step},{step * 2},{'0a0b'[step % 4]}" for step in range(12)]
    found = csv(read, "time,sales,holiday\n" + "\n".join(rows) + "\n")
    assert found.series.channels == ("sales",)
    assert "'holiday' (texts" in told(found, "unused")[0].detail


@pytest.mark.parametrize("first", ["", "label", "name", "0"])
def test_columns_that_a_data_frame_has_only_counted_have_a_header(read: Read, first: str) -> None:
    header = ",".join([first, *map(str, range(1 if first == "0" else 0, 12))])
    rows = [
        ",".join([str(case % 2 if first else case), *(f"{case}.{step}" for step in range(1, 13))]) for case in range(6)
    ]
    rows = [row.rsplit(",", 1)[0] for row in rows] if first == "0" else rows
    found = csv(read, f"{header}\n" + "\n".join(rows) + "\n")
    assert sum(found.series.lengths) in {6, 6 * 12}
    assert "header" not in found.examination.reading.parameters


@pytest.mark.parametrize("answer", ["label", "species"])
@pytest.mark.parametrize("before", ["", ","])
def test_columns_that_are_counted_may_stand_between_row_numbers_and_the_answer(
    read: Read, before: str, answer: str
) -> None:
    rows = [
        ",".join([*([str(case)] if before else []), *(f"{case}.{step}" for step in range(12)), "ab"[case % 2]])
        for case in range(6)
    ]
    header = before + ",".join([*map(str, range(12)), answer])
    found = csv(read, f"{header}\n" + "\n".join(rows) + "\n")
    assert columns(found)["label"][0] == answer
    assert found.series.lengths.tolist() == [12] * 6
    assert found.series.classes == ("a", "b")


@pytest.mark.parametrize("before", ["", ","])
def test_numbers_that_rise_up_to_the_name_of_an_answer_are_no_case(read: Read, before: str) -> None:
    header = before + ",".join([*(f"{step}.5" for step in range(12)), "label"])
    row = before + ",".join([*("1.25" for _ in range(12)), "up"])
    with pytest.raises(Unreadable, match="column 'label' answers for whole cases"):
        csv(read, f"{header}\n{row}\n{row}\n")


@pytest.mark.parametrize("answer", [["0", "1"], ["no", "yes"], ["0.000e+00", "1.000e+00"]])
def test_labels_may_stand_last_where_there_is_no_header(read: Read, answer: list[str]) -> None:
    rows = [",".join([*(f"{case}.{step}25" for step in range(10)), answer[case % 2]]) for case in range(6)]
    found = csv(read, "\n".join(rows) + "\n")
    assert columns(found)["label"] == ("column_11", "asked")
    assert found.series.lengths.tolist() == [10] * 6
    assert len(found.series.classes) == 2


def test_series_that_end_in_zeros_have_no_labels_last(read: Read) -> None:
    rows = [",".join([*(f"{case}.{step}25" for step in range(10)), "0"]) for case in range(6)]
    found = csv(read, "\n".join(rows) + "\n")
    assert "label" not in columns(found)
    assert found.series.lengths.tolist() == [11] * 6


def test_a_few_columns_without_a_header_are_channels_where_it_is_said(read: Read) -> None:
    rows = "".join(f"-0.{step}12\t-0.{step}45\t0.{step}\t1.5\n" for step in range(30))
    with pytest.raises(Unreadable, match="header=false"):
        read(rows.encode(), filename="x.tsv")
    found = read(rows.encode(), filename="x.tsv", header=False)
    assert found.series.lengths.tolist() == [30]
    assert found.series.channels == ("column_1", "column_2", "column_3", "column_4")


@pytest.mark.parametrize("in_memory", [64 << 20, 0])
def test_numbers_may_stand_with_spaces_between_them(read: Read, in_memory: int) -> None:
    rows = [[case % 2 + 1, *(case + step / 4 + 0.1 for step in range(10))] for case in range(6)]
    text = "".join("  " + "   ".join(f"{value:.7e}" for value in row) + " \n" for row in rows)
    found = read(text.encode(), limits=Limits(in_memory=in_memory))
    assert found.series.lengths.tolist() == [10] * 6
    assert len(found.series.classes) == 2
    long = "".join(f"{unit} {step} {step / 3:.4f} \n" for unit in (1, 2) for step in range(5))
    with pytest.raises(Unreadable, match="header=false"):
        read(long.encode())
    assert read(long.encode(), header=False, series="column_1", time="column_2").series.lengths.tolist() == [5, 5]


@pytest.mark.parametrize("head", ["unit cycle s1", "# unit cycle s1", "  unit   cycle   s1"])
def test_names_may_stand_above_numbers_with_spaces_between_them(read: Read, head: str) -> None:
    rows = "".join(f"  {unit} {step}   {step * unit % 5}.5 \n" for unit in (1, 2) for step in range(1, 9))
    found = read(f"{head}\n{rows}".encode(), header=True)
    assert found.series.lengths.tolist() == [8, 8]
    assert (columns(found)["series"][0], columns(found)["time"][0]) == ("unit", "cycle")
    assert found.series.channels == ("s1",)


@pytest.mark.parametrize(
    "text", ["a few words\nof a letter\nand no number\n", "a b\n1 2\n3 4 5\n6 7\n", "a b\n1 2\nx y\n"]
)
def test_words_are_no_table(read: Read, text: str) -> None:
    with pytest.raises(UnsupportedFormat):
        read(text.encode())


def test_columns_that_hold_nothing_are_told_as_such(read: Read) -> None:
    found = csv(read, SPELLINGS["empty columns"])
    assert "'', '' (not a single value)" in told(found, "unused")[0].detail
    named = csv(read, ",date,value\n" + "".join(f"{n},{row}\n" for n, row in enumerate(ROWS)))
    assert "'' (the row numbers of a data frame)" in told(named, "unused")[0].detail


def test_a_first_row_that_begins_with_a_time_is_no_header(read: Read) -> None:
    text = "".join(f"2024-01-{day:02} 00:00,{day}.5,{day}.25\n" for day in range(10, 20))
    with pytest.raises(Unreadable, match="header=false"):
        csv(read, text)
    found = csv(read, text, header=False)
    assert (found.series.channels, found.series.lengths.tolist()) == (("column_2", "column_3"), [10])


@pytest.mark.parametrize("in_memory", [64 << 20, 0])
def test_true_and_false_are_numbers(read: Read, in_memory: int) -> None:
    found = csv(read, "time,on\n0,true\n1,false\n2,true\n", limits=Limits(in_memory=in_memory))
    assert found.series.values[:, 0].tolist() == [1, 0, 1]


def test_where_no_column_holds_numbers_it_is_told_what_they_hold(read: Read) -> None:
    with pytest.raises(Unreadable, match=r"'price' holds texts, such as '4.20 each'"):
        csv(read, "date,price\n2024-01-01,4.20 each\n2024-01-02,4.30 each\n")
