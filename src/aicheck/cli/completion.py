"""`aicheck completion`: the script that completes verbs and options in a shell."""

from __future__ import annotations

import click

__all__ = ["command"]


@click.command("completion", short_help="Print the completion script of a shell.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the script that completes verbs, options and their values.

    \b
    bash   eval "$(aicheck completion bash)"          in ~/.bashrc
    zsh    eval "$(aicheck completion zsh)"           in ~/.zshrc
    fish   aicheck completion fish > ~/.config/fish/completions/aicheck.fish
    """  # noqa: D301 - \b is click's
    from click.shell_completion import get_completion_class

    from aicheck.cli.app import app

    found = get_completion_class(shell)
    assert found is not None
    complete = found(app, {}, "aicheck", "_AICHECK_COMPLETE")
    # `source()` asks the installed bash for its version; the text itself needs no shell.
    click.echo(complete.source_template % complete.source_vars())
