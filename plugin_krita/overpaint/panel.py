"""The docker's contents, top to bottom: server line, prompt, the one button, settings, jobs."""

from __future__ import annotations

from dataclasses import replace

from . import canvas, runs
from .cards import JobCard
from .controller import Controller
from .fields import Fold, SettingsForm
from .intent import LABELS, Intent, intend
from .job import KritaJob
from .labels import Label, QuietLabel
from .learn_form import LearnForm
from .method_menu import fill_menu
from .prompt import PromptLine
from .qt import (
    QFrame,
    QHBoxLayout,
    QScrollArea,
    Qt,
    QTimer,
    QToolButton,
    QVBoxLayout,
    QWidget,
)
from .run_button import RunButton
from .server.client.history import Drafts
from .server.client.roles import (
    asks_first,
    best,
    check_offer,
    estimates,
    explores,
    fitted,
    goes_on,
    named,
    needs_of,
    role_of,
)
from .server.client.translation import tr
from .server.client.wording import looked_at_line, sentence, server_line, short_duration
from .server.wire.errors import OverpaintError
from .server.wire.messages import Welcome
from .server.wire.offers import Need
from .server.wire.recipe import Recipe
from .settings import Settings

SETTLING_MS = 600
"""In which Qt gives a new card its place."""

LOOK_MS = 400
"""Krita tells nobody that the selection has changed."""


