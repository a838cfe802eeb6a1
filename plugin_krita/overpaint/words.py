"""Every string a person reads in Krita, in English and Simplified Chinese. No Qt, no libkis.

A key with ``{name}`` in its text takes that value. What both hosts say alike (errors of the server, stages, times) is
worded in ``server/client/wording.py``.
"""

from __future__ import annotations

from .server.client.wording import Language, use_language

_language = Language.ENGLISH

TEXTS: dict[str, tuple[str, str]] = {
    "replace": ("Replace selection", "替换选区"),
    "erase": ("Erase selection", "擦除选区"),
    "edit-layer": ("Edit layer", "编辑图层"),
    "learn": ("Edit with a prompt", "按文字编辑"),
    "menu-replace": ("Replace Selection…", "替换选区…"),
    "menu-erase": ("Erase Selection", "擦除选区"),
    "menu-edit-layer": ("Edit Layer…", "编辑图层…"),
    "menu-learn": ("Edit with a Prompt (Imagic)…", "按文字编辑（Imagic）…"),
    "menu-run-again": ("Run Again", "再来一次"),
    "menu-another": ("Another Variation", "换一个结果"),
    "menu-cancel": ("Cancel", "取消"),
    "menu-title": ("Overpaint", "Overpaint"),
    "prompt": ("What should be here?", "这里应该是什么？"),
    "prompt-tip": ("Enter runs, Esc cancels, ↑ brings back earlier words", "回车开始，Esc 取消，↑ 找回之前的文字"),
    "run-tip": ("The answer arrives as a new layer; your layer stays as it is", "结果是一个新图层；原图层保持不变"),
    "select-or-say": ("Select a part, or say how the layer should change.", "请选中一处，或说明图层应如何改变。"),
    "select": ("Select a part.", "请选中一处。"),
    "takes": (
        "Takes about {time}, as the last one did; a larger part takes longer.",
        "大约需要 {time}（按上次估计）；范围越大越久。",
    ),
    "settings": ("Settings", "设置"),
    "more-settings": ("More", "更多"),
    "auto": ("Auto", "自动"),
    "reset": ("Back to the default", "恢复默认"),
    "model": ("Model", "模型"),
    "model-tip": ("What paints the answer", "由哪个模型来画"),
    "model-auto": ("Best for the job", "自动选择"),
    "reading": ("Reads", "读取"),
    "reading-tip": ("What of the picture is read", "读取画面中的什么"),
    "variations": ("Variations", "结果数量"),
    "variations-tip": ("How many answers to choose from", "一次给出几个结果供挑选"),
    "seed": ("Seed", "种子"),
    "seed-tip": ("The same seed gives the same answer again", "同一个种子会得到同样的结果"),
    "seed-die": ("Another seed", "换一个种子"),
    "seed-lock": ("Keep this seed for the next edits", "之后的编辑沿用此种子"),
    "strength": ("Edit strength", "编辑强度"),
    "strength-tip": ("How far the answer may leave what is there now", "结果可以偏离现有画面多少"),
    "steps": ("Steps", "步数"),
    "steps-tip": ("More steps take longer and can look finer", "步数越多越慢，也可能更精细"),
    "guidance": ("Follow the words", "遵循文字"),
    "guidance-tip": ("How closely to follow the words (guidance)", "多大程度上遵循文字（引导强度）"),
    "grow": ("Grow", "扩大"),
    "grow-tip": ("Pixels by which the selection is grown first", "先把选区扩大多少像素"),
    "feather": ("Feather", "羽化"),
    "feather-tip": ("Pixels over which the answer fades out", "结果在边缘多少像素内淡出"),
    "context": ("Context", "周围"),
    "context-tip": ("Pixels of surroundings the model sees", "模型能看到周围多少像素"),
    "server-none": ("Starts with your first edit", "第一次编辑时启动"),
    "server-lost": ("Not reachable: {why}", "无法连接：{why}"),
    "stage-reading": ("Reading the layer", "正在读取图层"),
    "stage-starting": ("Starting the server", "正在启动服务"),
    "stage-working": ("Working", "正在处理"),
    "stage-placing": ("Adding the layer", "正在添加图层"),
    "stage-cancelling": ("Cancelling", "正在取消"),
    "stage-done": ("Done", "完成"),
    "stage-choose": ("Choose what to keep", "挑选要保留的结果"),
    "stage-explore": ("Move the slider, and keep what you like", "移动滑块，保留喜欢的结果"),
    "stage-kept": ("Kept for you", "已为你保留"),
    "cancel": ("Cancel", "取消"),
    "close": ("Close", "关闭"),
    "keep": ("Keep", "保留"),
    "keep-tip": ("Make this one a layer", "把这个结果变成图层"),
    "keep-number": ("Keep number {number}", "保留第 {number} 个"),
    "keep-all": ("Keep the range", "保留全部强度"),
    "keep-all-tip": (
        "Makes a group of layers, one for each edit strength that was painted first",
        "把最先画出的各个编辑强度各做成一层，放进一个图层组",
    ),
    "kept": ("Kept as the layer ‘{name}’.", "已保留为图层“{name}”。"),
    "kept-group": ("Kept as the group ‘{name}’.", "已保留为图层组“{name}”。"),
    "discard": ("Discard", "放弃"),
    "eta": ("Edit strength", "编辑强度"),
    "eta-tip": (
        "How far to go towards your words: 0 is the picture as it was learned, 1 what the words alone ask for",
        "向文字靠近多少：0 是学到的画面，1 是完全按文字",
    ),
    "variation": ("Variation", "第几个结果"),
    "variation-number": ("Variation {number}", "结果 {number}"),
    "another": ("Another variation", "换一个结果"),
    "nearest": ("{status} (shown: {eta})", "{status}（显示的是 {eta}）"),
    "seen": ("Preview", "预览"),
    "preset": ("How to learn", "学习方式"),
    "preset-tip": ("Quicker ways of learning the picture, and more faithful ones", "更快或更忠实地学习这幅图像的方式"),
    "back": ("Do something else", "改做其他编辑"),
    "forecast-none": (
        "Say what it should become; then it is said here how long that takes.",
        "请说明它应变成什么；随后这里会显示所需时间。",
    ),
    "forecast-asked": ("Working out how long it takes…", "正在估算所需时间…"),
    "hold-tip": ("Hold to see it as it was before", "按住查看之前的样子"),
    "put-here": ("Put into this picture", "放入当前图像"),
    "seconds": ("{seconds} s", "{seconds} 秒"),
    "minutes": ("{minutes} min", "{minutes} 分钟"),
    "recipe-title": ("How Overpaint made a layer", "Overpaint 图层的做法"),
    "restarted": (
        "The server stopped while working. Your edit is kept and starts again now.",
        "服务在处理时停止了。你的编辑已保留，正在重新开始。",
    ),
    "found-kept": ("An earlier edit is ready.", "之前的一个编辑已完成。"),
    "error-no-document": ("No picture is open.", "没有打开的图像。"),
    "hint-no-document": ("Open one, and select the part to edit.", "请打开一幅图像，并选中要编辑的部分。"),
    "error-no-layer": ("No layer is chosen.", "没有选中图层。"),
    "hint-no-layer": ("Click the layer to edit in the layer list.", "请在图层列表中点击要编辑的图层。"),
    "error-not-a-layer": ("‘{name}’ is not a layer with pixels.", "“{name}”不是带像素的图层。"),
    "hint-not-a-layer": ("Choose a layer with pixels.", "请选择带像素的图层。"),
    "error-mask": ("‘{name}’ is a mask of ‘{layer}’.", "“{name}”是“{layer}”的蒙版。"),
    "hint-mask": ("Choose ‘{layer}’ to edit what it shows.", "请选择“{layer}”来编辑它的画面。"),
    "error-animated": (
        "‘{name}’ is animated, and an answer would stand over every frame.",
        "“{name}”是动画图层，结果会盖住每一帧。",
    ),
    "hint-animated": (
        "Copy the frame to a layer of its own (Layer ▸ New ▸ New Layer From Visible), and edit that.",
        "请把这一帧复制成单独的图层（图层 ▸ 新建 ▸ 从可见内容新建图层），再编辑它。",
    ),
    "error-hidden": ("‘{name}’ is hidden.", "“{name}”已隐藏。"),
    "hint-hidden": ("Show it, or choose another layer.", "请显示它，或选择其他图层。"),
    "error-no-selection": ("Nothing is selected.", "没有选区。"),
    "hint-no-selection": ("Select the part to change.", "请选中要修改的部分。"),
    "error-empty-here": ("‘{name}’ has no pixels where you selected.", "“{name}”在选区内没有像素。"),
    "hint-empty-here": (
        "Choose the layer with the picture, or read “The visible picture” (in the settings).",
        "请选择有画面的图层，或在设置中改为读取“可见的画面”。",
    ),
    "error-empty-layer": ("‘{name}’ has nothing on the canvas.", "“{name}”在画布上没有内容。"),
    "hint-empty-layer": (
        "Choose a layer with content, or select a part to fill.",
        "请选择有内容的图层，或选中要填充的部分。",
    ),
    "error-off-layer": ("The selection lies outside the picture.", "选区在图像之外。"),
    "hint-off-layer": ("Select a part of the picture.", "请在图像内选择。"),
    "error-picture-gone": ("The picture was closed before it could be read.", "图像在读取之前已关闭。"),
    "hint-picture-gone": ("Open it and try again.", "请打开它再试。"),
    "error-changed": (
        "‘{name}’ was moved, turned, scaled or painted over while this edit ran: the answer would not fit.",
        "编辑进行时“{name}”被移动、旋转、缩放或重画了：结果已不吻合。",
    ),
    "hint-changed": (
        "The answer is kept: undo that and press “Put into this picture”, or press it as it is.",
        "结果已保留：可撤销更改后点击“放入当前图像”，或直接点击。",
    ),
    "isolated": (
        "Krita shows one layer alone now: the answer is seen when you leave that (Isolate Active Layer).",
        "Krita 现在只显示一个图层：退出“隔离活动图层”后即可看到结果。",
    ),
    "out-of-range": ("{name}: {low} to {high}.", "{name}：{low} 到 {high}。"),
    "error-reading": ("‘{name}’ is nothing that can be read.", "“{name}”不是可以读取的内容。"),
    "hint-reading": ("Say “layer” or “visible”.", "请写“layer”或“visible”。"),
    "error-layer-gone": ("‘{name}’ was removed before it could be read.", "“{name}”在读取之前已被删除。"),
    "hint-layer-gone": ("Choose another layer and try again.", "请选择其他图层再试。"),
    "error-short": ("Krita gave fewer pixels of ‘{name}’ than it should.", "Krita 给出的“{name}”像素不完整。"),
    "hint-short": ("Try again.", "请再试一次。"),
    "error-space": ("Krita does not convert {name} pixels.", "Krita 无法转换 {name} 像素。"),
    "hint-space": ("Convert the layer to RGB first.", "请先把图层转换为 RGB。"),
    "error-closed": ("The picture was closed while this edit was running.", "编辑进行时图像被关闭了。"),
    "hint-closed": (
        "The answer is kept: open a picture and press “Put into this picture”.",
        "结果已保留：请打开一幅图像并点击“放入当前图像”。",
    ),
    "error-no-words": ("There are no words yet.", "还没有文字。"),
    "hint-no-words": ("Say what should be here.", "请说明这里应该是什么。"),
    "error-no-recipe": ("There is no earlier edit to do again.", "没有可以重做的编辑。"),
    "hint-no-recipe": (
        "Choose a layer that Overpaint made, or make a first edit.",
        "请选择 Overpaint 生成的图层，或先做一次编辑。",
    ),
    "error-no-method": ("The server has no way to do this yet.", "服务目前还做不到这一点。"),
    "hint-no-method": ("Update Overpaint: run its installer again.", "请重新运行安装程序以更新 Overpaint。"),
    "error-no-method-model": (
        "This needs a model that understands words, and none is installed.",
        "这需要能理解文字的模型，目前没有安装。",
    ),
    "hint-no-method-model": ("Get one with: overpaint models list", "可以这样获取：overpaint models list"),
    "method-inpaint": ("Replace", "替换"),
    "method-erase": ("Erase", "擦除"),
    "method-sdedit": ("Redraw", "重绘"),
    "method-imagic": ("Edit with a prompt", "按文字编辑"),
    "purpose-imagic": (
        "Learns the picture, then changes what it does after your words, as far as the edit strength says",
        "先学习这幅图像，再按文字改变其中的内容，改变多少由编辑强度决定",
    ),
    "purpose-inpaint": ("Puts what you describe in place of what you selected", "用你描述的内容替换选中的部分"),
    "purpose-erase": ("Removes what you selected and continues the surroundings", "去掉选中的内容并延续周围画面"),
    "purpose-sdedit": (
        "Redraws the layer or the selection after your words, keeping its composition",
        "按文字重绘图层或选区，保持构图",
    ),
}


def speak(language: str) -> None:
    """Use the language of a locale name such as ``zh_CN``; anything but Chinese is English."""
    global _language
    _language = use_language(language)


def say(key: str, **values: object) -> str:
    """The text of ``key`` with its values put in."""
    return TEXTS[key][_language is Language.CHINESE].format(**values)


def say_known(prefix: str, name: str, otherwise: str) -> str:
    """The text of ``prefix-name`` where there is one, else what the server called it."""
    return say(f"{prefix}-{name}") if f"{prefix}-{name}" in TEXTS else otherwise


def duration(seconds: float) -> str:
    """About how long, for reading: seconds up to 90, then minutes."""
    if seconds < 90:
        return say("seconds", seconds=max(1, round(seconds)))
    return say("minutes", minutes=round(seconds / 60))
