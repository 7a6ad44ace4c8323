"""The client's picture after the golden transcripts, and what it does when a frame is missing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

import schemas
from fenghuo.client.feed import feed_url
from fenghuo.client.feed_picture import FeedPicture, SequenceGapError
from schemas.feed import DeltaFrame, ServerFrame, Snapshot
from schemas.outputs import encoder

TRANSCRIPTS = sorted((Path(schemas.__file__).parent / "examples" / "feed").glob("*.json"))
DECODER = msgspec.json.Decoder(ServerFrame)


def frames(transcript: dict[str, Any]) -> list[Any]:
    told = [step["server"] for step in transcript["steps"] if "server" in step]
    return [DECODER.decode(json.dumps(frame)) for frame in told if "seq" in frame]


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: path.stem)
def test_picture_after_a_golden_transcript(path: Path) -> None:
    transcript = json.loads(path.read_text("utf-8"))
    pictures: dict[str, FeedPicture] = {}
    for frame in frames(transcript):
        pictures.setdefault(frame.id, FeedPicture()).apply(frame)
    for name, units in transcript["picture"].items():
        picture = pictures.get(name, FeedPicture())
        held = {
            key: (
                row.version,
                json.loads(encoder.encode(row.figures)),
                json.loads(encoder.encode(row.beside)),
            )
            for key, row in picture.units.items()
        }
        assert held == {
            (unit["incident_id"], unit["unit"]): (unit["version"], unit["figures"], unit.get("beside") or {})
            for unit in units
        }


def test_a_missing_frame_is_noticed() -> None:
    snapshot = Snapshot(id="s", seq=1, watermark=None, units=[])
    picture = FeedPicture()
    with pytest.raises(SequenceGapError):
        picture.apply(DeltaFrame(id="s", seq=2, watermark=None, units=[]))
    picture.apply(snapshot)
    picture.apply(DeltaFrame(id="s", seq=2, watermark=None, units=[]))
    with pytest.raises(SequenceGapError):
        picture.apply(DeltaFrame(id="s", seq=4, watermark=None, units=[]))
    with pytest.raises(SequenceGapError):
        picture.apply(DeltaFrame(id="s", seq=2, watermark=None, units=[]))
    assert picture.seq == 2


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("127.0.0.1:8081", "ws://127.0.0.1:8081/v1/feed"),
        ("ws://host:1/", "ws://host:1/v1/feed"),
        ("wss://host/v1/feed", "wss://host/v1/feed"),
        ("wss://host/behind/proxy", "wss://host/behind/proxy"),
    ],
)
def test_address_of_the_feed(address: str, url: str) -> None:
    assert feed_url(address) == url
