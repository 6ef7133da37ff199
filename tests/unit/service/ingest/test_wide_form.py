"""Tables with one case a row: found or asked for, and each fault at its row and column."""

import io

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from service.domain.datasets import Ingested, Limits
from service.domain.reports import Finding
from service.errors import TooLarge, Unreadable
from service.ingest.wide_columns import asked_channels, pattern_of
from tests.reference.uploads import Read

STEPS = range(5)
HEADER = ",".join(f"{channel}_{step}" for channel in ("acc_x", "acc_y") for step in STEPS)
ROWS = "a,up,1,2,3,4,5,6,7,8,9,10\nb,down,1,1,1,,3,2,2,2,2,3\n"
WIDE = f"id,label,{HEADER}\n{ROWS}"


def csv(read: Read, text: str, **options: object) -> Ingested:
    return read(text.encode(), filename="x.csv", **options)


def refusal(read: Read, text: str, **options: object) -> Unreadable:
    with pytest.raises(Unreadable) as caught:
        csv(read, text, **options)
    return caught.value


def test_numbered_columns_of_one_row_a_case_are_steps(read: Read) -> None:
    ingested = csv(read, WIDE)
    series = ingested.series
    assert series.channels == ("acc_x", "acc_y")
    assert series.lengths.tolist() == [5, 5]
    assert series.case(0).T.tolist() == [[1, 2, 3, 4, 5], [6, 7, 8, 9, 10]]
    assert np.isnan(series.case(1)[3, 0])
    assert [series.classes[place] for place in series.labels] == ["up", "down"]


def test_the_guess_is_told_and_its_parameters_ask_for_the_same(read: Read) -> None:
    guessed = csv(read, WIDE)
    told = guessed.examination.reading
    assert told.form == "wide"
    assert dict(told.parameters) == {
        "form": "wide",
        "series": "id",
        "label": "label",
        "channels": "acc_x_*,acc_y_*",
    }
    assert any(text.startswith("form=long") for text in told.alternatives)
    parameters = dict(told.parameters)
    asked = csv(read, WIDE, **{**parameters, "channels": tuple(parameters["channels"].split(","))})
    assert asked.series.digest() == guessed.series.digest()
    assert {role.certainty for role in asked.examination.reading.columns} == {"asked"}


def test_a_pattern_may_have_the_step_in_its_middle(read: Read) -> None:
    text = "label,t0 x,t0 y,t1 x,t1 y\nu,1,2,3,4\nd,5,6,7,8\n"
    series = csv(read, text, form="wide", channels=("t* x", "t* y")).series
    assert series.case(0).tolist() == [[1, 2], [3, 4]]


def test_columns_whose_names_are_numbers_are_one_channel(read: Read) -> None:
    series = csv(read, "0,1,2,3,label\n1,2,3,4,a\n5,6,7,8,b\n").series
    assert series.channels == ("value",)
    assert series.case(1)[:, 0].tolist() == [5, 6, 7, 8]


def test_numbered_channels_of_a_long_table_stay_channels(read: Read) -> None:
    text = "id,ch_0,ch_1,ch_2,ch_3,label\na,1,2,3,4,u\na,5,6,7,8,u\nb,1,1,1,1,d\n"
    ingested = csv(read, text)
    assert ingested.series.channels == ("ch_0", "ch_1", "ch_2", "ch_3")
    assert any(text.startswith("form=wide") for text in ingested.examination.reading.alternatives)


def test_steps_that_miss_every_channel_at_the_end_of_a_row_are_padding(read: Read) -> None:
    ingested = csv(read, "label,v_0,v_1,v_2,v_3\na,1,2,,\nb,1,2,3,4\n")
    assert ingested.series.lengths.tolist() == [2, 4]
    finding = next(each for each in ingested.examination.findings if each.kind == "padding")
    assert (finding.count, finding.first.row, finding.first.step) == (1, 1, 2)


@pytest.mark.parametrize("first", ["label", "Class"])
def test_a_header_of_numbers_behind_a_role_is_no_case(read: Read, first: str) -> None:
    """As data frames write it."""
    rows = [f"{'ab'[row % 2]},{','.join(str(row + step) for step in range(12))}" for row in range(6)]
    ingested = csv(read, "\n".join([f"{first},{','.join(map(str, range(12)))}", *rows]))
    assert ingested.series.classes == ("a", "b")
    assert ingested.series.lengths.tolist() == [12] * 6


@pytest.mark.parametrize("label", ["1", "up"])
def test_a_file_of_the_archive_without_a_header_has_its_label_first(read: Read, label: str) -> None:
    values = "\t".join(f"{value / 7:.3f}" for value in range(20))
    content = "".join(f"{answer}\t{values}\n" for answer in (label, "2", label)).encode()
    ingested = read(content, filename="GunPoint_TRAIN.tsv")
    assert ingested.series.lengths.tolist() == [20, 20, 20]
    assert set(ingested.series.classes) == {label, "2"}
    assert ingested.examination.reading.parameters["header"] == "false"


def test_subjects_are_groups(read: Read) -> None:
    series = csv(read, "subject,label,v_0,v_1,v_2,v_3\ns1,a,1,2,3,4\ns2,b,1,2,3,4\ns1,b,0,2,3,4\n").series
    assert series.group_names == ("s1", "s2")
    assert series.groups.tolist() == [0, 1, 0]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (WIDE.replace(",9,", ",nine,"), "row 1, column 'acc_y_3'"),
        (WIDE.replace(",9,", ",inf,"), "row 1, column 'acc_y_3'"),
        (WIDE.replace(",9,", ",1e300,"), "row 1, column 'acc_y_3'"),
        (WIDE.replace("b,down", "b,"), "row 2, column 'label'"),
        (WIDE.replace("b,down", ",down"), "row 2, column 'id'"),
        (WIDE.replace("b,down", "a,down"), "row 2, column 'id'"),
    ],
)
def test_a_fault_is_named_by_row_and_column(read: Read, text: str, place: str) -> None:
    assert refusal(read, text, form="wide").details[0].pointer == place


