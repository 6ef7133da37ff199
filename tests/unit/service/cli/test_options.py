"""What becomes of the command line's options, and how wrong ones are answered."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from service.cli.app import app
from service.cli.configuration import settings
from service.cli.connection import reading
from service.cli.screen import note, print_record, print_table
from service.cli.train import dataset_name, training_request

COMMANDS = (
    "serve",
    "train",
    "predict",
    "evaluate",
    "export",
    "datasets",
    "jobs",
    "models",
    "migrate",
    "openapi",
    "demo",
)
USAGE = 2


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    result = CliRunner().invoke(app, [command, "--help"])
    assert result.exit_code == 0
    assert "Usage" in result.output


def test_an_unknown_option_is_wrong_usage() -> None:
    assert CliRunner().invoke(app, ["serve", "--prot", "1"]).exit_code == USAGE


def test_a_server_that_is_not_there_ends_the_command_with_1() -> None:
    result = CliRunner().invoke(app, ["models", "ls", "--server", "http://127.0.0.1:1"])
    assert result.exit_code == 1
    assert "http://127.0.0.1:1" in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("stem", "name"),
    [
        ("BasicMotions_TRAIN", "BasicMotions_TRAIN"),
        ("two words (1)", "two-words-1-"),
        (".hidden", "hidden"),
        ("é", "dataset"),
    ],
)
def test_a_dataset_is_named_after_its_file(stem: str, name: str) -> None:
    assert dataset_name(Path(f"/x/{stem}.ts")) == name


def test_reading_options_become_query_parameters() -> None:
    assert reading(["format=csv", "label=a=b", "time="]) == {"format": "csv", "label": "a=b", "time": ""}


@pytest.mark.parametrize("option", ["colour=red", "label", "format="])
def test_an_unknown_reading_option_is_wrong_usage(option: str) -> None:
    with pytest.raises(typer.BadParameter, match="one of format"):
        reading([option])


def test_options_stand_on_top_of_the_spec_file(tmp_path: Path) -> None:
    spec = tmp_path / "spec.json"
    spec.write_text(json.dumps({"network": {"recipe": "fcn", "kernel": 3}, "training": {"epochs": 9, "seed": 1}}))
    chosen = {
        "network": {"recipe": "resnet"},
        "preprocessing": {"window": 64, "stride": None},
        "training": {"epochs": 5, "seed": None},
    }
    request = training_request(spec, chosen, {"task": "regression", "priority": None})
    assert request == {
        "network": {"recipe": "resnet", "kernel": 3},
        "preprocessing": {"window": 64},
        "training": {"epochs": 5, "seed": 1},
        "task": "regression",
    }


def test_without_options_nothing_is_asked_for() -> None:
    assert training_request(None, {"network": {"recipe": None}, "training": {"epochs": None}}, {"task": None}) == {}


@pytest.mark.parametrize("content", ["{", "[]"])
def test_a_spec_file_that_holds_no_object_is_wrong_usage(tmp_path: Path, content: str) -> None:
    spec = tmp_path / "spec.json"
    spec.write_text(content)
    with pytest.raises(typer.BadParameter, match=r"spec\.json"):
        training_request(spec, {}, {})


def test_an_option_goes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAVETAP_PORT", "1234")
    monkeypatch.setenv("WAVETAP_GRPC_PORT", "1235")
    chosen = settings(port=4321, grpc_port=None)
    assert (chosen.port, chosen.grpc_port) == (4321, 1235)


def test_a_wrong_setting_is_named_as_the_environment_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAVETAP_LEASE_SECONDS", "soon")
    with pytest.raises(typer.BadParameter, match="WAVETAP_LEASE_SECONDS"):
        settings()


def test_the_release_can_be_asked_for() -> None:
    result = CliRunner().invoke(app, ["--version"])
    assert (result.exit_code, result.stdout.split()[0]) == (0, "wavetap")


def test_a_part_of_the_spec_file_that_holds_no_object_is_wrong_usage(tmp_path: Path) -> None:
    spec = tmp_path / "spec.json"
    spec.write_text('{"training": 5}')
    with pytest.raises(typer.BadParameter, match=r"training in .*spec\.json"):
        training_request(spec, {"training": {"epochs": 3}}, {})


def test_a_migration_that_cannot_be_ends_with_1_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = CliRunner().invoke(app, ["migrate", "--data-dir", str(tmp_path / "file")])
    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)


def test_brackets_are_no_markup(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(["[/label]"], [["[bold]"]])
    print_record({"[/label]": "[red]"})
    note("Constant: '[/x]'.")
    printed = capsys.readouterr()
    assert printed.out.split() == ["[/label]", "[bold]", "[/label]", "[red]"]
    assert "'[/x]'" in printed.err
