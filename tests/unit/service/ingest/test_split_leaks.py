"""A column that says which side of a split a case stands on: whatever stands on two is told, by row and column."""

import pytest

from service.domain.datasets import Ingested
from service.domain.reports import Finding
from tests.reference.uploads import Read

WIDE = """split,subject,label,v_0,v_1,v_2,v_3
train,s1,a,1,2,3,4
train,s2,b,5,6,7,8
test,s3,a,1,1,1,2
,s4,b,5,6,7,8
test,s2,b,5,6,7,8
test,s1,a,0,0,0,1
"""


def leaks(found: Ingested) -> list[Finding]:
    assert found.examination is not None
    return [finding for finding in found.examination.findings if finding.kind == "leak"]


def test_equal_cases_on_two_sides_are_told_by_row_and_column(read: Read) -> None:
    cases, groups = leaks(read(WIDE.encode(), filename="x.csv"))
    assert (cases.count, cases.first.row, cases.first.column, cases.first.case) == (1, 5, "split", 4)
    assert "case 4 in 'test', equal to case 1 in 'train' (rows 5 and 2, column 'split')" in cases.detail
    assert (groups.count, groups.first.row, groups.first.case) == (2, 5, 4)
    assert "of the group 's2', as is case 1 in 'train' (rows 5 and 2, column 'split')" in groups.detail


def test_equal_cases_on_one_side_do_not_leak(read: Read) -> None:
    text = WIDE.replace("test,s2,b", "train,s2,b").replace("test,s1,a,0", "train,s1,a,0")
    found = read(text.encode(), filename="x.csv")
    assert leaks(found) == []
    assert any("stand" not in warning and "Cases by 'split'" in warning for warning in found.warnings)


def test_a_case_with_rows_on_both_sides_is_told_by_row_and_column(read: Read) -> None:
    text = "case,time,v,part\na,0,1,train\nb,0,5,test\na,1,2,train\nb,1,6,test\na,2,3,test\n"
    (found,) = leaks(read(text.encode(), filename="x.csv", split="part"))
    assert (found.count, found.first.row, found.first.column, found.first.case) == (1, 5, "part", 0)
    assert "case 'a', in 'train' by row 1 and in 'test' by row 5, column 'part'" in found.detail


def test_equal_cases_of_a_long_table_are_told_by_their_first_rows(read: Read) -> None:
    text = "case,time,v,split\na,0,1,train\na,1,2,train\nb,0,1,test\nb,1,2,test\n"
    (found,) = leaks(read(text.encode(), filename="x.csv"))
    assert (found.first.row, found.first.column) == (3, "split")
    assert "rows 3 and 1" in found.detail


@pytest.mark.parametrize("column", ["split", "Subset", "partition"])
def test_the_column_is_known_by_its_name_and_is_no_channel(read: Read, column: str) -> None:
    found = read(f"case,time,v,{column}\na,0,1,0\na,1,2,0\nb,0,1,1\n".encode(), filename="x.csv")
    assert found.series.channels == ("v",)
    assert any(f"split='{column}'" in warning for warning in found.warnings)


def test_the_side_may_be_the_group_that_is_kept_back(read: Read) -> None:
    found = read(WIDE.replace("\n,s4,b,5,6,7,8", "").encode(), filename="x.csv", group="split")
    assert found.series.group_names == ("test", "train")
    (cases,) = leaks(found)
    assert cases.first.row == 4
