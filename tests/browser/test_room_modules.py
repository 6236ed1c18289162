"""Parts of the room that need no conversation: how the line is taken up again, what the microphone is asked
for, how a guess looks."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.browser.browser import visit
from tests.browser.test_first_pages import look

# A server that is never there, and a clock that does not wait: the pauses (ms) that were asked for, and what
# was told meanwhile.
RETRIES = """async (tries) => {
  const { Socket } = await import("/static/js/room/socket.js");
  const pauses = [], told = [];
  const wait = window.setTimeout;
  let made = 0;
  window.WebSocket = class {
    constructor() {
      made += 1;
      if (made <= tries) wait(() => this.onclose({ code: 1006 }), 0);
    }
    close() {}
  };
  window.setTimeout = (act, ms) => {
    if (ms < 15_000) pauses.push(ms); // longer is how long a server may take to open
    return ms < 15_000 ? wait(act, 0) : 0;
  };
  const nothing = () => {};
  await new Promise((resolve) => {
    const onStatus = (status) => {
      told.push(status);
      if (made === tries + 1) resolve();
    };
    new Socket("/ws/voice/x/", { greeting: nothing, onEvent: nothing, onSound: nothing, onStatus }).connect();
    const look = () => (made > tries ? resolve() : wait(look, 1));
    look();
  });
  return [pauses, told];
}"""
WANTED = """async () => {
  const { Microphone } = await import("/static/js/audio/capture.js");
  let wanted = null;
  navigator.mediaDevices.getUserMedia = async (constraints) => {
    wanted = constraints;
    throw new DOMException("", "NotAllowedError");
  };
  await Microphone.open({ context: new OfflineAudioContext(1, 1, 48000), onFrame: () => {} }).catch(() => {});
  return wanted;
}"""


def test_it_tries_again_after_growing_pauses_that_are_not_the_same_for_all(browser: Browser, base: str) -> None:
    with visit(browser, base) as window:
        window.open("/accounts/login/")
        pauses, told = window.page.evaluate(RETRIES, 7)
    assert [pause / 1000 for pause in pauses] == [
        pytest.approx(seconds, rel=0.25) for seconds in (0.5, 1, 2, 4, 8, 8, 8)
    ]
    assert len({pause % 1 for pause in pauses}) > 1, "all browsers would come back at once"
    assert told[:4] == ["connecting", "lost", "connecting", "lost"]


def test_it_asks_for_a_microphone_without_echo_and_noise(browser: Browser, base: str) -> None:
    with visit(browser, base) as window:
        window.open("/accounts/login/")
        wanted = window.page.evaluate(WANTED)
    assert wanted == {
        "audio": {
            "echoCancellation": True,
            "noiseSuppression": True,
            "autoGainControl": True,
            "channelCount": 1,
        }
    }


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_guess_is_grayer_than_what_is_certain(browser: Browser, base: str, scheme: str) -> None:
    with visit(browser, base, **look("desktop", scheme)) as window:
        window.open("/accounts/login/")
        colors = window.page.evaluate(
            """async () => {
              const style = document.createElement("link");
              style.rel = "stylesheet";
              style.href = "/static/css/room.css";
              const loaded = new Promise((resolve) => { style.onload = resolve; });
              document.head.append(style);
              await loaded;
              const room = document.createElement("div");
              room.className = "room";
              const texts = ["false", "true"].map((done) => {
                const turn = document.createElement("li"), said = document.createElement("span");
                turn.className = "turn trainee now";
                turn.dataset.done = done;
                said.className = "said";
                turn.append(said);
                room.append(turn);
                return said;
              });
              document.body.append(room);
              return texts.map((text) => getComputedStyle(text).color);
            }"""
        )
        soft, certain = window.page.evaluate(
            """() => ["--soft", "--text"].map((name) => {
              const probe = document.createElement("p");
              probe.style.color = `var(${name})`;
              document.body.append(probe);
              return getComputedStyle(probe).color;
            })"""
        )
        assert soft != certain
        assert colors == [soft, certain]
