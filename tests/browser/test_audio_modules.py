"""The browser's sound: what the player plays is sample-exact, and what the microphone hears is all there."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser

from tests.browser.browser import visit

RATE = 48_000
QUANTUM = 128

# A player in an OfflineAudioContext: the audio clock stands still at each step until what was asked is done, so
# every sample of the result can be told. `steps`: [at second, [[verb, argument], ...]]; a write is a number of
# samples of a ramp that goes on over all writes, so that a lost, doubled or displaced one shows.
OFFLINE = """async ({ seconds, steps, rate, latency }) => {
  const { Player } = await import("/static/js/audio/playback.js");
  const context = new OfflineAudioContext(1, Math.ceil(seconds * rate), rate);
  if (latency) Object.defineProperty(context, "outputLatency", { value: latency });
  const positions = [], levels = [], overflows = [];
  let waiting = null;
  const player = await Player.open({
    context,
    onPosition: (position) => { positions.push(position); waiting?.(); },
    onLevel: (level) => levels.push(level),
    onOverflow: (item) => overflows.push(item),
  });
  let ramp = 0;
  const act = (verb, argument) => {
    if (verb === "write") {
      const samples = Int16Array.from({ length: argument }, () => (ramp = ramp % 30000 + 1));
      return player.write(samples.buffer);
    }
    if (verb === "volume") { player.volume = argument; return undefined; }
    const answered = verb === "pause" || verb === "clear"
      ? new Promise((resolve) => { waiting = resolve; }) : undefined;
    player[verb](argument);
    return answered;
  };
  const run = async (actions) => {
    for (const [verb, argument] of actions) await act(verb, argument);
    await player.settled();
  };
  for (const [at, actions] of steps) {
    if (at > 0) context.suspend(at).then(() => run(actions)).then(() => context.resume());
    else await run(actions);
  }
  const rendered = await context.startRendering();
  await player.settled();
  const bytes = new Uint8Array(rendered.getChannelData(0).buffer);
  let text = "";
  for (let at = 0; at < bytes.length; at += 32768) text += String.fromCharCode(...bytes.subarray(at, at + 32768));
  return { sound: btoa(text), positions, levels, overflows };
}"""


class Played:
    def __init__(self, told: dict[str, Any]) -> None:
        sound = np.frombuffer(base64.b64decode(told["sound"]), "<f4")
        self.sound = np.round(sound.astype(float) * 32768).astype(int)
        self.positions: list[dict[str, Any]] = told["positions"]
        self.levels: list[float] = told["levels"]
        self.overflows: list[str] = told["overflows"]

    def of(self, item: str) -> list[float]:
        return [position["playedMs"] for position in self.positions if position["itemId"] == item]


def play(browser: Browser, base: str, seconds: float, *steps: Any, latency: float = 0) -> Played:
    with visit(browser, base) as window:
        window.open("/accounts/login/")
        given = {"seconds": seconds, "steps": steps, "rate": RATE, "latency": latency}
        return Played(window.page.evaluate(OFFLINE, given))


def ramp(count: int, after: int = 0) -> np.ndarray:
    return (np.arange(after, after + count) % 30_000) + 1


def test_chunks_and_items_follow_one_another_without_a_gap(browser: Browser, base: str) -> None:
    written = [
        ["begin", "a"], ["write", 1001], ["write", 4777], ["finish", "a"],
        ["begin", "b"], ["write", 9000], ["finish", "b"],
    ]  # fmt: skip
    played = play(browser, base, 1.0, [0, written])
    assert played.sound[:14_778].tolist() == ramp(14_778).tolist()
    assert not played.sound[14_778:].any()
    ends = [position for position in played.positions if position["finished"]]
    assert ends == [
        {"itemId": "a", "playedMs": pytest.approx(5778 / 48), "playing": False, "finished": True},
        {"itemId": "b", "playedMs": pytest.approx(9000 / 48), "playing": False, "finished": True},
    ]
    for item in "ab":
        assert played.of(item) == sorted(played.of(item))


def test_a_pause_is_silence_at_once_and_goes_on_with_the_next_sample(browser: Browser, base: str) -> None:
    """The clock is that of the sound: the second rendered after the pause's own moment is all silence."""
    begun = [["begin", "a"], ["write", RATE], ["finish", "a"]]
    played = play(browser, base, 2.5, [0, begun], [0.4, [["pause", None]]], [1.4, [["resume", None]]])
    assert 0.4 * RATE <= int(np.argmin(played.sound != 0)) <= 0.4 * RATE + QUANTUM
    silence = np.flatnonzero(played.sound == 0)
    paused_at = int(silence[0])
    resumed_at = paused_at + int(np.argmax(played.sound[paused_at:] != 0))
    assert abs(resumed_at - 1.4 * RATE) <= QUANTUM
    whole = np.concatenate([played.sound[:paused_at], played.sound[resumed_at : resumed_at + RATE - paused_at]])
    assert whole.tolist() == ramp(RATE).tolist()
    [answer] = [p for p in played.positions if not p["playing"] and not p["finished"]]
    assert answer == {"itemId": "a", "playedMs": paused_at / 48, "playing": False, "finished": False}
    assert played.positions[-1]["finished"]
    assert played.of("a")[-1] == 1000
    assert played.of("a") == sorted(played.of("a"))


