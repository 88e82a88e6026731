"""Deployment files agree with the program: settings, commands, ports, limits, figures."""

import json
import re
import tomllib
from configparser import RawConfigParser
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
import yaml

from indexer.analysis.analyzer import Analyzer
from indexer.engines import Cluster
from indexer.engines.elasticsearch_generations import Generations
from kb_service.config import Settings
from web import metrics
from web.api.table import OPERATIONS
from web.cli import MODULES
from web.logs import SANE_ID
from web.security import BODY_LIMIT, BODY_LIMITS

ROOT = Path(__file__).resolve().parents[2]
KNOWN = {f"KB_{name.upper()}" for name in Settings.model_fields} | {"KB_CONFIG"}
UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))
FILES = ("Dockerfile", "compose.yaml", "deploy/nginx.conf", "deploy/systemd/kb.env", "deploy/alerts.yml")
FILES = (*FILES, *(str(unit.relative_to(ROOT)) for unit in UNITS), "docs/deployment.md", "docs/monitoring.md")
MB = 1024 * 1024


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def compose() -> Any:
    return yaml.safe_load(text("compose.yaml"))


@pytest.mark.parametrize("name", FILES)
def test_every_setting_they_name_exists(name: str) -> None:
    assert set(re.findall(r"\bKB_[A-Z_]+\b", text(name))) - KNOWN == set()


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_units_start_commands_there_are_as_nobody_special(unit: Path) -> None:
    parser = RawConfigParser(strict=False)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read(unit, encoding="utf-8")
    service = parser["Service"]
    program, command = service["ExecStart"].split()
    assert (Path(program).name, command in MODULES) == ("kb", True)
    assert service["User"] == "kb"
    assert service["NoNewPrivileges"] == "yes"
    assert int(service["TimeoutStopSec"]) > 20


def test_the_image_starts_a_command_there_is_and_is_asked_where_it_listens() -> None:
    image = text("Dockerfile")
    assert 'ENTRYPOINT ["kb"]' in image
    assert f'CMD ["{next(name for name in MODULES if name == "serve")}"]' in image
    port = re.search(r"KB_PORT=(\d+)", image)
    assert port
    assert f"EXPOSE {port[1]}" in image
    assert f"127.0.0.1:{port[1]}/healthz" in image
    assert image.index("USER kb") < image.index("ENTRYPOINT")
    assert "--require-hashes" in image


