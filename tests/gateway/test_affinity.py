"""Where the model is loaded already, there an edit begins; and nobody waits for ever because of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from server.gateway.affinity import LONGEST_S, MOST_TIMES, Affinity
from server.gateway.queue import FairQueue
from server.workers.runner import Slot


@dataclass
class Studio:
    """Slots that each hold one model at a time, and a queue before them; it counts how often a model is read."""

    slots: list[Slot]
    queue: FairQueue = field(default_factory=FairQueue)
    now: float = 0.0
    loads: int = 0
    begun: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.affinity = Affinity(self.queue, lambda: self.now)

    def ask(self, name: str, client: str) -> None:
        """The name begins with the letter of its model."""
        self.queue.add(name, client, name[0])

    def advance(self) -> None:
        while (pair := self.affinity.pair([slot for slot in self.slots if slot.idle])) is not None:
            pair.slot.work = pair.name
            self.begun.append(pair.name)
            if pair.name[0] not in pair.slot.loaded:
                self.loads += 1
                pair.slot.loaded = frozenset(pair.name[0])

    def finish(self, slot: Slot, seconds: float = 0.0) -> None:
        self.now += seconds
        slot.work = None
        self.advance()


def studio(*loaded: str) -> Studio:
    slots = []
    for number, models in enumerate(loaded):
        slot = Slot(number)
        slot.ready, slot.loaded = True, frozenset(models)
        slots.append(slot)
    return Studio(slots)


def test_two_clients_with_two_models_on_two_devices_cost_two_loads_whoever_is_ready_first():
    at = studio("", "")
    for turn in range(40):
        at.ask(f"a{turn}", "one")
        at.ask(f"b{turn}", "two")
    at.advance()
    for turn in range(14):
        for slot in at.slots[:: 1 if turn % 3 else -1]:
            at.finish(slot, 1.0)
        at.finish(at.slots[turn % 2])  # this one is twice as quick
    assert len(at.begun) > 40
    assert at.loads == 2


def test_one_client_that_takes_turns_between_two_models_does_not_load_one_for_each_edit():
    at = studio("")
    for turn in range(20):
        at.ask(f"{'ab'[turn % 2]}{turn}", "one")
    at.advance()
    while at.slots[0].work:
        at.finish(at.slots[0], 5.0)
    assert at.loads <= 6, "twenty in the order of the queue"


def test_somebody_whose_model_is_not_loaded_is_passed_over_a_few_times_only():
    at = studio("a")
    at.ask("a0", "many")
    at.advance()
    at.ask("b", "one")
    for turn in range(1, 10):
        at.ask(f"a{turn}", "many")
    while "b" not in at.begun:
        at.finish(at.slots[0], 1.0)
    assert at.begun.index("b") == 1 + MOST_TIMES


def test_nor_is_anybody_passed_over_again_after_a_while_when_each_edit_is_long():
    at = studio("a")
    at.ask("a0", "many")
    at.advance()
    at.ask("b", "one")
    for turn in range(1, 10):
        at.ask(f"a{turn}", "many")
    at.finish(at.slots[0], 1.0)
    at.finish(at.slots[0], LONGEST_S + 1)
    assert at.begun == ["a0", "a1", "b"]


def test_a_clients_own_later_edits_do_not_put_off_its_earlier_one_for_long():
    at = studio("a")
    for name in ["b", *(f"a{turn}" for turn in range(50))]:
        at.ask(name, "one")
    at.advance()
    while "b" not in at.begun:
        at.finish(at.slots[0], 1.0)
    assert at.now <= LONGEST_S + 2


def test_nobody_waits_while_a_slot_is_idle():
    at = studio("a", "b")
    at.slots[1].work = "b0"
    at.ask("b1", "one")
    at.advance()
    assert at.begun == ["b1"]
    assert at.slots[0].work == "b1"


def test_what_is_loaded_elsewhere_is_left_there_for_who_waits_for_it():
    at = studio("a", "b")
    at.ask("c", "one")
    at.ask("a1", "two")
    at.advance()
    assert (at.slots[0].work, at.slots[1].work) == ("a1", "c")


def test_an_empty_slot_is_filled_before_a_model_makes_room_for_another():
    at = studio("a", "")
    at.ask("b", "one")
    at.advance()
    assert at.slots[1].work == "b"


def test_what_needs_no_model_begins_in_its_turn_anywhere():
    at = studio("a")
    at.queue.add("words", "one")
    at.ask("a1", "two")
    at.affinity.pair(at.slots)
    assert at.queue.order() == ["a1"]