class Panel(QScrollArea):
    def __init__(self, controller: Controller) -> None:
        super().__init__()
        self._controller = controller
        self._method = ""
        self._words = Drafts()
        self._cards: dict[str, JobCard] = {}
        self._server = QuietLabel()
        self._fix = QToolButton()
        self._fix.setText(tr("Try again"))
        self._fix.clicked.connect(self._try_server)
        self.prompt = PromptLine()
        self.button = RunButton()
        self._hint = Label()
        self.learning = LearnForm(controller)
        self._form = SettingsForm()
        self._jobs = QVBoxLayout()
        self._lay_out()
        self._connect()
        self._look = QTimer(self)
        self._look.timeout.connect(self.refresh)
        self._look.start(LOOK_MS)
        self._show_server()
        self._show_jobs()

    def _lay_out(self) -> None:
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(8, 6, 8, 8)
        column.setSpacing(6)
        line = QHBoxLayout()
        line.addWidget(self._server, 1)
        line.addWidget(self._fix)
        self._hint.setMinimumHeight(self.fontMetrics().height() + 2)
        self._hint.setAlignment(Qt.AlignmentFlag.AlignTop)
        column.addLayout(line)
        self._folded = Fold(tr("Settings"), self._form, "settings")
        for widget in (self.prompt, self.learning, self.button, self._hint, self._folded):
            column.addWidget(widget)
        self.learning.setVisible(False)
        column.addLayout(self._jobs)
        column.addStretch(1)
        self.setWidget(inside)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumWidth(180)

    def _connect(self) -> None:
        self.prompt.run.connect(self.run)
        self.prompt.cancel.connect(self.cancel)
        self.prompt.textChanged.connect(lambda _text: self.refresh())
        self.learning.left.connect(self.ask)
        self.learning.changed.connect(self.refresh)
        self._form.refused.connect(self._refuse)
        self.button.clicked.connect(lambda _checked=False: self.run())
        self.button.menu().aboutToShow.connect(self._fill_menu)
        self.verticalScrollBar().rangeChanged.connect(lambda _low, _high: self._follow())
        self._controller.server_changed.connect(self._show_server)
        self._controller.jobs_changed.connect(self._show_jobs)

    # --- what the user does ------------------------------------------------------------------------

    def ask(self, method: str = "") -> None:
        """The cursor goes into the prompt; the button will do ``method`` (empty: what fits)."""
        self._method = method
        self.prompt.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.prompt.selectAll()
        far = goes_on(method, self._controller.offers)
        if far or asks_first(method, self._controller.offers):
            self._controller.seek()
        if far:
            self._folded.open(True)
        self.refresh()

    def run(self, method: str = "") -> None:
        """What the button says."""
        self._turn_to_document()
        method = method or self._intent().method
        if not method or not self._form.finish():
            return
        document, node = canvas.active()
        recipe = self._recipe(method)
        chosen = self.settings
        try:
            runs.begin(self._controller, document, node, recipe, chosen.reading, chosen.combining)
        except OverpaintError as error:
            self.show_error(error)
            return
        self.prompt.remember()
        self._form.ran()
        self._method = ""
        self.refresh()

    def cancel(self) -> None:
        self._method = ""
        if self._controller.running:
            self._controller.cancel(self._controller.running[0])

    def show_error(self, error: OverpaintError) -> None:
        """What stands in the way, where the user is looking, until the next change."""
        self._refuse(sentence(error))

    def _refuse(self, text: str) -> None:
        self._hint.setText(text)
        self._told = self._state()

    @property
    def settings(self) -> Settings:
        """As the docker has them."""
        return self._form.settings()

    # --- what is shown -----------------------------------------------------------------------------

    _wanted: tuple[JobCard, QWidget] | None = None
    _told: tuple[str, bool] | None = None

    def _state(self) -> tuple[str, bool]:
        return self.prompt.text(), canvas.has_selection()

    def _recipe(self, method: str) -> Recipe:
        """What the fields say now."""
        offer = named(method, self._controller.offers)
        recipe = self.settings.recipe(method, self.prompt.text(), offer)
        recipe = fitted(replace(recipe, preset=self.learning.preset), offer)
        if not explores(method, self._controller.offers):
            return recipe
        # Further answers are asked for on the slider; the strength of the settings may be another method's.
        return replace(recipe, variations=1, strength=recipe.strength if offer is not None else None)

    def _intent(self) -> Intent:
        words, offers = self.prompt.text().strip(), self._controller.offers
        possible = bool(self._method) and bool(words or Need.PROMPT not in needs_of(self._method, offers))
        if possible or asks_first(self._method, offers):
            return Intent(self._title(self._method), self._method if possible else "")
        return intend(*self._state(), offers)

    def refresh(self) -> None:
        """The button and the line below it, as the prompt and the selection are now."""
        if not self.isVisible():
            return
        self._turn_to_document()
        intent = self._intent()
        self.button.setText(intent.label)
        self.button.setEnabled(bool(intent.method))
        self._form.fit(named(intent.method or self._method, self._controller.offers))
        self._show_learning(intent)
        if self._told == self._state():
            return
        self._told = None
        looked_at = self._looked_at(intent.method)
        said = intent.hint or self._obstacle(intent.method, len(looked_at)) or self._expectation(intent.method)
        self._hint.setText("\n".join(filter(None, (looked_at_line(looked_at), said))))

    def _turn_to_document(self) -> None:
        """Words belong to the picture that they were written for."""
        document, _ = canvas.active()
        words = self._words.of(canvas.same(document) if document is not None else "", self.prompt.text())
        if words != self.prompt.text():
            self._method = ""
            self.prompt.setText(words)

    def _show_learning(self, intent: Intent) -> None:
        """How to learn and what that takes, while that is what the button does."""
        shown = asks_first(self._method, self._controller.offers)
        self.learning.setVisible(shown)
        if shown:
            self.learning.offer(named(self._method, self._controller.offers))
            asked = self._recipe(intent.method) if estimates(intent.method, self._controller.offers) else None
            self.learning.show_estimate(asked, self.settings.reading)

    def _looked_at(self, method: str) -> list[str]:
        """The names of the layers that will be looked at."""
        if not method:
            return []
        return [node.name() for node in runs.to_look_at(self._controller, *canvas.active(), self._recipe(method))]

    def _obstacle(self, method: str, references: int) -> str:
        """What the server has already said that it cannot do."""
        if not method:
            return ""
        try:
            check_offer(Recipe(method, self.prompt.text()), self._controller.offers, references)
        except OverpaintError as error:
            return sentence(error)
        return ""

    def _expectation(self, method: str) -> str:
        """How long it will take, where that is worth saying and is not said already."""
        if asks_first(method, self._controller.offers):
            return ""
        welcome = self._controller.link.welcome
        model = self.settings.chosen.model
        seconds = self._controller.arrivals.pace.expected(method, model, welcome.device) if welcome else None
        return (
            tr("Takes about {time}, as the last one did; a larger part takes longer.", time=short_duration(seconds))
            if seconds is not None
            else ""
        )

    def _title(self, method: str) -> str:
        role = role_of(method, self._controller.offers)
        if role in LABELS and method == best(role, self._controller.offers):
            return tr(LABELS[role])
        offer = named(method, self._controller.offers)
        return tr(offer.title) if offer is not None else method

    def _fill_menu(self) -> None:
        words = bool(self.prompt.text().strip())
        fill_menu(self.button.menu(), self._controller.offers, words, ask=self.ask, run=self.run)

    def _show_server(self) -> None:
        controller, welcome = self._controller, self._controller.link.welcome
        self._fix.setVisible(controller.server is not None and not controller.starting)
        self._server.setText(self._server_words(welcome))
        if welcome is not None:
            self._form.models(welcome.models)
        self.refresh()

    def _server_words(self, welcome: Welcome | None) -> str:
        if welcome is not None:
            state, *where = server_line(welcome).split(" · ")
            return " · ".join([state, *(model.title for model in welcome.models[:1]), *where])
        if self._controller.server is not None and not self._controller.starting:
            return tr("Not reachable: {why}", why=sentence(self._controller.server))
        return server_line(None) if self._controller.starting else tr("Starts with your first edit")

    def _try_server(self) -> None:
        self._controller.link.open()
        self._show_server()

    def _show_jobs(self) -> None:
        jobs = {job.id: job for job in self._controller.jobs}
        for gone in [name for name in self._cards if name not in jobs]:
            card = self._cards.pop(gone)
            self._jobs.removeWidget(card)
            card.deleteLater()
        for job in reversed(self._controller.jobs):
            if job.id not in self._cards:
                self._add_card(job)

    def _add_card(self, job: KritaJob) -> None:
        card = JobCard(self._controller, job)
        self._cards[job.id] = card
        self._jobs.insertWidget(0, card)
        self._bring_up(card, card)
        card.grew.connect(lambda part: self._bring_up(card, part))

    def _bring_up(self, card: JobCard, part: QWidget) -> None:
        """Scrolls to ``part`` of the card as soon as it has its place."""
        self._wanted = card, part
        self._follow()
        QTimer.singleShot(SETTLING_MS, self._let_be)

    def _follow(self) -> None:
        """What is below the prompt has grown or shrunk."""
        if self._wanted is not None and self._wanted[0] in self._cards.values():
            self.ensureWidgetVisible(self._wanted[1])

    def _let_be(self) -> None:
        self._follow()
        self._wanted = None
