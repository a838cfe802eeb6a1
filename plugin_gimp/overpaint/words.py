"""Every string a person reads in GIMP, in English and Simplified Chinese. No gi.

A key with ``{name}`` in its text takes that value. What both hosts say alike (stages, the server's line, many errors)
is in ``server.client``. GIMP asks a plug-in for its menu labels when it first sees it and keeps them; everything else
is asked for anew each time, in the language GIMP itself speaks.
"""

from __future__ import annotations

import os

from server.wire.errors import Code, OverpaintError

TEXTS: dict[str, tuple[str, str]] = {
    "menu-replace": ("_Replace Selection…", "替换选区(_R)…"),
    "menu-erase": ("_Erase Selection", "擦除选区(_E)"),
    "menu-edit-layer": ("Edit _Layer…", "编辑图层(_L)…"),
    "menu-imagic": ("Edit with a _Prompt (Imagic)…", "按文字编辑 (Imagic)(_P)…"),
    "menu-run-again": ("Run _Again", "再来一次(_A)"),
    "menu-another": ("Another _Variation", "换一个结果(_V)"),
    "menu-earlier": ("_Bring In Earlier Answers", "取回先前的结果(_B)"),
    "title-earlier": ("Earlier Answers", "先前的结果"),
    "blurb-earlier": (
        "Put the answers of edits that GIMP did not live to see on top of this image, as new layers",
        "把 GIMP 意外退出前尚未收到的结果放到此图像最上方，生成新图层",
    ),
    "earlier-waiting": (
        "Answers from before GIMP ended are waiting: Filters > Overpaint > Bring In Earlier Answers.",
        "GIMP 退出前的编辑结果还在等待：滤镜 > Overpaint > 取回先前的结果。",
    ),
    "error-none-earlier": ("No answers from before are waiting.", "没有等待取回的结果。"),
    "hint-none-earlier": ("Start a new edit.", "请开始新的编辑。"),
    "error-other-colours": (
        "The answer that is waiting is of another kind of image: gray and colour do not go together.",
        "等待的结果属于另一种图像：灰度与彩色不能混用。",
    ),
    "hint-other-colours": (
        "Open the image it was made from, or change this one's mode (Image > Mode).",
        "请打开原来的图像，或更改此图像的模式（图像 > 模式）。",
    ),
    "title-replace": ("Replace Selection", "替换选区"),
    "title-erase": ("Erase Selection", "擦除选区"),
    "title-edit-layer": ("Edit Layer", "编辑图层"),
    "title-imagic": ("Edit with a Prompt", "按文字编辑"),
    "title-strength": ("Edit Strength", "编辑强度"),
    "button-replace": ("Replac_e", "替换(_E)"),
    "button-erase": ("_Erase", "擦除(_E)"),
    "button-edit-layer": ("_Edit", "编辑(_E)"),
    "button-imagic": ("L_earn and Edit", "学习并编辑(_E)"),
    "button-keep": ("_Keep", "保留(_K)"),
    "button-another": ("Another _Variation", "换一个结果(_V)"),
    "button-close": ("_Close", "关闭(_C)"),
    "button-retry": ("Try A_gain", "重试(_G)"),
    "blurb-replace": (
        "Put what you describe in place of the selection, as a new layer",
        "用你描述的内容替换选区，生成一个新图层",
    ),
    "blurb-erase": (
        "Remove what is selected and continue its surroundings, as a new layer",
        "去掉选中的内容并延续周围画面，生成一个新图层",
    ),
    "blurb-edit-layer": (
        "Redraw the layer, or the selected part of it, after your words, as a new layer",
        "按文字重绘图层或选中的部分，生成一个新图层",
    ),
    "blurb-imagic": (
        "Learn the layer or the selected part of it, then change what is in it after your words, as a new layer",
        "先学习图层或选中的部分，再按文字改变其中的内容，生成一个新图层",
    ),
    "blurb-run-again": (
        "Do the edit of the chosen Overpaint layer once more, with the settings and the seed it had",
        "按所选 Overpaint 图层原来的设置和种子再做一次",
    ),
    "blurb-another": (
        "Do the edit of the chosen Overpaint layer once more, with another seed",
        "换一个种子，把所选 Overpaint 图层的编辑再做一次",
    ),
    "help": (
        (
            "The answer arrives as a new layer above the chosen one, which is never changed. The work is done by the "
            "Overpaint server on this machine, which is started when it does not run. -1 means: chosen for you."
        ),
        (
            "结果是所选图层上方的一个新图层，原图层不会改变。"
            "由本机的 Overpaint 服务完成；服务未运行时会自动启动。-1 表示自动选择。"
        ),
    ),
    "prompt": ("_What should be here?", "这里应该是什么(_W)？"),
    "prompt-edit-layer": ("_What should it become?", "要变成什么样(_W)？"),
    "prompt-edit-layer-tip": ("In your own words: “a winter evening”", "用你自己的话描述，例如“冬日的傍晚”"),
    "prompt-imagic": ("_What should it become?", "要变成什么样(_W)？"),
    "prompt-imagic-tip": (
        "All of it, as it should be then: “a dog that sits”",
        "描述改变之后的整个画面，例如“一只坐着的狗”",
    ),
    "prompt-tip": ("In your own words: “a wooden bench”", "用你自己的话描述，例如“一张木长椅”"),
    "method": ("Wa_y to do it", "做法(_Y)"),
    "method-tip": ("Name of a method of the server; empty: chosen for you", "服务所提供方法的名称；留空则自动选择"),
    "preset": ("How _to learn", "学习方式(_T)"),
    "preset-tip": (
        "Name of a way to learn the picture; empty: the usual one",
        "学习图片的方式的名称；留空则用常用方式",
    ),
    "eta": ("Edit strength", "编辑强度"),
    "eta-tip": (
        "0 to 1.5: one, or several as 0.5:1.0:6 (from, to, how many), which come as a group; empty: chosen for you",
        "0 到 1.5：写一个，或用 0.5:1.0:6（起点、终点、个数）写多个，结果成为一个图层组；留空则自动选择",
    ),
    "model": ("_Model", "模型(_M)"),
    "model-tip": ("What paints the answer; empty: chosen for you", "由哪个模型来画；留空则自动选择"),
    "variations": ("_Variations", "结果数量(_V)"),
    "variations-tip": ("How many answers to make, each a layer of its own", "生成几个结果，每个结果一个图层"),
    "seed": ("See_d", "种子(_D)"),
    "seed-tip": (
        "The same seed gives the same answer again; -1: a new one each time",
        "同一个种子会得到同样的结果；-1：每次换新",
    ),
    "strength": ("Edit s_trength", "编辑强度(_T)"),
    "strength-tip": (
        "How far the answer may leave what is there now, from 0 to 1; -1: chosen for you",
        "结果可以偏离现有画面多少，0 到 1；-1：自动选择",
    ),
    "steps": ("Ste_ps", "步数(_P)"),
    "steps-tip": (
        "More steps take longer and can look finer; -1: chosen for you",
        "步数越多越慢，也可能更精细；-1：自动选择",
    ),
    "guidance": ("_Follow the words", "遵循文字(_F)"),
    "guidance-tip": (
        "How closely to follow the words (guidance), from 0 to 50; -1: chosen for you",
        "多大程度上遵循文字（引导强度），0 到 50；-1：自动选择",
    ),
    "grow": ("_Grow", "扩大(_G)"),
    "grow-tip": ("Pixels by which the selection is grown first", "先把选区扩大多少像素"),
    "feather": ("Fe_ather", "羽化(_A)"),
    "feather-tip": (
        "Pixels over which the answer fades out beyond the selection; -1: chosen for you",
        "结果在选区外多少像素内淡出；-1：自动选择",
    ),
    "context": ("S_urroundings", "周围(_U)"),
    "context-tip": (
        "Pixels around the selection that the model sees; -1: chosen for you",
        "模型能看到选区周围多少像素；-1：自动选择",
    ),
    "reading": ("_Based on", "依据(_B)"),
    "reading-tip": (
        "What the answer is made from; Erase Selection takes what was chosen last",
        "根据什么生成结果；“擦除选区”沿用上次的选择",
    ),
    "forecast-none": (
        "Say what it should become; this line then says how long that takes.",
        "请说明要变成什么样，这里会显示需要多长时间。",
    ),
    "forecast-asked": ("Working out how long it takes…", "正在估算所需时间…"),
    "before": ("Show the picture _before", "显示原来的画面(_B)"),
    "before-tip": ("Holding the mouse button on the picture does the same", "在画面上按住鼠标也可以"),
    "slider": ("Edit _strength", "编辑强度(_S)"),
    "slider-tip": (
        "How far to go towards your words: 0 is the picture as it was learned, 1 what the words alone ask for",
        "向文字靠近多少：0 是学到的原画面，1 完全按照文字",
    ),
    "variation": ("Varia_tion", "第几个结果(_T)"),
    "kept": ("Kept as the layer ‘{name}’.", "已保留为图层“{name}”。"),
    "nearest": ("{status} (shown: {eta})", "{status}（显示的是 {eta}）"),
    "layers": ("The new layers", "新图层"),
    "automatic": ("Automatic", "自动"),
    "random": ("New each time", "每次换新"),
    "settings": ("Setti_ngs", "设置(_N)"),
    "more-settings": ("M_ore", "更多(_O)"),
    "server-lost": ("Not reachable: {why}", "无法连接：{why}"),
    "server-problem": ("Cannot work: {why}", "无法工作：{why}"),
    "no-model": ("No model for this is installed yet.", "还没有安装可用的模型。"),
    "no-model-hint": ("See what there is with: overpaint models list", "查看可用模型：overpaint models list"),
    "stage-starting": ("Starting the server", "正在启动服务"),
    "stage-reading": ("Reading the layer", "正在读取图层"),
    "stage-interrupted": (
        "The server stopped; your edit is kept and starts again",
        "服务停止了；你的编辑已保留，正在重新开始",
    ),
    "stage-placing": ("Adding the layer", "正在添加图层"),
    "error-no-layer": ("No layer is chosen.", "没有选中图层。"),
    "hint-no-layer": ("Click the layer to edit in the Layers dialog.", "请在图层对话框中点击要编辑的图层。"),
    "error-many-layers": ("{count} layers are chosen.", "选中了 {count} 个图层。"),
    "hint-many-layers": ("Choose one of them.", "请只选一个。"),
    "error-not-a-layer": ("‘{name}’ is not a layer.", "“{name}”不是图层。"),
    "hint-not-a-layer": ("Choose a layer in the Layers dialog.", "请在图层对话框中选择一个图层。"),
    "error-group": ("‘{name}’ is a group of layers.", "“{name}”是图层组。"),
    "hint-group": ("Choose a layer inside it.", "请选择其中的一个图层。"),
    "error-locked": ("‘{name}’ is locked, so no layer can be put into it.", "“{name}”已锁定，无法在其中放入图层。"),
    "hint-locked": ("Unlock the group, or choose another layer.", "请解锁该组，或选择其他图层。"),
    "error-hidden": ("‘{name}’ is hidden.", "“{name}”不可见。"),
    "hint-hidden": (
        "Show it (the eye in the Layers dialog), or choose another layer.",
        "请让它显示（图层对话框中的眼睛），或选择其他图层。",
    ),
    "error-see-through": ("‘{name}’ has an opacity of 0, so it is not seen.", "“{name}”的不透明度为 0，看不见。"),
    "hint-see-through": ("Raise its opacity, or choose another layer.", "请提高它的不透明度，或选择其他图层。"),
    "error-mask-shown": (
        "The mask of ‘{name}’ is shown in place of its picture.",
        "现在显示的是“{name}”的蒙版，而不是它的画面。",
    ),
    "hint-mask-shown": (
        "Turn off Layer ▸ Mask ▸ Show Layer Mask and try again.",
        "请关闭“图层 ▸ 蒙版 ▸ 显示图层蒙版”再试。",
    ),
    "error-masked-out": (
        "The mask of ‘{name}’ hides everything there.",
        "“{name}”的蒙版把那里全部隐藏了。",
    ),
    "hint-masked-out": (
        "Select a part that shows, or choose another layer.",
        "请选取可见的部分，或选择其他图层。",
    ),
    "error-empty": ("‘{name}’ is empty there.", "“{name}”在那里是空的。"),
    "hint-empty": (
        "Choose the layer that has what should go.",
        "请选择包含要去掉内容的图层。",
    ),
    "error-empty-above": (
        "‘{name}’ is empty there; what you see is on ‘{below}’.",
        "“{name}”在那里是空的；看到的内容在“{below}”上。",
    ),
    "hint-empty-above": ("Choose ‘{below}’ in the Layers dialog.", "请在图层对话框中选择“{below}”。"),
    "error-stands-out": (
        "What is selected on ‘{name}’ has nothing as opaque around it, and no layer above can take that away.",
        "“{name}”上选中内容的周围都比它透明，上方的图层无法让它变透明。",
    ),
    "hint-stands-out": (
        "Clear it (Edit ▸ Clear), or put a background below and show it.",
        "请清除它（编辑 ▸ 清除），或在下方放置并显示一个背景图层。",
    ),
    "error-off-canvas": ("‘{name}’ lies outside the image.", "“{name}”在图像之外。"),
    "hint-off-canvas": ("Move it into the image, or choose another layer.", "请把它移入图像，或选择其他图层。"),
    "error-nothing-visible": ("Nothing is visible in this image.", "此图像中没有可见内容。"),
    "hint-nothing-visible": (
        "Show a layer (the eye in the Layers dialog).",
        "请让一个图层显示（图层对话框中的眼睛）。",
    ),
    "error-quick-mask": ("The Quick Mask is on.", "快速蒙版处于打开状态。"),
    "hint-quick-mask": (
        "Turn it off (Select ▸ Toggle Quick Mask), then choose a layer.",
        "请关闭它（选择 ▸ 切换快速蒙版），再选择图层。",
    ),
    "error-source-removed": ("‘{name}’ was removed while this edit was running.", "编辑进行时“{name}”被删除了。"),
    "hint-source-removed": ("Undo that.", "请撤销此操作。"),
    "error-reshaped": ("‘{name}’ has another size now than when this edit began.", "“{name}”的大小在编辑期间改变了。"),
    "hint-reshaped": ("Undo that change.", "请撤销该更改。"),
    "error-reshaped-image": (
        "The image has another size now than when this edit began.",
        "图像的大小在编辑期间改变了。",
    ),
    "hint-reshaped-image": ("Undo that change.", "请撤销该更改。"),
    "error-changed": (
        "‘{name}’ looks different there now than when this edit began.",
        "“{name}”在那里的样子在编辑期间改变了。",
    ),
    "hint-changed": ("Undo that change.", "请撤销该更改。"),
    "error-changed-image": (
        "The picture looks different there now than when this edit began.",
        "画面在那里的样子在编辑期间改变了。",
    ),
    "hint-changed-image": ("Undo that change.", "请撤销该更改。"),
    "hint-kept": (
        "The answer is kept: bring the image back to what it was, then Filters > Overpaint > Bring In Earlier Answers.",
        "结果已保留：请让图像恢复原状，然后使用滤镜 > Overpaint > 取回先前的结果。",
    ),
    "error-floating": ("A floating selection waits to be placed.", "有一个浮动选区尚未固定。"),
    "hint-floating": ("Anchor it (Layer ▸ Anchor) and try again.", "请先固定它（图层 ▸ 固定），然后再试。"),
    "error-indexed": ("This image has a fixed palette of colours.", "这幅图像使用固定调色板。"),
    "hint-indexed": ("Convert it with Image ▸ Mode ▸ RGB and try again.", "请用“图像 ▸ 模式 ▸ RGB”转换后再试。"),
    "error-no-selection-replace": ("Nothing is selected.", "没有选区。"),
    "error-no-selection-erase": ("Nothing is selected.", "没有选区。"),
    "hint-no-selection-replace": (
        "Select the part to replace; to change all of it, choose Edit Layer.",
        "请选中要替换的部分；要改变整个图层，请使用“编辑图层”。",
    ),
    "hint-no-selection-erase": ("Select what should go.", "请选中要去掉的内容。"),
    "error-off-layer": ("The selection does not touch ‘{name}’.", "选区不在“{name}”上。"),
    "hint-off-layer": (
        "Choose the layer that is selected there, or select another part.",
        "请选择那里的图层，或选取其他部分。",
    ),
    "error-no-words": ("There are no words yet.", "还没有文字。"),
    "hint-no-words": (
        "Say what should be here, or choose Erase Selection.",
        "请说明这里应该是什么，或使用“擦除选区”。",
    ),
    "hint-no-words-edit-layer": ("Say what it should become.", "请说明要变成什么样。"),
    "error-out-of-range": ("‘{name}’ is {value}.", "“{name}”的值为 {value}。"),
    "hint-out-of-range": ("It goes from {low} to {high}.", "它的范围是 {low} 到 {high}。"),
    "error-no-reading": ("‘reading’ is “{value}”.", "“reading”的值为“{value}”。"),
    "hint-no-reading": ("It is one of: {names}.", "它是以下之一：{names}。"),
    "error-no-method": ("The server has no way to do this yet.", "服务目前还做不到这一点。"),
    "hint-no-method": ("Update Overpaint: run its installer again.", "请重新运行安装程序以更新 Overpaint。"),
    "error-closed": ("The image was closed while this edit was running.", "编辑进行时图像被关闭了。"),
    "hint-closed": ("Open it again.", "请重新打开图像。"),
    "error-layer-gone": ("‘{name}’ was removed before it could be read.", "“{name}”在读取之前已被删除。"),
    "hint-layer-gone": ("Choose another layer and try again.", "请选择其他图层再试。"),
    "error-short": ("GIMP gave fewer pixels of ‘{name}’ than it should.", "GIMP 给出的“{name}”像素不完整。"),
    "hint-short": ("Try again.", "请再试一次。"),
    "error-no-recipe": ("‘{name}’ was not made by Overpaint.", "“{name}”不是 Overpaint 生成的。"),
    "hint-no-recipe": ("Choose a layer that Overpaint made.", "请选择 Overpaint 生成的图层。"),
    "error-source-gone": ("The layer that ‘{name}’ was made from is gone.", "“{name}”所依据的图层已不在。"),
    "hint-source-gone": ("Choose another layer and make a new edit.", "请选择其他图层，重新编辑。"),
    "error-zmq": ("Overpaint's installation is not complete: {why}.", "Overpaint 安装不完整：{why}。"),
    "hint-zmq": ("Run: python3 install.py doctor", "请运行：python3 install.py doctor"),
    "error-unexpected": ("Overpaint met something unexpected: {why}", "Overpaint 遇到意外情况：{why}"),
    "hint-unexpected": (
        "Try again; if it stays, tell us what you did.",
        "请再试一次；如果仍然如此，请告诉我们你的操作。",
    ),
}


def chinese(environment: dict[str, str]) -> bool:
    """Whether GIMP speaks Simplified Chinese: it puts the language chosen in its preferences into LANGUAGE."""
    for variable in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        if environment.get(variable):
            first = environment[variable].split(":")[0].replace("-", "_").lower()
            return first.startswith("zh") and not first.startswith(("zh_tw", "zh_hk", "zh_hant"))
    return False


LOCALE = "zh_CN" if chinese(dict(os.environ)) else "en"
"""For what ``server.client`` words."""

_column = int(LOCALE == "zh_CN")


def say(key: str, **values: object) -> str:
    """The text of ``key`` with its values put in."""
    return TEXTS[key][_column].format(**values)


def problem(key: str, **values: object) -> OverpaintError:
    """The error whose sentence and hint are under ``key``."""
    return OverpaintError(Code.HOST, say(f"error-{key}", **values), say(f"hint-{key}", **values))
