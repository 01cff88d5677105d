"""The graphs of layers (nngraph) in a Torch7 file, walked from their outputs to their inputs.

Most layers there have no name. A layer is known by its kind, by what feeds it and by what it feeds, never by
its place in a list: two linears of one shape are told apart by where they lead.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from reidtalk.errors import CheckpointError
from reidtalk.models.torch7 import Table, Torch7Object, Torch7Tensor

IDLE = {"Identity", "View"}
"""Layers that change no number."""
LONGEST_CHAIN = 1000
"""Of idle nodes, after which they are taken to run in a circle."""


def misfit(given: str, accepted: str) -> CheckpointError:
    """What to raise when a network is not built as in the 2017 release."""
    return CheckpointError(
        given, accepted=accepted, do="give a checkpoint of the 2017 release, such as lstm1_rnn512_bestACC.t7"
    )


def instance(value: Any, kind: str, name: str) -> Torch7Object:
    """`value`, an object of class `kind` of the package nn or cudnn.

    Raises:
        CheckpointError: it is something else.
    """
    if not isinstance(value, Torch7Object) or kind_of(value) != kind:
        given = "missing" if value is None else shown(value)
        raise misfit(f"{name} is {given}", f"nn.{kind}")
    return value


def kind_of(value: Torch7Object) -> str:
    """The name of its class without the package, where that is nn or cudnn."""
    package, _, name = value.kind.partition(".")
    return name if package in ("nn", "cudnn") else value.kind


def shown(value: Any) -> str:
    """A few words for `value`, which may hold itself and is never printed whole."""
    if isinstance(value, Torch7Object):
        return value.kind
    return ascii(value)[:60] if isinstance(value, str | int | float) else type(value).__name__


@dataclass(frozen=True)
class Layer:
    """A layer of the original, and what to call it where it does not fit."""

    label: str
    fields: Table

    def tensor(self, name: str) -> NDArray[Any]:
        """Its tensor `name`, a view of the file.

        Raises:
            CheckpointError: it has none, or one of whole numbers.
        """
        tensor = self.fields.get(name)
        if not isinstance(tensor, Torch7Tensor) or tensor.storage.dtype.kind != "f":
            raise misfit(f"{self.label} has no {name}", "a tensor of numbers with a point")
        return tensor.array()

    def require(self, **wanted: object) -> None:
        """Raises `CheckpointError` unless its fields are as wanted; one that it lacks has its usual value."""
        for name, value in wanted.items():
            given = self.fields.get(name, value)
            if not isinstance(given, str | int | float | None) or given != value:
                raise misfit(f"{self.label} has {name} {shown(given)}", f"{name} {value}")


class Graph:
    """The graph in an `nn.gModule`."""

    def __init__(self, module: Any, name: str) -> None:
        fields = instance(module, "gModule", name).fields
        self.name = name
        self.entrance, self.exit = (self.data_of(fields.get(node)) for node in ("innode", "outnode"))

    def data_of(self, node: Any) -> Table:
        """What a node holds; a graph and its reverse have nodes of their own and share this."""
        data = node.fields.get("data") if isinstance(node, Torch7Object) else None
        if not isinstance(data, dict):
            raise misfit(f"{self.name} has a node that holds {shown(data)}", "an nngraph.Node")
        return data

    def outputs(self, count: int) -> list["Node"]:
        """What feeds its outputs, in their order.

        Raises:
            CheckpointError: there are not `count` of them.
        """
        ends = self.sources(self.exit)
        if len(ends) != count:
            raise misfit(f"{self.name} has {len(ends)} outputs", str(count))
        return [self.node(data, self.exit) for data in ends]

    def sources(self, data: Table) -> list[Table]:
        """What feeds a node, in order."""
        places = data.get("mapindex")
        if not isinstance(places, dict):
            raise misfit(f"{self.name} has a node of which nothing says what feeds it", "a mapindex")
        found: list[Table] = []
        while isinstance(source := places.get(len(found) + 1), dict):
            found.append(source)
        return found

    def source(self, data: Table) -> Table:
        """What feeds a node that one other feeds."""
        found = self.sources(data)
        if len(found) != 1:
            raise misfit(f"{self.name} has a node without a layer that {len(found)} others feed", "one")
        return found[0]

    def node(self, data: Table, follower: Table) -> "Node":
        """The layer, part of a layer's output, or input that is `data` or comes before it.

        `data` feeds `follower`. Idle layers are passed over.

        Raises:
            CheckpointError: there is none.
        """
        for _ in range(LONGEST_CHAIN):
            if data is self.entrance:
                return Node(self, f"input {self.place(follower)}", data)
            module = data.get("module")
            if isinstance(module, Torch7Object) and kind_of(module) not in IDLE:
                return Node(self, kind_of(module), data)
            if module is None and "selectindex" in data:
                whole = self.source(self.source(data))
                what = "input" if whole is self.entrance else "part"
                return Node(self, f"{what} {shown(data['selectindex'])}", data)
            data, follower = self.source(data), data
        raise misfit(f"{self.name} runs in a circle", "a graph from its inputs to its outputs")

    def place(self, follower: Table) -> int:
        """Which of the inputs it is that goes to `follower`, in a graph that does not split its entrance."""
        followers = self.sources(self.entrance)
        return next((place for place, data in enumerate(followers, 1) if data is follower), 1)


@dataclass(frozen=True, eq=False, repr=False)
class Node:
    """A layer of a graph (`Linear`), one part of what a layer gives (`part 2`), or an input (`input 1`)."""

    graph: Graph
    kind: str
    data: Table

    def layer(self, name: str = "") -> Layer:
        """Its layer, called `name` in errors."""
        return Layer(f"{self.graph.name}: {self.kind} {name}".rstrip(), self.data["module"].fields)

    def inputs(self) -> Iterator["Node"]:
        """What feeds it, in order."""
        if self.kind.startswith("part "):
            whole = self.graph.source(self.data)
            yield self.graph.node(self.graph.source(whole), whole)
        elif not self.kind.startswith("input "):
            for source in self.graph.sources(self.data):
                yield self.graph.node(source, self.data)

    def fed_by(self, *kinds: str) -> list["Node"]:
        """What feeds it, in the order of `kinds`, in whichever order that is there.

        Raises:
            CheckpointError: it is fed by other kinds.
        """
        left = list(self.inputs())
        given = ", ".join(node.kind for node in left) or "nothing"
        found = []
        for kind in kinds:
            index = next((place for place, node in enumerate(left) if node.kind == kind), None)
            if index is None:
                break
            found.append(left.pop(index))
        if left or len(found) < len(kinds):
            raise misfit(f"{self.graph.name}: {self.kind} is fed by {given}", ", ".join(kinds))
        return found

    def is_fed_by(self, kind: str) -> bool:
        """Whether something of that kind is among what feeds it."""
        return any(node.kind == kind for node in self.inputs())

    def expect(self, kind: str, role: str) -> "Node":
        """Itself, of kind `kind`.

        Raises:
            CheckpointError: it is of another.
        """
        if self.kind != kind:
            raise misfit(f"{self.graph.name}: {role} is {self.kind}", kind)
        return self

    def must_be(self, other: "Node", role: str) -> None:
        """Raises `CheckpointError` unless it is the very node `other`."""
        if self.data is not other.data:
            raise misfit(f"{self.graph.name}: {role} is another {self.kind}", "the one before it")
