"""`kb evaluate`: how well search answers the base's own labelled queries, now and over time."""

from dataclasses import asdict
from typing import Any

import click

from kb_service.results import EvaluationView
from web.cli import base, language, output

_ = language.text


@click.command("evaluate", help=_("用标注检索词评测检索，结果存入历史。"))
@click.option("--history", is_flag=True, help=_("不评测，只列出以前的结果。"))
@base.as_person
@click.option("--json", "as_json", is_flag=True, help=_("输出 JSON。"))
def command(history: bool, person: str, as_json: bool) -> None:
    with base.opened() as opened:
        actor = base.acting(opened, person)
        found = opened.evaluation.history(actor) if history else (opened.evaluation.run(actor),)
    if as_json:
        output.write_json(list(map(shape, found)) if history else shape(found[0]))
        return
    head = (_("时间"), _("评测人"), _("词库版本"), _("检索词"), "nDCG@10", "MRR@10", "R@10", "R@100")
    output.table((head, *map(_line, found)))
    if any(one.drop for one in found[:1]):
        click.echo(_("比上一次明显变差，请查看词库最近的改动。"))


def shape(one: EvaluationView) -> dict[str, Any]:
    """What ``--json`` prints; programs rely on it."""
    return asdict(one) | {"at": one.at.isoformat()}


def _line(one: EvaluationView) -> tuple[str, ...]:
    figures = (f"{value:.4f}" for value in asdict(one.measures).values())
    return (f"{one.at:%Y-%m-%d %H:%M}", one.author, str(one.lexicon), str(one.queries), *figures)