@pytest.mark.parametrize(
    ("options", "pointer", "words"),
    [
        ({"channels": ("gyro_*",)}, "/channels", "No column matches 'gyro_"),
        ({"channels": ("acc_x_*", "*")}, "/channels", "No column matches"),
        ({"form": "wide", "time": "id"}, "/time", "the columns are the steps"),
        ({"form": "wide", "label": "kind"}, "/label", "no column 'kind'"),
    ],
)
def test_a_mapping_that_cannot_be_is_refused_by_its_parameter(
    read: Read, options: dict[str, object], pointer: str, words: str
) -> None:
    error = refusal(read, WIDE, **options)
    assert error.details[0].pointer == pointer
    assert words in error.message


def test_channels_of_different_lengths_are_refused(read: Read) -> None:
    error = refusal(read, "label,x_0,x_1,y_0\na,1,2,3\nb,4,5,6\n", channels=("x_*", "y_*"))
    assert "'y' has 1 columns, 'x' has 2" in error.message


def test_a_wide_parquet_file_without_rows_is_refused(read: Read) -> None:
    target = io.BytesIO()
    columns = {f"v_{step}": pa.array([], pa.float32()) for step in STEPS}
    parquet.write_table(pa.table(columns), target)
    with pytest.raises(Unreadable, match="no rows"):
        read(target.getvalue(), form="wide")


def test_a_table_of_absurdly_many_columns_is_refused(read: Read) -> None:
    names = ",".join(f"v_{place}" for place in range(100_001))
    with pytest.raises(TooLarge, match="100001 columns"):
        csv(read, f"{names}\n{names}\n")


def test_the_limits_are_held(read: Read) -> None:
    for name in ("values", "cases", "classes"):
        with pytest.raises(TooLarge, match=f"{name} or more; at most 1 "):
            csv(read, WIDE, limits=Limits(**{name: 1}))


def finding(found: Ingested, kind: str) -> Finding:
    assert found.examination is not None
    return next(each for each in found.examination.findings if each.kind == kind)


@pytest.mark.parametrize("options", [{}, {"channels": ("x_*",)}, {"form": "wide"}])
def test_a_hole_in_the_numbers_of_the_columns_is_told(read: Read, options: dict[str, object]) -> None:
    text = "label,x_0,x_1,x_3,x_4\na,1,2,3,4\nb,5,6,7,8\n"
    found = csv(read, text, **options)
    assert found.series.lengths.tolist() == [4, 4]
    gap = finding(found, "gap")
    assert (gap.count, gap.first.column, gap.first.channel, gap.first.step) == (1, "x_3", "x", 2)
    assert "between 'x_1' and 'x_3'" in gap.detail


def test_columns_at_even_numbers_have_no_hole(read: Read) -> None:
    found = csv(read, "label,x_0,x_10,x_20\na,1,2,3\nb,5,6,7\n", channels=("x_*",))
    assert "gap" not in {each.kind for each in found.examination.findings}


def test_three_steps_are_enough_where_the_form_is_asked_for(read: Read) -> None:
    found = csv(read, "label,x_0,x_1,x_3\na,1,2,3\nb,5,6,7\n", form="wide")
    assert found.series.channels == ("x",)
    assert finding(found, "gap").first.column == "x_3"


@pytest.mark.parametrize("first", ["label", "id,label"])
def test_fewer_steps_are_enough_where_each_row_has_an_answer_and_is_a_case(read: Read, first: str) -> None:
    keys = ["c1,", "c2,"] if first != "label" else ["", ""]
    found = csv(read, f"{first},x_0,x_1,x_3\n{keys[0]}a,1,2,3\n{keys[1]}b,5,6,7\n")
    assert found.series.lengths.tolist() == [3, 3]
    assert finding(found, "gap").first.column == "x_3"


def test_channels_with_holes_at_different_steps_are_refused_or_told(read: Read) -> None:
    text = "label,x_0,x_1,x_2,x_3,x_5,y_0,y_1,y_2,y_4,y_5\na,1,2,3,4,5,6,7,8,9,10\nb,1,1,1,1,1,2,2,2,2,2\n"
    error = refusal(read, text, channels=("x_*", "y_*"))
    assert error.details[0].pointer == "/channels"
    assert "step 3 is there for 'x' and not for 'y'" in error.message
    unused = finding(csv(read, text), "unused")
    assert unused.count == 5
    assert "numbers of 'y', whose steps are not numbered as those of 'x' are" in unused.detail


@pytest.mark.parametrize("names", ["t{} x", "x[{}]", "{}", "a1.{}.b2", "x_{:03}"])
def test_the_pattern_that_is_told_asks_for_the_same_columns(names: str) -> None:
    columns = tuple(names.format(step) for step in range(12))
    (found,) = asked_channels(columns, (pattern_of(columns),)).values()
    assert found == columns


def test_numbered_sensors_beside_a_state_that_stands_in_runs_are_channels_of_one_series(read: Read) -> None:
    names = [f"sensor_{number}" for number in range(8)]
    states = ["run"] * 20 + ["rest"] * 20
    rows = [",".join([*(str(row + place) for place in range(8)), state]) for row, state in enumerate(states)]
    found = read("\n".join([",".join([*names, "state"]), *rows]).encode(), filename="x.csv")
    assert found.series.channels == tuple(names)
    assert found.series.cases == 1
