"""``flask shop translate``: keep the catalogs in step with the program and whole."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

import click
import polib

from shop.i18n import extract, lint
from shop.i18n.languages import languages


@click.group()
def translate() -> None:
    """Begin, update, check and count the catalogs in translations/."""


@translate.command()
@click.argument("code")
def init(code: str) -> None:
    """Begin a language: CODE is its folder, like ar or zh_Hant."""
    try:
        path = extract.create(code)
    except FileExistsError as error:
        raise click.ClickException(f"{error} exists; run update instead.") from error
    languages.cache_clear()
    _update(code, prune=False)
    click.echo(f"Write the translations in {path}.")


@translate.command()
@click.option("--prune", is_flag=True, help="Also forget sentences no longer used.")
def update(prune: bool) -> None:
    """Bring every catalog in step with the program; no translation is lost."""
    for code in _codes():
        _update(code, prune)


@translate.command()
@click.option("-v", "--verbose", is_flag=True, help="Show warnings too.")
@click.argument("codes", nargs=-1)
def check(verbose: bool, codes: tuple[str, ...]) -> None:
    """Fail if a catalog is incomplete, not reviewed or breaks a sentence."""
    messages = extract.extract()
    terms = lint.read_glossary()
    found = [f for m in messages.values() for f in lint.lint_source(m)]
    errors = _report("source", found, verbose)
    for code in codes or _codes():
        path = extract.catalog_path(code)
        try:
            po = extract.read_catalog(path)
        except (OSError, UnicodeDecodeError) as error:
            found = [lint.Finding("error", "syntax", str(error))]
        else:
            found = lint.lint_catalog(code, po, messages, terms) + _msgfmt(path)
        errors += _report(code, found, verbose)
    if errors:
        raise click.ClickException(f"{errors} to put right in the catalogs.")


@translate.command()
def stats() -> None:
    """Show how much of each language is done."""
    head = ("language", "sentences", "done", "missing", "to review", "old")
    click.echo("".join(f"{name:>11}" for name in head))
    for code in _codes():
        po = extract.read_catalog(extract.catalog_path(code))
        live = [entry for entry in po if not entry.obsolete]
        review = sum(entry.fuzzy for entry in live)
        missing = sum(not entry.fuzzy and not _is_said(code, entry) for entry in live)
        row = (code, len(live), len(live) - review - missing, missing, review)
        click.echo("".join(f"{cell:>11}" for cell in (*row, len(po) - len(live))))


def _codes() -> list[str]:
    return [language.code for language in languages().values()]


def _update(code: str, prune: bool) -> None:
    path = extract.catalog_path(code)
    try:
        po = extract.read_catalog(path)
    except (OSError, UnicodeDecodeError) as error:
        raise click.ClickException(f"{path} cannot be read: {error}") from error
    changes = extract.merge(po, code, extract.extract().values())
    if prune:
        po[:] = [entry for entry in po if not entry.obsolete]
    extract.write_catalog(po, path)
    click.echo(
        f"{code}: {changes.added} new, {changes.revived} back, {changes.removed} gone"
    )


def _is_said(code: str, entry: polib.POEntry) -> bool:
    if entry.msgid_plural:
        return all(entry.msgstr_plural.values())
    return bool(entry.msgstr) or code == extract.SOURCE_LANGUAGE


def _msgfmt(path: Path) -> list[lint.Finding]:
    """Ask gettext's own checker, where it is installed."""
    program = shutil.which("msgfmt")
    if program is None:
        return []
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [program, "-c", "-o", f"{folder}/messages.mo", str(path)],
            capture_output=True, text=True, encoding="utf-8", check=False,
        )  # fmt: skip
    if done.returncode == 0:
        return []
    return [lint.Finding("error", "msgfmt", done.stderr.strip())]


def _report(name: str, found: Iterable[lint.Finding], verbose: bool) -> int:
    """Print the findings of one catalog and return the number of errors."""
    found = sorted(found, key=lambda f: (f.level, str(f.key), f.text))
    errors = [f for f in found if f.level == "error"]
    for finding in found if verbose else errors:
        where = f" “{finding.key.msgid}”" if finding.key else ""
        click.echo(f"{name}: {finding.level}: {finding.rule}:{where} {finding.text}")
    click.echo(f"{name}: {len(errors)} errors, {len(found) - len(errors)} warnings")
    return len(errors)


if __name__ == "__main__":
    sys.exit(translate())
