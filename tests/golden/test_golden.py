"""Every message, as its reader gets it: whoever changes words reads what changed."""

import re

import pytest
from flask import Flask

from shop.i18n.text import FSI, PDI
from shop.notifications.rules import Channel, parts
from tests.golden.write import LANGUAGES, folder, render, samples

UNSEEN = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069⟦⟧\u00a0]")
HOW = "python -m tests.golden.write"
WAYS = [(one, way) for one in LANGUAGES for way in (Channel.SMS, Channel.EMAIL)]


@pytest.mark.parametrize(("language", "channel"), WAYS)
def test_every_message_reads_as_it_was_approved(
    app: Flask, language: str, channel: Channel
) -> None:
    place = folder(language, channel)
    kept = {file.name: file.read_text("utf-8") for file in place.iterdir()}

    made = dict(render(language, channel))

    assert kept.keys() == made.keys(), HOW
    for name, text in made.items():
        assert kept[name] == text, f"{language}/{channel}/{name}: {HOW}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_text_message_has_its_link_or_code_alone_on_the_last_line(
    app: Flask, language: str
) -> None:
    for name, text in render(language, Channel.SMS):
        last = text.splitlines()[-1]
        assert re.fullmatch(r"https://\S+|[0-9۰-۹]{6}", last), name


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_text_message_has_nothing_an_old_phone_cannot_show(
    app: Flask, language: str
) -> None:
    for name, text in render(language, Channel.SMS):
        assert not re.search(
            "[\u200e\u200f\u202a-\u202e\u2066-\u2069⟦⟧\u00a0]", text
        ), name


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_text_message_is_short(app: Flask, language: str) -> None:
    for name, text in render(language, Channel.SMS):
        assert parts(text.rstrip("\n")) <= 5, name


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_anti_fraud_line_costs_no_text_message_and_stands_in_every_e_mail(
    app: Flask, language: str
) -> None:
    from shop.i18n.reader import reading
    from shop.notifications.kinds import ANTI_FRAUD, ANTI_FRAUD_SHORT

    with reading(language):
        line, short = str(ANTI_FRAUD), str(ANTI_FRAUD_SHORT)
    for name, text in render(language, Channel.SMS):
        without = text.rstrip("\n").replace(f"{short}\n", "")
        assert parts(text.rstrip("\n")) == parts(without), name
    for name, text in render(language, Channel.EMAIL):
        assert line in text, name


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_value_of_a_plain_e_mail_is_isolated_in_pairs(
    app: Flask, language: str
) -> None:
    for name, text in render(language, Channel.EMAIL):
        raw = text.replace("⟦", FSI).replace("⟧", PDI)
        assert raw.count(FSI) == raw.count(PDI), name


def test_every_stage_a_buyer_is_told_about_is_here() -> None:
    from shop.notifications.kinds import KINDS
    from shop.orders.events import TOLD

    assert {stage for _name, stage, _facts in samples()} == set(KINDS)
    assert {stage.value for stage in TOLD} <= set(KINDS)
