"""People who do not exist: drawn, with what a witness would write of them."""

from reidtalk.data.people.attributes import Person
from reidtalk.data.people.drawing import View, draw_person
from reidtalk.data.people.identity import person
from reidtalk.data.people.wording.captions import describe

__all__ = ["Person", "View", "describe", "draw_person", "person"]
