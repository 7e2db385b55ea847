"""The `aicheck` command: verbs are loaded only when they are called."""

from __future__ import annotations

import gc
import sys
from importlib import import_module
from typing import Final

import click

from aicheck.errors import AicheckError

__all__ = ["EXIT_COULD_NOT_RUN", "app", "run"]

EXIT_COULD_NOT_RUN: Final = 2

# Verb → (module, what `aicheck --help` says). The help stands here so that it needs no import of the verb.
VERBS: Final[dict[str, tuple[str, str]]] = {
    "scan": ("aicheck.cli.scan", "Find the models in a project, resolve them and evaluate a policy."),
    "show": ("aicheck.cli.show", "Say what is known of a model, org:NAME, host:NAME or license:ID."),
    "lock": ("aicheck.cli.lock", "Write aicheck.lock: every model with commit, hashes, licence and lineage."),
    "update": ("aicheck.cli.update", "Refresh aicheck.lock, all of it or the models that are named."),
    "verify": ("aicheck.cli.verify", "Compare the lock or a BOM with the Hub as it is today."),
    "diff": ("aicheck.cli.diff", "Say which models and findings differ between two states of a project."),
    "fix": ("aicheck.cli.fix", "Write pins into the code; a diff by default."),
    "init": ("aicheck.cli.init", "Write first settings, a policy, a workflow and a pre-commit entry."),
    "policy": ("aicheck.cli.policy", "Check, test, show and list policies."),
    "explain": ("aicheck.cli.explain", "Explain a rule or a finding."),
    "bom": ("aicheck.cli.bom", "Validate, convert, merge, query and draw AI-BOMs."),
    "fleet": ("aicheck.cli.fleet", "Scan many repositories, on one machine or on a cluster."),
    "ci": ("aicheck.cli.ci", "Gate a change in continuous integration (what the GitHub Action calls)."),
    "catalog": ("aicheck.cli.catalog", "Say what the embedded catalog holds; update it."),
    "completion": ("aicheck.cli.completion", "Print the completion script of a shell."),
}


class LazyGroup(click.Group):
    """A group that imports the module of a verb when that verb is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - signature of click
        """Return the verbs in the order of `VERBS`."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one verb's command."""
        if cmd_name not in VERBS:
            return super().get_command(ctx, cmd_name)
        command = import_module(VERBS[cmd_name][0]).command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the verbs with their short help, importing none of them."""
        with formatter.section("Verbs"):
            formatter.write_dl([(name, text) for name, (_, text) in VERBS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with a suggestion for a misspelt verb."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from difflib import get_close_matches

            close = get_close_matches(args[0], VERBS, n=1)
            if not close:
                raise
            raise click.UsageError(f"{error.format_message()} Did you mean '{close[0]}'?", ctx) from None


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="aicheck-cli", prog_name="aicheck")
def app() -> None:
    """Which AI models are in this repository, who made them, from what, on which terms, are these the real
    weights, and may we ship them?

    Exit codes: 0 pass, 1 fail, 2 could not run, 3 inconclusive.
    """  # noqa: D205 - shown as running text by --help


def run() -> None:
    """Run the command; every way out has one of the four exit codes."""
    # What is read lives to the end, and what is parsed is freed at once: looking for circles every 700 objects
    # took an eighth of a scan.
    gc.set_threshold(50_000, 20, 50)
    try:
        code = app.main(standalone_mode=False)
    except click.exceptions.Exit as error:
        code = error.exit_code
    except click.ClickException as error:
        error.show()
        code = EXIT_COULD_NOT_RUN
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        code = EXIT_COULD_NOT_RUN
    except AicheckError as error:
        click.echo(f"aicheck: {error}", err=True)
        code = EXIT_COULD_NOT_RUN
    except BrokenPipeError:
        # The reader of a pipe left (`| head`): nothing to say, and nowhere to say it.
        sys.stderr.close()
        code = EXIT_COULD_NOT_RUN
    except OSError as error:
        # The machine's fault: a disk that fails, a limit of open files. What is expected is told where it occurs.
        where = f"{error.filename}: " if error.filename else ""
        click.echo(f"aicheck: could not run: {where}{error.strerror or error}", err=True)
        code = EXIT_COULD_NOT_RUN
    except MemoryError:
        click.echo("aicheck: could not run: out of memory", err=True)
        code = EXIT_COULD_NOT_RUN
    except Exception as error:  # noqa: BLE001 - a defect of ours must not look like the verdict "fail" (1)
        import os
        import traceback

        if os.environ.get("AICHECK_DEBUG"):
            traceback.print_exc()
        click.echo(
            f"aicheck: internal error: {type(error).__name__}: {error} "
            "(set AICHECK_DEBUG=1 for the traceback, and please report it)",
            err=True,
        )
        code = EXIT_COULD_NOT_RUN
    sys.exit(code if isinstance(code, int) else 0)
