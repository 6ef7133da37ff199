"""The tree of commands."""

import typer

from service.cli import demo, models, operate, resources, serve, train, use

app = typer.Typer(
    name="wavetap",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

app.callback()(operate.wavetap)
app.command()(serve.serve)
app.command()(train.train)
app.command()(use.predict)
app.command()(use.evaluate)
app.command()(use.export)
app.add_typer(resources.datasets, name="datasets")
app.add_typer(resources.jobs, name="jobs")
app.add_typer(models.models, name="models")
app.command()(operate.migrate)
app.command()(operate.openapi)
app.command()(demo.demo)


def main() -> None:
    """Run the command that the arguments name; 0 is success, 1 a refusal or failure, 2 wrong usage."""
    app()
