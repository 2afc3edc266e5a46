"""What a suite keeps of the options that change numbers, and compares when it is continued."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from fpray.driver.option import Compared, Field, fields
from fpray.driver.read_options import defaults, given_type, read_option
from fpray.files.suite_file import typed_content
from fpray.protocol.params import json_of
from fpray.store.suite_record import SuiteRecord


class Setting(NamedTuple):
    """The value of one option that is compared, as `suite.json` keeps it."""

    item: Field
    compared: Compared
    value: Any

    @property
    def entry(self) -> str:
        """Its key in `suite.json`."""
        return self.compared.entry or self.item.attribute

    @property
    def default(self) -> Any:
        """The value of a suite that does not have the entry: that of a version without the option, too."""
        value, _ = read_option(self.item, self.item.option.default)
        return json_of(value)

    @property
    def is_kept(self) -> bool:
        """Whether a new suite keeps it."""
        return self.compared.always or self.value != self.default

    def before(self, record: SuiteRecord, file: Path) -> Any:
        """The value in a suite. file: where the record was read from.

        Raises:
            Damaged: it is of another type.
        """
        if self.entry not in record.settings:
            return self.default
        mapping: Any = Mapping
        kind = mapping[str, self.compared.kind or given_type(self.item)]
        return typed_content(file, kind, {self.entry: record.settings[self.entry]})[self.entry]


@dataclass(frozen=True)
class Settings:
    """The values of the options that are compared."""

    of_options: Sequence[Setting] = ()

    @staticmethod
    def of(options: type, values: Mapping[str, Any]) -> Settings:
        """Those among the values of an options class."""
        compared = [(item, item.option.compared) for item in fields(options)]
        return Settings([Setting(item, how, json_of(values[item.name])) for item, how in compared if how is not None])

    def entries(self) -> dict[str, Any]:
        """What a new `suite.json` keeps; entries that have their default are as if there were no such option."""
        return {setting.entry: setting.value for setting in self.of_options if setting.is_kept}

    def strangers(self, record: SuiteRecord) -> list[str]:
        """The entries of a suite that this version does not know: a newer one wrote them."""
        return [name for name in record.settings if name not in {setting.entry for setting in self.of_options}]

    def in_place_of(self, entries: Mapping[str, Any]) -> dict[str, Any]:
        """The entries of a suite, with these values in place of the earlier ones."""
        own = {s.entry: s.value for s in self.of_options if s.is_kept or s.entry in entries}
        return {**entries, **own}

    def changes(self, record: SuiteRecord, file: Path) -> Iterator[tuple[str, str, str]]:
        """The options that have another value in a suite: flag, and the values now and there as users type them."""
        for setting in self.of_options:
            if (before := setting.before(record, file)) != setting.value:
                now, earlier = (" ".join(setting.compared.texts(v)) or "none" for v in (setting.value, before))
                yield setting.item.flag, now, earlier


def recorded(options: type, record: SuiteRecord, file: Path) -> dict[str, Any]:
    """The values of the compared options in a suite, by the names of the options. file: where it was read from.

    Raises:
        Damaged: one is of another type.
    """
    settings = Settings.of(options, defaults(options)).of_options
    return {setting.item.name: setting.before(record, file) for setting in settings}
