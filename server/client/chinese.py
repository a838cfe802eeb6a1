"""Simplified Chinese for the strings that both plugins share; the key is the English text."""

from __future__ import annotations

CHINESE = {
    # titles of errors
    "Nothing is selected": "没有选区",
    "Plugin and server do not understand each other": "插件与服务器无法互相理解",
    "Too large": "尺寸过大",
    "This method is not known": "未知的方法",
    "This model is not known": "未知的模型",
    "This edit is no longer there": "这次编辑已不存在",
    "A model is needed": "需要一个模型",
    "This file is not safe to load": "加载此文件不安全",
    "The server is busy": "服务器正忙",
    "Cancelled": "已取消",
    "Not enough memory": "内存不足",
    "The disk is full": "磁盘已满",
    "The server stopped while working": "服务器在工作时停止了",
    "The edit did not succeed": "编辑没有成功",
    "Plugin and server are of different versions": "插件与服务器的版本不同",
    "The server refused the connection": "服务器拒绝了连接",
    "The server is not reachable": "无法连接服务器",
    "The server does not answer": "服务器没有响应",
    "The layer cannot be used": "无法使用该图层",
    "Something is wrong inside Overpaint": "Overpaint 内部出错",
    # buttons beside them
    "Try again": "重试",
    "Edit the whole layer": "编辑整个图层",
    "How to update": "如何更新",
    "Choose a model": "选择模型",
    "Open the log": "打开日志",
    # sentences and hints of this client
    "Nothing is selected.": "没有选区。",
    "Select the part to change.": "请选择要修改的部分。",
    "“{name}” is {value}: it can be {low} to {high}.": "“{name}”为 {value}：可取 {low} 到 {high}。",
    "The layer has no pixels here.": "图层在这里没有像素。",
    "Choose a layer with content.": "请选择有内容的图层。",
    "Select a smaller part.": "请选择更小的部分。",
    "Say it in fewer words.": "请用更少的文字描述。",
    "Try again.": "请重试。",
    "Cancelled.": "已取消。",
    "The application gave fewer or more pixels than it announced.": "应用程序给出的像素数量与声明的不符。",
    "The server has stopped.": "服务器已停止。",
    "It is started again with the next edit.": "下次编辑时会重新启动。",
    "The server cannot be reached.": "无法连接服务器。",
    "Run: python3 install.py doctor": "请运行：python3 install.py doctor",
    "Run: python3 install.py install": "请运行：python3 install.py install",
    "Overpaint's server is not installed for this user.": "尚未为此用户安装 Overpaint 服务器。",
    "The server does not answer.": "服务器没有响应。",
    "Wait a moment and try again, or restart the server.": "请稍候再试，或重新启动服务器。",
    "The server refused this connection: its key or ours is not the expected one.": (
        "服务器拒绝了连接：双方的密钥不匹配。"
    ),
    "Restart the server, or for one on another machine ask for a new invitation.": (
        "请重新启动服务器；若服务器在另一台机器上，请向对方索取新的邀请。"
    ),
    "The server's answer has an impossible size.": "服务器返回的尺寸不合理。",
    "Restart the server.": "请重新启动服务器。",
    "The server said something that makes no sense.": "服务器返回了无法理解的内容。",
    "The plugin and the server may be of different versions: run install.py again.": (
        "插件与服务器的版本可能不同：请再次运行 install.py。"
    ),
    "There is not enough memory here for the answer.": "这里没有足够的内存接收结果。",
    "Close other documents; the server keeps the answer.": "请关闭其他文档；结果保留在服务器上。",
    "This layer was made with a newer version.": "该图层由更新的版本创建。",
    "Run install.py again to update.": "请再次运行 install.py 进行更新。",
    "The plugin is of an older version than the server.": "插件的版本比服务器旧。",
    "The server is of an older version than the plugin.": "服务器的版本比插件旧。",
    "Run install.py again, then restart the application and the server.": (
        "请再次运行 install.py，然后重新启动应用程序和服务器。"
    ),
    # the server and a running job
    "Starting…": "正在启动…",
    "Ready": "就绪",
    "Working for {count}": "正在处理 {count} 个任务",
    "{time} left": "剩余 {time}",
    "Next in the queue": "即将开始",
    "{count} before this one": "前面还有 {count} 个",
    "Sending": "正在发送",
    "Receiving": "正在接收",
    "Loading the model": "正在加载模型",
    "Memory ran out; trying with less": "内存不足，正在用更少的内存重试",
    "The server stopped while working; the edit starts again": "服务器在处理时停止，编辑重新开始",
    "Painting": "正在绘制",
    "Erasing": "正在擦除",
    "Looking at the picture": "正在查看图片",
    "Learning the picture": "正在学习图片",
    "Learning the words": "正在学习文字",
    "Matching the colours": "正在匹配颜色",
    "Erased": "已擦除",
    # what is read
    "The layer, as it looks": "图层，按所见效果",
    "The visible picture": "可见的画面",
    "Reads the selected layer, with what it lies on where one sees that through it.": (
        "读取选中的图层；能透过它看到下方内容时，连同下方内容一起读取。"
    ),
    "Reads all that is visible; the answer lies on top of everything.": "读取所有可见内容；结果放在最上层。",
    # before and after a picture is learned
    (
        "Learning the picture takes about {tuning}, each answer then about {render}. "
        "It needs about {memory} GB of memory."
    ): "学习图片约需 {tuning}，之后每个结果约需 {render}。约需 {memory} GB 内存。",
    (
        "Learning goes on where it stood, for about {tuning}; each answer then takes about {render}. "
        "It needs about {memory} GB of memory."
    ): "从上次停下的地方继续学习，约需 {tuning}；之后每个结果约需 {render}。约需 {memory} GB 内存。",
    "This picture is learned already: each answer takes about {render} and {memory} GB of memory.": (
        "这幅图片已学习过：每个结果约需 {render} 和 {memory} GB 内存。"
    ),
    "Quality": "质量优先",
    "Learns words and picture together, the whole model; the best edits in a fraction of the paper's time.": (
        "文字与图片一起学习，调整整个模型；编辑效果最好，用时只是论文的一小部分。"
    ),
    "Fast": "快速",
    "Learns a small addition to the model, once for all prompts; quickest and smallest, for milder edits.": (
        "只学习模型的一小部分附加权重，一次学习适用于所有文字；最快最省，适合较小的改动。"
    ),
    "As published": "按论文",
    "First the words, then the whole model, slowly, as in the Imagic paper; takes many times longer.": (
        "先学文字，再慢慢学整个模型，与 Imagic 论文相同；用时多出许多倍。"
    ),
    "1 second": "1 秒",
    "{count} seconds": "{count} 秒",
    "1 minute": "1 分钟",
    "{count} minutes": "{count} 分钟",
    "1 hour": "1 小时",
    "{count} hours": "{count} 小时",
    "Write one like 0.7, or several like 0.5:1.0:6 (from, to, how many; at most 16), each from 0 to 1.5.": (
        "请写成 0.7，或用 0.5:1.0:6 表示多个（起点、终点、个数，最多 16 个），每个在 0 到 1.5 之间。"
    ),
}
