"""The words that stand on cards, per language: a catalogue that a new language extends by one entry."""

from __future__ import annotations

from collections.abc import Mapping

Words = Mapping[str, str]

_EN = {
    "basic": "Recall", "reverse": "Both ways", "predict": "Predict the output", "choice": "Choose one",
    "multi": "Choose all that hold", "judge": "True or false", "cloze": "Fill the gap", "order": "Put in order",
    "table": "Look up", "rhyme": "Recite",
    "output": "real output", "error": "real error", "warning": "warning", "stderr": "stderr", "graph": "real graph",
    "callout_rhyme": "🎵 Rhyme", "callout_joke": "😄 Joke", "callout_tip": "💡 Tip", "callout_warning": "⚠️ Careful",
    "callout_quote": "📖 In the original", "callout_why": "🤔 Why",
    "setup": "Setup of this section", "ran": "✓ run with {version}", "quoted": "✓ quoted from the docs",
    "linked": "source", "true": "True", "false": "False", "undo": "Undo", "type": "Type what it prints",
    "yours": "What you typed", "next": "Next line", "all": "All lines",
    "right": "✓ Right", "wrong": "✗ Not quite", "chosen": "your choice", "placed": "you placed it at {n}",
    "pool": "Still to place", "ordered": "Your order", "game": "Graph relay",
    "tap": "Tap in backward order", "engine": "The order of the engine", "hint": "[…]",
}  # fmt: skip

_ZH = {
    "basic": "问答", "reverse": "双向", "predict": "预测输出", "choice": "单选", "multi": "多选", "judge": "判断",
    "cloze": "填空", "order": "排序", "table": "对照", "rhyme": "背口诀",
    "output": "真实输出", "error": "真实报错", "warning": "警告", "stderr": "标准错误", "graph": "真实计算图",
    "callout_rhyme": "🎵 口诀", "callout_joke": "😄 段子", "callout_tip": "💡 提示", "callout_warning": "⚠️ 小心",
    "callout_quote": "📖 原文", "callout_why": "🤔 为什么",
    "setup": "本节的准备代码", "ran": "✓ {version} 实跑", "quoted": "✓ 原文引自文档", "linked": "出处",
    "true": "对", "false": "错", "undo": "撤销", "type": "把输出写在这里", "yours": "你写的",
    "next": "下一句", "all": "全部", "right": "✓ 答对了", "wrong": "✗ 不对",
    "chosen": "你的选择", "placed": "你放在第 {n} 位", "pool": "待排", "ordered": "你的顺序",
    "game": "计算图接龙", "tap": "按反向执行的先后点节点", "engine": "引擎的执行顺序", "hint": "[…]",
}  # fmt: skip

_CATALOGUE = {"en": _EN, "zh": _ZH}
_VOICES = {
    "ar": "ar_SA", "cs": "cs_CZ", "da": "da_DK", "en": "en_US", "hi": "hi_IN", "ja": "ja_JP", "ko": "ko_KR",
    "pt": "pt_BR", "sv": "sv_SE", "uk": "uk_UA", "vi": "vi_VN", "zh": "zh_CN",
}  # fmt: skip


def words_for(language: str) -> Words:
    """The words of `language`, a tag such as zh-CN; English where the catalogue has none."""
    return _CATALOGUE.get(language.replace("_", "-").split("-")[0].lower(), _EN)


def voice_for(language: str) -> str:
    """The language as Anki's `{{tts …}}` names voices: zh_CN, en_US."""
    name, *rest = language.replace("_", "-").split("-")
    region = next((part for part in rest if len(part) == 2), "")
    name = name.lower()
    return f"{name}_{region.upper()}" if region else _VOICES.get(name, f"{name}_{name.upper()}")
