"""The options of a command in `--help`, in groups."""

from __future__ import annotations

import click

GROUPS: dict[str, tuple[str, ...]] = {
    "Which trials": (
        "study", "set", "vary", "cross", "repeat", "only", "where", "laptop", "log_level", "pilot", "order", "rerun",
    ),
    "What is searched": (
        "maximize", "minimize", "subject_to", "space", "sampler", "seed", "storage", "stop_at", "confirm",
        "budget_trials", "budget_minutes", "budget_dollars", "price_per_machine_hour",
    ),
    "With which jar": ("jar", "java", "jvm_arg", "flags", "instrument", "monitor", "profile"),
    "On which machines": ("cluster", "place", "address", "local", "scratch", "share_machines", "parallel"),
    "When something fails": ("retries", "keep_going", "accept_change"),
    "What is written and said": (
        "suite_directory", "new", "raw", "max_output", "notify", "dry_run", "as_json", "detach", "help",
    ),
}  # fmt: skip


class Grouped(click.Command):
    """A command with many options."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write each group under its heading; an option that no group names stands under the last."""
        options = self.get_params(ctx)
        known = {name for names in GROUPS.values() for name in names}
        last = list(GROUPS)[-1]
        for heading, names in GROUPS.items():
            here = [o for name in names for o in options if o.name == name]
            here += [o for o in options if heading == last and o.name not in known]
            records = [record for option in here if (record := option.get_help_record(ctx)) is not None]
            if records:
                with formatter.section(heading):
                    formatter.write_dl(records)
