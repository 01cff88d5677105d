"""People who do not exist: drawn, with what a witness would write of them."""

from reidtalk.data.people.attributes import Person
from reidtalk.data.people.captions import describe
from reidtalk.data.people.drawing import View, draw_person
from reidtalk.data.people.identity import person

__all__ = ["Person", "View", "describe", "draw_person", "person"]
