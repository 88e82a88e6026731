"""Why a file, page or row was not taken: one table of codes and sentences, and the errors that stop a whole file."""

from collections.abc import Mapping

from kb_service.inputs import Refusal

WHOLE_FILE = "整个文件"

REASONS: Mapping[str, str] = {
    "bad_date": "“{about}”中的日期无法识别或不存在。请改为 2024-03-05 这样的写法后重新导入。",
    "bad_delimiter": "分隔符必须是一个字符。请在导入页面重新选择分隔符。",
    "bad_json": "这里不是合法的 JSON 对象。请修正后重新导入。",
    "blank_phenomenon": "问题现象只有空格或换行。请补填后重新导入。",
    "date_order": "处理日期早于发生日期。请核对这两个日期后重新导入。",
    "duplicate_key": "编号“{about}”在本次导入中已经出现过，只保留了前一条。请核对编号后重新导入。",
    "empty": "这一行没有内容，未导入。",
    "empty_answer": "答案没有文字内容。请补填后重新导入。",
    "empty_file": "文件是空的。请取得完好的文件后重新导入。",
    "empty_phenomenon": "问题现象为空。请补填后重新导入。",
    "empty_resolution": "解决方案为空。请补填后重新导入；尚未解决的问题请更正状态。",
    "empty_text": "正文没有文字内容。请补填后重新导入。",
    "empty_title": "标题为空。请补填后重新导入。",
    "encrypted": "文件已加密，无法读取。请去掉密码后重新导入。",
    "field_count": "这一行的列数与表头不符（{about}），未导入。请检查分隔符和引号后重新导入。",
    "formula_error": "“{about}”是公式错误值。请在表格中修正公式后重新导入。",
    "formula_unsaved": "“{about}”是公式，但文件里没有保存计算结果。请用表格软件打开并保存后重新导入。",
    "front_matter": "页首的说明信息（front matter）不是合法的 YAML。请修正后重新导入。",
    "missing_columns": "没有找到必需的列：{about}。请检查表头，或在导入页面为这些列指定字段。",
    "nested_zip": "压缩包里还有压缩包，未读取。请先解开里面的压缩包，再打成一个包导入。",
    "no_files": "里面没有可以导入的文件。请放入 xlsx、csv、docx、Markdown 或 JSON 文件后重新导入。",
    "no_list": "JSON 文件里没有条目列表。请把条目放进顶层列表或 data 之下后重新导入。",
    "no_table": "没有找到表头。请确认表格前 20 行内有一行列名。",
    "not_found": "文件不存在或无法打开。请检查路径和权限。",
    "shifted": "这一行的内容与列名对不上，可能整体错开了一列（“{about}”中不是日期）。请移回原位后重新导入。",
    "too_large": "超出大小限制（{about}）。请拆分后分批导入。",
    "too_long": "内容过长（{about}）。请精简，或把长文放进附件后重新导入。",
    "undecodable": "“{about}”中有无法解码的字节。请用原系统重新导出，或另存为 UTF-8 后重新导入。",
    "unknown_encoding": "无法判断文件的编码。请在导入页面指定编码，或另存为 UTF-8 后重新导入。",
    "unknown_profile": "没有名为“{about}”的导入方案。请从现有方案中选择。",
    "unreadable": "文件损坏或不完整，无法读取。请取得完好的文件后重新导入。",
    "unsafe_path": "路径不安全（{about}），未读取。请去掉链接、绝对路径和 .. 后重新导入。",
    "unsafe_xml": "文件内含有不允许的 XML 实体声明，未读取。请用办公软件另存后重新导入。",
    "unsupported": "暂不支持这种文件（{about}）。请另存为 xlsx、docx、csv 或 Markdown 后导入。",
    "validity_order": "有效期止早于有效期起。请核对有效期后重新导入。",
    "wrong_type": "文件内容与扩展名不符（{about}）。请改为正确的扩展名后重新导入。",
    "zip_bomb": "压缩比或解压后的大小异常（{about}），为安全起见未读取。请重新打包后导入。",
}


def sentence(code: str, about: str = "") -> str:
    """The Chinese sentence of a reason; `about` names the column, value or limit it is about."""
    return REASONS[code].format(about=about or "未注明")


def refusal(source: str, place: str, code: str, about: str = "", cells: Mapping[str, str] | None = None) -> Refusal:
    """A row, page or file that is not taken, with the sentence of its reason."""
    return Refusal(source=source, place=place, reason=code, message=sentence(code, about), cells=cells or {})


class ImportFailed(Exception):
    """A file that cannot be read at all. ``code`` is one of `REASONS`, ``message`` names the file."""

    def __init__(self, code: str, source: str, about: str = "") -> None:
        self.code, self.source, self.about = code, source, about
        self.message = f"“{source}”：{sentence(code, about)}"
        super().__init__(self.message)

    def refusal(self) -> Refusal:
        """The same as one refused file, for the other files of a folder or archive to go on."""
        return refusal(self.source, WHOLE_FILE, self.code, self.about)


class UnreadableSource(ImportFailed):
    """Broken, encrypted, unsafe, too large or of an unknown type."""


class MissingColumns(ImportFailed):
    """A table without the columns that are required."""