def test_what_the_image_is_built_from_is_sent_and_nothing_else() -> None:
    sent = {line.removeprefix("!") for line in text(".dockerignore").splitlines() if line.startswith("!")}
    copied = {
        one for line in re.findall(r"^COPY (?!--from)(.+) \S+$", text("Dockerfile"), re.M) for one in line.split()
    }
    assert sent == copied
    packages = tomllib.loads(text("pyproject.toml"))["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert set(packages) <= sent
    assert all((ROOT / one).exists() for one in sent)


def test_every_service_runs_a_command_there_is(compose: Any) -> None:
    ours = {name: one for name, one in compose["services"].items() if one["image"].startswith("kb-service")}
    assert {one.get("command", ["serve"])[0] for one in ours.values()} == {"serve", "worker", "db"}
    assert sum(one.get("command") is None for one in ours.values()) == 2
    assert sum(one.get("command") == ["worker"] for one in ours.values()) == 2
    for one in ours.values():
        Settings(**{name.removeprefix("KB_").lower(): told for name, told in _plain(one["environment"]).items()})


def _plain(environment: dict[str, str]) -> dict[str, str]:
    return {name: told for name, told in environment.items() if "${" not in told and name != "KB_CONFIG"}


def test_everything_referred_to_is_declared(compose: Any) -> None:
    for name, one in compose["services"].items():
        assert set(one.get("secrets", ())) <= set(compose["secrets"]), name
        assert set(one.get("networks", ())) <= set(compose["networks"]), name
        assert set(one.get("depends_on", ())) <= set(compose["services"]), name
        volumes = {told.partition(":")[0] for told in one.get("volumes", ())}
        assert {told for told in volumes if not told.startswith(".")} <= set(compose["volumes"]), name


def test_who_is_waited_for_to_be_healthy_says_so(compose: Any) -> None:
    services = compose["services"]
    for one in services.values():
        for name, needed in one.get("depends_on", {}).items():
            if needed["condition"] == "service_healthy":
                healthy = "healthcheck" in services[name] or services[name]["image"].startswith("kb-service")
                assert healthy, name


def test_no_secret_stands_in_the_files() -> None:
    for name in ("Dockerfile", "compose.yaml"):
        assert re.findall(r"\b(?:KB_SECRET|KB_INDEX_PASSWORD|[A-Z]+_PASSWORD|KB_METRICS_TOKEN)[:=]", text(name)) == []
    assert set(re.findall(r"PASSWORD=(\S+)", text("deploy/systemd/kb.env"))) == {"CHANGE-ME"}


def test_the_proxy_takes_the_largest_body_there_is_a_page_for() -> None:
    largest = max(BODY_LIMIT, *BODY_LIMITS.values(), *(operation.limit for operation in OPERATIONS))
    assert re.findall(r"client_max_body_size (\d+)m;", text("deploy/nginx.conf")) == [str(largest // MB)]


def test_the_search_user_may_reach_every_name_the_service_makes(compose: Any) -> None:
    """The rights on an index are none on its aliases."""
    (told,) = re.findall(r"put role/kb '(.*)'", " ".join(compose["services"]["search-user"]["command"]))
    (rights,) = json.loads(told)["indices"]
    name = compose["x-kb"]["environment"]["KB_INDEX"].rpartition("/")[2]
    made = Generations(name, Analyzer().fingerprint, Cluster())
    index = f"{name}-20260101t000000-0123abcd"
    assert made._own.fullmatch(index)
    for one in (name, made.alias, index, f"{index}.new"):
        assert any(fnmatchcase(one, pattern) for pattern in rights["names"]), one


def test_the_proxy_is_trusted_where_it_stands_and_sends_to_who_is_there(compose: Any) -> None:
    conf = text("deploy/nginx.conf")
    web = {name for name, one in compose["services"].items() if one.get("hostname", "").startswith("web")}
    assert set(re.findall(r"server (\w+):8000 ", conf)) == web
    (subnet,) = compose["networks"]["inside"]["ipam"]["config"]
    assert compose["services"]["web1"]["environment"]["KB_TRUSTED_PROXIES"] == subnet["subnet"]
    for secret in compose["services"]["proxy"]["secrets"]:
        assert f"/run/secrets/{secret};" in conf


def test_the_proxy_sets_what_the_service_believes_and_hides_the_figures() -> None:
    conf = text("deploy/nginx.conf")
    assert "proxy_set_header X-Forwarded-For $remote_addr;" in conf
    assert "proxy_set_header X-Forwarded-Proto $scheme;" in conf
    assert "proxy_set_header X-Request-Id $request_id;" in conf
    assert SANE_ID.fullmatch("0" * 32), "nginx makes ids of 32 hexadecimal digits"
    assert re.search(r"location = /metrics \{\s*return 404;", conf)
    assert "non_idempotent" not in conf


def test_alarms_and_documentation_speak_of_figures_there_are() -> None:
    source = Path(metrics.__file__).read_text(encoding="utf-8")
    known = set(re.findall(r'"(kb_[a-z_]+)"', source))
    known |= {"kb_http_requests_total", "kb_searches_total", "kb_search_seconds_bucket", "kb_build_info"}
    alerts = text("deploy/alerts.yml")
    told = re.findall(r"^ *expr: (.*)$", alerts, re.M)
    assert {name for line in told for name in re.findall(r"\bkb_[a-z_]+", line)} <= known
    documented = set(re.findall(r"`(kb_[a-z_]+)`", text("docs/monitoring.md")))
    assert documented <= known
    assert known - documented - {"kb_http_requests", "kb_searches", "kb_search_seconds_bucket", "kb_build"} == set()
    names = {rule["alert"] for group in yaml.safe_load(alerts)["groups"] for rule in group["rules"]}
    assert {name for name in names if f"`{name}`" not in text("docs/monitoring.md")} == set()
