"""Answers that stand first or last in tables with a case a row, by the names that answers have."""

import pytest

from service.domain.datasets import Reading
from tests.reference.uploads import Read, columns, csv

SIDES = {"y": "label", "Y": "label", "outcome": "label", "response": "target", "target": "target", "class": "label"}


@pytest.mark.parametrize("name", SIDES)
@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("named", [True, False])
def test_an_answer_at_the_side_of_numbered_columns_makes_a_row_a_case(
    read: Read, name: str, first: bool, named: bool
) -> None:
    steps = [f"x{step}" for step in range(10)]
    fraction = ".5" if SIDES[name] == "target" else ""
    answers, cells = [f"{case % 3}{fraction}" for case in range(12)], [f"{case}" for case in range(12)]
    names = [*(["id"] if named else []), *([name, *steps] if first else [*steps, name])]
    rows = [
        [*([f"c{case}"] if named else []), *([answer, *cells[:10]] if first else [*cells[:10], answer])]
        for case, answer in enumerate(answers)
    ]
    text = ",".join(names) + "\n" + "".join(",".join(row) + "\n" for row in rows)
    found = csv(read, text)
    assert columns(found)[SIDES[name]][0] == name
    assert found.series.lengths.tolist() == [10] * 12
    assert found.examination is not None
    again = csv(read, text, **vars(Reading.from_texts(found.examination.reading.parameters)))
    assert again.series.digest() == found.series.digest()


def test_a_channel_called_as_answers_are_is_one_beside_anything_else_or_few_steps(read: Read) -> None:
    rows = "".join(f"{step},{step % 3},{step % 5},{step % 2}\n" for step in range(20))
    assert csv(read, "x_1,x_2,x_3,y\n" + rows).series.lengths.tolist() == [20]
    many = "".join(",".join(str(step * n % 7) for n in range(12)) + "\n" for step in range(20))
    header = ",".join(f"x{n}" for n in range(10))
    assert csv(read, f"speed,{header},y\n" + many).series.lengths.tolist() == [20]
    gaps = many.replace("\n", "\n\n").splitlines()
    gaps[0] = gaps[0].rsplit(",", 1)[0] + ",?"
    assert csv(read, f"{header},x10,y\n" + "\n".join(gaps) + "\n").series.lengths.tolist() == [20]
