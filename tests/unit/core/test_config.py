"""A configuration is read strictly, and every error says where and what to do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.errors import ConfigurationError
from replicator.config.file import Config, config_schema, load_config, parse_config

WHOLE = """\
migration: social
source:
  kind: postgresql
  dsn: ${env:SOURCE_DSN}
  tables: { include: ["public.*"], exclude: ["public.audit_*"] }
kafka:
  bootstrap_servers: localhost:9092
  topic_prefix: social
target:
  kind: azuresql
  connection: ${env:AZURESQL_DSN}
cutover:
  max_lag: 2s
  downtime_budget: 10s
  hooks: { switch: { url: "https://deploy.example/flip", timeout: 20s } }
"""
ENVIRON = {
    "SOURCE_DSN": "postgresql://app:very-secret@localhost/app",
    "AZURESQL_DSN": "Server=tcp:localhost,1433;Database=social;UID=sa;PWD=hush-hush;Encrypt=yes",
}


def parse(text: str, environ: dict[str, str] | None = None) -> Config:
    return parse_config(text, origin="m.yaml", environ=ENVIRON if environ is None else environ)


def refused(text: str, environ: dict[str, str] | None = None) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        parse(text, environ)
    assert caught.value.exit_code == 2
    assert not any(secret in str(caught.value) for secret in ("very-secret", "hush-hush"))
    return caught.value


def test_the_example_of_the_design_is_read() -> None:
    config = parse(WHOLE)
    assert config.migration == "social"
    assert config.source.tables.exclude == ["public.audit_*"]
    assert config.cutover.max_lag == 2.0
    assert config.cutover.hooks.switch is not None
    assert config.cutover.hooks.switch.timeout == 20.0
    assert config.target.schemas == {"public": "dbo"}


def test_the_text_that_is_handed_on_holds_no_secret() -> None:
    config = parse(WHOLE)
    assert (config.origin, config.text) == ("m.yaml", WHOLE)
    assert not any(secret in config.text for secret in config.secrets)


@pytest.mark.parametrize(
    ("line", "key", "nearest"),
    [
        ("migraton: x", "m.yaml:16 migraton", "did you mean 'migration'?"),
        ("load: { wokers: 3 }", "m.yaml:16 load.wokers", "did you mean 'workers'?"),
        ("max_lag: 2s", "m.yaml:16 max_lag", "it belongs at cutover.max_lag"),
        (
            "run: { first_restart: 1s }",
            "m.yaml:16 run.first_restart",
            "did you mean 'first_restart_after'?",
        ),
    ],
)
def test_an_unknown_key_names_the_nearest_one(line: str, key: str, nearest: str) -> None:
    error = refused(WHOLE + line + "\n")
    assert error.object == key
    assert error.hint == nearest


def test_a_secret_that_is_missing_is_named() -> None:
    error = refused(WHOLE, {"AZURESQL_DSN": "x"})
    assert "the environment variable SOURCE_DSN is not set" in error.what
    assert error.object == "m.yaml:4 source.dsn"
    assert "export SOURCE_DSN" in error.hint


def test_a_secret_file_that_is_missing_is_named(tmp_path: Path) -> None:
    missing = tmp_path / "dsn"
    error = refused(WHOLE.replace("${env:SOURCE_DSN}", f"${{file:{missing}}}"))
    assert str(missing) in error.what
    missing.write_text(ENVIRON["SOURCE_DSN"] + "\n")
    config = parse(WHOLE.replace("${env:SOURCE_DSN}", f"${{file:{missing}}}"))
    assert config.source.dsn.get_secret_value() == ENVIRON["SOURCE_DSN"]


@pytest.mark.parametrize(
    "written",
    [
        "postgresql://app:pw@localhost/app",
        "host=localhost password=pw",
        "Server=x;PWD={p;w}",
        "${env:SOURCE_DSN};PWD=more",
    ],
)
def test_a_secret_may_not_stand_in_the_file(written: str) -> None:
    error = refused(WHOLE.replace("${env:SOURCE_DSN}", json.dumps(written)))
    assert error.what == "a secret is written into the file"
    assert error.object == "m.yaml:4 source.dsn"


def test_kafkas_password_may_not_stand_in_the_file_either() -> None:
    more = "  security: { protocol: sasl_ssl, mechanism: PLAIN, username: u, password: pw }\n"
    text = WHOLE.replace("  topic_prefix: social\n", "  topic_prefix: social\n" + more)
    assert refused(text).what == "a secret is written into the file"


def test_references_of_an_unknown_kind_are_refused() -> None:
    error = refused(WHOLE.replace("${env:SOURCE_DSN}", "${vault:x}"))
    assert "vault" in error.what
    assert "${env:NAME}" in error.hint


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (("max_lag: 2s", "max_lag: 5 minutes"), "'5 minutes' is not a duration"),
        (("max_lag: 2s", "max_lag: -3s"), "'-3s' is not a duration"),
        (("kind: postgresql", "kind: oracle"), "postgresql"),
        (("migration: social", "migration: So cial"), "pattern"),
        (("migration: social", "migration: 5"), "valid string (it is written as a whole number)"),
        (("  topic_prefix: social\n", ""), "this key is missing"),
        (('url: "https://deploy.example/flip", ', ""), "either a url or a command"),
    ],
)
def test_wrong_values_say_what_is_expected(change: tuple[str, str], what: str) -> None:
    assert what in refused(WHOLE.replace(*change)).what


def test_several_errors_are_shown_together() -> None:
    error = refused(WHOLE + "load: { wokers: 3, rows_per_chunk: many }\n")
    assert error.what.startswith("2 values are wrong:")
    assert "m.yaml:16 load.wokers" in error.what
    assert "m.yaml:16 load.rows_per_chunk" in error.what


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("a: [", "this is not YAML"),
        ("- a\n- b\n", "does not hold a mapping"),
        ("migration: a\nmigration: b\n", "written twice"),
        ("", "values are wrong"),
    ],
)
def test_what_is_no_configuration_is_refused(text: str, what: str) -> None:
    assert what in refused(text).what


def test_a_missing_file_says_how_to_name_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="-c FILE"):
        load_config(tmp_path / "none.yaml")


def test_shown_values_hold_no_secret() -> None:
    config = parse(WHOLE)
    text = json.dumps(config.shown()) + repr(config) + str(config)
    assert "very-secret" not in text
    assert "hush-hush" not in text
    assert config.shown()["source"]["dsn"] == "${env:SOURCE_DSN}"
    assert config.shown()["cutover"]["max_lag"] == "2s"


def test_the_schema_describes_every_section() -> None:
    properties = config_schema()["properties"]
    assert {"migration", "source", "kafka", "target", "schema", "load", "apply"} <= set(properties)
    assert {"capture", "cutover", "monitoring", "run"} <= set(properties)


@given(st.text(max_size=200))
def test_whatever_the_file_holds_only_configuration_errors_come_out(text: str) -> None:
    with pytest.raises(ConfigurationError):
        parse(text)
