"""What is said of a value that does not fit: one sentence for each way of not fitting that our models know."""

from collections.abc import Mapping
from typing import Any

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

_SENTENCES: Mapping[str, LazyString] = {
    "missing": _l("缺少这一项。"),
    "extra_forbidden": _l("没有这一项，请核对名称。"),
    "string_type": _l("应当是一段文字。"),
    "string_too_short": _l("至少 %(min_length)s 个字符。"),
    "string_too_long": _l("最多 %(max_length)s 个字符。"),
    "string_pattern_mismatch": _l("写法不对。"),
    "int_type": _l("应当是整数。"),
    "int_parsing": _l("应当是整数。"),
    "bool_type": _l("应当是 true 或 false。"),
    "list_type": _l("应当是一个列表。"),
    "dict_type": _l("应当是名称与值的对应。"),
    "model_type": _l("应当是名称与值的对应。"),
    "greater_than_equal": _l("不能小于 %(ge)s。"),
    "less_than_equal": _l("不能大于 %(le)s。"),
    "too_short": _l("至少 %(min_length)s 项。"),
    "too_long": _l("最多 %(max_length)s 项。"),
    "literal_error": _l("只能是其中之一：%(expected)s。"),
    "is_instance_of": _l("应当是一个文件。"),
}
_OTHERWISE = _l("这一项的值不对。")


def sentence_of(kind: str, context: Mapping[str, Any] | None = None) -> str:
    """The sentence for an error type of pydantic."""
    return str(_SENTENCES.get(kind, _OTHERWISE)) % (context or {})
