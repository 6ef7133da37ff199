"""Weka's files: whatever a label is made of, it is read as Weka wrote it."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.datasets import Ingested, Limits, Reading
from service.errors import Unreadable
from service.ingest import read_series
from tests.reference.uploads import Read

WRITTEN = {"\\": "\\\\", "'": "\\'", '"': '\\"', "\t": "\\t", "\n": "\\n", "\r": "\\r", "%": "\\%", "\x1e": "\\u001E"}
"""What `weka.core.Utils.backQuoteChars` writes for a character."""
LABELS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=12)


def quoted(label: str, mark: str = "'") -> str:
    return mark + "".join(WRITTEN.get(character, character) for character in label) + mark


def read_text(text: str) -> Ingested:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "upload"
        path.write_bytes(text.encode())
        return read_series(path, Reading(format="arff"), Limits())


@given(st.lists(LABELS, min_size=2, max_size=4, unique=True), st.sampled_from("'\""))
def test_labels_are_read_as_weka_writes_them(labels: list[str], mark: str) -> None:
    declared = ",".join(quoted(label, mark) for label in labels)
    rows = "".join(f"{place},{place},{quoted(label, mark)}\n" for place, label in enumerate(labels))
    text = f"@relation r\n@attribute a numeric\n@attribute b numeric\n@attribute class {{{declared}}}\n@data\n{rows}"
    series = read_text(text).series
    assert [series.classes[place] for place in series.labels] == labels


@pytest.mark.parametrize(
    ("written", "label"),
    [
        (r"'it\'s'", "it's"),
        (r"'a\\b'", "a\\b"),
        (r'"say \"no\""', 'say "no"'),
        ("'a,b'", "a,b"),
        (r"a\b", r"a\b"),  # without quotation marks a backslash is itself
        ("'?'", "?"),
        (r"'\101\u00e9'", "Aé"),
    ],
)
def test_each_spelling_of_a_label(read: Read, written: str, label: str) -> None:
    text = f"@relation r\n@attribute a numeric\n@attribute class {{{written},other}}\n@data\n1,{written}\n2,other\n"
    series = read(text.encode(), format="arff").series
    assert series.classes[series.labels[0]] == label


def test_a_relation_of_channels_is_split_where_weka_ends_its_rows(read: Read) -> None:
    text = "@relation r\n@attribute x relational\n@attribute a numeric\n@end x\n@attribute 'the \\'class\\'' {u,d}\n"
    found = read((text + "@data\n'1,2\\n3,4',u\n\"5,6\\n7,8\",d\n").encode(), format="arff")
    assert found.series.case(0).T.tolist() == [[1, 2], [3, 4]]
    assert found.examination.reading.parameters == {"format": "arff", "label": "the 'class'"}


def test_a_label_that_is_missing_is_refused_by_its_line(read: Read) -> None:
    text = "@relation r\n@attribute a numeric\n@attribute class {u,d}\n@data\n1,u\n2,?\n"
    with pytest.raises(Unreadable) as caught:
        read(text.encode(), format="arff")
    assert caught.value.details[0].pointer == "line 6, attribute 'class'"