def test_what_is_cleared_is_never_heard_and_what_begins_after_it_is(browser: Browser, base: str) -> None:
    played = play(
        browser, base, 1.5,
        [0, [["begin", "a"], ["write", RATE]]],
        [0.3, [["pause", None]]],
        [0.5, [["clear", None], ["write", 5000], ["finish", "a"]]],  # the rest was still on its way
        [0.8, [["begin", "b"], ["write", 2400], ["finish", "b"]]],
    )  # fmt: skip
    cut = int(np.argmin(played.sound != 0))
    again = cut + int(np.argmax(played.sound[cut:] != 0))
    assert abs(again - 0.8 * RATE) <= QUANTUM
    assert played.sound[again : again + 2400].tolist() == ramp(2400, after=RATE + 5000).tolist()
    assert not played.sound[again + 2400 :].any()
    assert played.of("a")[-1] == cut / 48
    finished = [(p["itemId"], p["playedMs"]) for p in played.positions if p["finished"]]
    assert finished == [("b", 50)]


def test_positions_are_of_what_has_left_the_speaker(browser: Browser, base: str) -> None:
    """A headset that is 200 ms late: the item before is told to its end first, a pause is settled by then."""
    items = [
        ["begin", "a"],
        ["write", 4800],
        ["finish", "a"],
        ["begin", "b"],
        ["write", 48000],
        ["finish", "b"],
    ]
    played = play(
        browser, base, 2.5, [0, items], [0.6, [["pause", None]]], [1.2, [["resume", None]]], latency=0.2
    )
    told = [(p["itemId"], round(p["playedMs"]), p["playing"], p["finished"]) for p in played.positions]
    order = [item for item, *_ in told]
    assert order == sorted(order)
    assert [one for one in told if one[3]] == [("a", 100, False, True), ("b", 1000, False, True)]
    paused = [one for one in told if one[0] == "b" and not one[2] and not one[3]]
    assert [one[1] for one in paused] == [pytest.approx(300, abs=3), pytest.approx(500, abs=3)]
    assert played.of("b") == sorted(played.of("b"))


def test_an_item_that_waits_for_more_says_so_and_goes_on(browser: Browser, base: str) -> None:
    played = play(
        browser, base, 1.0,
        [0, [["begin", "a"], ["write", 4800]]],
        [0.5, [["write", 4800], ["finish", "a"]]],
    )  # fmt: skip
    assert played.sound[:4800].tolist() == ramp(4800).tolist()
    told = [(p["playedMs"], p["playing"], p["finished"]) for p in played.positions]
    assert (100, False, False) in told
    assert told[-1] == (200, False, True)
    assert [p for p in told if p[2]] == [told[-1]]


def test_volume_and_levels(browser: Browser, base: str) -> None:
    """The level is that of the sound, whatever the volume is; it ends with silence."""
    played = play(browser, base, 0.5, [0, [["volume", 0], ["begin", "a"], ["write", 9600], ["finish", "a"]]])
    assert not played.sound[RATE // 10 :].any()
    assert played.levels[-1] == 0
    expected = [np.sqrt((ramp(1920, after=1920 * at).astype(float) ** 2).mean()) / 32768 for at in range(5)]
    assert played.levels[:5] == pytest.approx(expected)


def test_a_queue_that_is_full_drops_and_tells_once(browser: Browser, base: str) -> None:
    written = [["begin", "a"], *[["write", RATE]] * 12, ["finish", "a"]]
    played = play(browser, base, 10.5, [0, written])
    assert played.overflows == ["a"]
    assert played.sound[: 10 * RATE].tolist() == ramp(10 * RATE).tolist()
    assert played.of("a")[-1] == 10_000
