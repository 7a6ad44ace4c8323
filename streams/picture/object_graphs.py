"""A graph of the fold's objects as bytes, and back.

Plain pickle would follow cell → event → step → record → cell … as deep as the incident has records, and call Python for
each. Here an object is at first only named; what it holds follows class by class, attribute by attribute, in columns that
pickle writes and reads in C. Only our own classes and plain values are ever made from bytes.
"""

from __future__ import annotations

import io
import pickle
from collections import deque
from collections.abc import Callable, Iterator
from operator import attrgetter
from types import MethodType
from typing import Any

import msgspec

from schemas.outputs import encoder
from streams.picture.stamped import Stamped
from streams.picture.state import World

OURS = ("streams.picture.", "schemas.")
PLAIN = {
    ("builtins", "set"),
    ("builtins", "frozenset"),
    ("datetime", "datetime"),
    ("datetime", "timedelta"),
    ("datetime", "timezone"),
    ("decimal", "Decimal"),
}
STORED_AS: dict[type, dict[str, str]] = {
    Stamped: {"_record": "stored", "_stated": "nothing", "_holds": "nothing"}
}
"""Attributes of which another one's value is kept: what can be read or computed again when somebody asks for it."""

DICT = "__dict__"


class ForeignClassError(Exception):
    """Bytes that name what is neither a plain value nor ours."""


def dumps(root: object, world: World) -> bytes:
    """Everything that can be reached from `root`; `world` is only named."""
    stream = io.BytesIO()
    named: dict[type, list[object]] = {}
    pickler = pickle.Pickler(stream, protocol=5)
    pickler.dispatch_table = _Reducers(named, world)
    pickler.dump(root)
    while named:
        kind, objects = next(iter(named.items()))
        del named[kind]
        stored_as = STORED_AS.get(kind, {})
        pickler.dump(
            [list(map(attrgetter(stored_as.get(name, name)), objects)) for name in _attributes(kind)]
        )
    return stream.getvalue()


def loads(content: bytes, world: World) -> Any:
    """The same objects again, in this world. Raises ForeignClassError, and whatever pickle raises on damaged bytes."""
    unpickler = _Unpickler(content, world)
    root = unpickler.load()
    while unpickler.named:
        kind, objects = next(iter(unpickler.named.items()))
        del unpickler.named[kind]
        for name, column in zip(_attributes(kind), unpickler.load(), strict=True):
            put: Callable[[Any, Any], Any] = _update if name == DICT else getattr(kind, name).__set__
            deque(map(put, objects, column), maxlen=0)
    return root


class _Reducers(dict[type, Callable[[Any], Any]]):
    """How an object is written: ours by name, structs as JSON, all else as pickle does."""

    def __init__(self, named: dict[type, list[object]], world: World) -> None:
        def name(found: object) -> Any:
            kind = type(found)
            named.setdefault(kind, []).append(found)
            return _new, (kind,)

        super().__init__({MethodType: _reduce_method, type(world): lambda _: (_the_world, ())})
        self._name = name

    def __missing__(self, kind: type) -> Callable[[Any], Any]:
        if not kind.__module__.startswith(OURS) or issubclass(kind, tuple | bytes):
            raise KeyError(kind)
        self[kind] = _reduce_struct if issubclass(kind, msgspec.Struct) else self._name
        return self[kind]


def _reduce_method(method: MethodType) -> Any:
    return _method, (method.__self__, method.__name__)


def _reduce_struct(struct: msgspec.Struct) -> Any:
    return _struct, (type(struct), encoder.encode(struct))


# What stands in the bytes instead of an object; the unpickler knows what to do.


def _new(kind: type) -> object:
    raise NotImplementedError


def _the_world() -> World:
    raise NotImplementedError


def _method(owner: object, name: str) -> Callable[..., Any]:
    if not type(owner).__module__.startswith(OURS):
        raise ForeignClassError(type(owner))
    found: Callable[..., Any] = getattr(owner, name)
    return found


def _struct(kind: type, raw: bytes) -> object:
    return msgspec.json.decode(raw, type=kind)


class _Unpickler(pickle.Unpickler):
    def __init__(self, content: bytes, world: World) -> None:
        super().__init__(io.BytesIO(content))
        self.named: dict[type, list[object]] = {}
        named = self.named

        def new(kind: type) -> object:
            made: object = object.__new__(kind)
            if kind in named:
                named[kind].append(made)
            else:
                named[kind] = [made]
            return made

        self._makers: dict[str, Any] = {
            "_new": new,
            "_the_world": lambda: world,
            "_method": _method,
            "_struct": _struct,
        }

    def find_class(self, module: str, name: str) -> Any:
        """One of ours, or a plain value's class."""
        if module == __name__ and name in self._makers:
            return self._makers[name]
        if (module, name) not in PLAIN and not module.startswith(OURS):
            raise ForeignClassError(f"{module}.{name}")
        found = super().find_class(module, name)
        if not isinstance(found, type):
            raise ForeignClassError(f"{module}.{name}")
        return found


def _attributes(kind: type) -> list[str]:
    """The slots of a class and its bases, and its dictionary if it has one."""
    return [*_slots(kind), DICT] if kind.__dictoffset__ else list(_slots(kind))


def _slots(kind: type) -> Iterator[str]:
    for base in kind.__mro__:
        slots = base.__dict__.get("__slots__", ())
        yield from (slots,) if isinstance(slots, str) else slots


def _update(owner: object, content: dict[str, object]) -> None:
    owner.__dict__.update(content)
