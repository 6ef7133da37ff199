"""The archives' text format: what is read, and each fault at its line, channel and step."""

import numpy as np
import pytest

from service.domain.datasets import Ingested
from service.errors import ServiceError, TooLarge, Unreadable
from service.ingest import case_lines
from tests.reference.uploads import Read

HEADER = "@problemName P\n@timeStamps false\n@classLabel true up down\n@data\n"


def refusal(read: Read, content: str | bytes, **options: object) -> Unreadable:
    with pytest.raises(Unreadable) as caught:
        read(content if isinstance(content, bytes) else content.encode(), **options)
    return caught.value


def test_missing_values_lengths_and_spellings_of_numbers_are_read(read: Read) -> None:
    text = "# c\n@CLASSLABEL True up down\n@Data\n1,?,-.5e1:2.,NaN,+3:up\n4:007:down\n"
    ingested: Ingested = read(text.encode())
    series = ingested.series
    expected = [[1, 2], [np.nan, np.nan], [-5, 3], [4, 7]]
    assert np.array_equal(series.values, np.array(expected, np.float32), equal_nan=True)
    assert series.offsets.tolist() == [0, 3, 4]
    assert series.classes == ("down", "up")


def test_comments_blank_lines_a_byte_order_mark_and_crlf_are_passed_over(read: Read) -> None:
    text = "\ufeff# c\r\n\r\n" + HEADER.replace("\n", "\r\n") + "\r\n1,2:up\r\n# c\r\n3,4:down\r\n\r\n"
    assert read(text.encode()).series.values[:, 0].tolist() == [1, 2, 3, 4]


def test_a_target_is_a_number(read: Read) -> None:
    series = read(b"@targetlabel true\n@data\n1,2:0.25\n3,4:-1e2\n").series
    assert series.targets.tolist() == [[0.25], [-100.0]]


def test_a_file_without_labels_is_to_be_forecast(read: Read) -> None:
    assert read(b"@classLabel false\n@data\n1,2:3,4\n").series.task == "forecasting"


def test_a_text_in_a_numbers_place_is_named_by_line_channel_and_step(read: Read) -> None:
    error = refusal(read, HEADER + "1,2:3,4:up\n1,2:3,abc:up\n1,:3,4:up\n")
    assert [detail.pointer for detail in error.details] == ["line 6, channel 2, step 2", "line 7, channel 1, step 2"]
    assert "'abc'" in error.message


def test_ragged_channels_of_a_case_are_refused(read: Read) -> None:  # C5
    error = refusal(read, HEADER + "1,2,3:4,5:up\n")
    assert error.details[0].pointer == "line 5, channel 2"
    assert "Its length is 2, that of channel 1 is 3" in error.message


def test_cases_with_other_channels_are_refused(read: Read) -> None:
    error = refusal(read, HEADER + "1,2:3,4:up\n1,2:up\n")
    assert error.details[0].pointer == "line 6"
    assert "number of channels is 1; the first case has 2" in error.message


def test_declared_dimensions_are_kept(read: Read) -> None:
    assert "@dimensions declares 3" in refusal(read, "@dimensions 3\n" + HEADER + "1,2:up\n").message


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("1,inf:up", "not finite"),
        ("1,-Infinity:up", "not finite"),
        ("1,1e300:up", "beyond what 32-bit floats hold"),
        ("1,1e999:up", "not finite"),
    ],
)
def test_a_number_that_float32_cannot_hold_is_named(read: Read, line: str, sentence: str) -> None:  # row 30
    error = refusal(read, HEADER + line + "\n")
    assert error.details[0].pointer == "line 5, channel 1, step 2"
    assert sentence in error.message


def test_a_case_without_values_is_refused(read: Read) -> None:
    assert "no values" in refusal(read, HEADER + "up\n").message


@pytest.mark.parametrize("target", ["nan", "?", "inf", "1e300", "abc", "", "1,2"])
def test_a_target_that_is_no_finite_number_is_named(read: Read, target: str) -> None:
    assert "line 4" in refusal(read, f"@targetlabel true\n@data\n1,2:0.5\n1,2:{target}\n").details[0].pointer


def test_a_label_that_was_not_declared_is_named(read: Read) -> None:
    assert "'Walki' is not among the labels" in refusal(read, HEADER + "1,2:Walki").message


def test_a_missing_label_is_named(read: Read) -> None:
    assert "label is missing" in refusal(read, "@classLabel true\n@data\n1,2:\n").message


def test_time_stamps_are_refused_by_name(read: Read) -> None:
    assert "time stamps" in refusal(read, "@timeStamps true\n@data\n1:up\n").message
    assert "time stamps" in refusal(read, HEADER + "(2020-01-01 00:00:00,1):up\n").message


@pytest.mark.parametrize("text", [HEADER, HEADER.removesuffix("@data\n"), "@problemName P\n", "@data"])
def test_a_file_without_a_case_was_cut_off(read: Read, text: str) -> None:
    assert "cut off" in refusal(read, text).message


def test_bytes_that_are_no_utf8_are_named_by_line(read: Read) -> None:
    assert refusal(read, HEADER.encode() + b"1,2:up\n1,2:\xff\n", format="ts").details[0].pointer == "line 6"
    assert refusal(read, HEADER.encode() + b"1,2:up\n\n1,\0002:up\n", format="ts").details[0].pointer == "line 7"


def test_at_most_ten_faults_are_listed_and_little_is_echoed(read: Read) -> None:  # row 29
    error = refusal(read, HEADER + ("x" * 5000 + ":up\n") * 50)
    assert len(error.details) == 10
    assert len(str(error)) + sum(len(detail.detail) for detail in error.details) < 2500


def test_a_line_without_end_is_refused(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(case_lines, "LINE_BYTES", 100)
    with pytest.raises(TooLarge, match="Line 5 is longer"):
        read((HEADER + "1," * 200 + "1:up\n").encode())


def test_headers_that_the_data_contradict_are_told(read: Read) -> None:
    text = "@equalLength true\n@seriesLength 3\n" + HEADER + "1,2:up\n1,2,3:up\n"
    warnings = " ".join(read(text.encode()).warnings)
    assert "@equalLength declares one length" in warnings
    assert "Labels that are declared and never used: 1 ('down')" in warnings


@pytest.mark.parametrize("line", ["@classLabel maybe", "@dimensions x", "@targetlabel true", "stray"])
def test_a_header_that_means_nothing_is_refused_at_its_line(read: Read, line: str) -> None:
    with pytest.raises(ServiceError) as caught:
        read(f"@classLabel true up\n{line}\n@data\n1,2:up\n".encode(), format="ts")
    assert "line 2" in str(caught.value)
