"""The room's sound: item after item, and where the browser can play nothing at all."""

from __future__ import annotations

from playwright.sync_api import Browser, expect

from tests.browser.axe import violations
from tests.browser.browser import visit
from tests.browser.test_first_pages import faint_texts
from tests.browser.test_room import OPENING, PATIENCE_MS, connected, enter, said

# Two items without a gap between them, in an audio clock that stands still until all is asked.
TWO_ITEMS = """async () => {
  const { Player } = await import("/static/js/audio/playback.js");
  const { Sound } = await import("/static/js/room/sound.js");
  const context = new OfflineAudioContext(1, 48000, 48000);
  Object.defineProperty(context, "outputLatency", { value: 0.2 });
  const open = Player.open;
  let player;
  Player.open = async (options) => (player = await open.call(Player, options));
  const playing = [], heard = {};
  const sound = await Sound.open({
    context,
    volume: 1,
    onHeard: (item, ms) => { heard[item] = ms; },
    onPlaying: (now) => playing.at(-1) !== now && playing.push(now),
    onLevel: () => {},
  });
  for (const [item, samples] of [["a", 9600], ["b", 24000]]) {
    sound.begin(item);
    sound.write(new Int16Array(samples).fill(1000).buffer);
    sound.finish(item);
  }
  await player.settled();
  await context.startRendering();
  await player.settled();
  return { playing, heard };
}"""

# A silent player, and what it reports.
SILENT = """async () => {
  const { SilentPlayer } = await import("/static/js/audio/silent.js");
  globalThis.told = [];
  globalThis.player = new SilentPlayer({
    rate: 1000,
    onPosition: ({ itemId, playedMs, playing, finished }) => told.push([itemId, playedMs, playing, finished]),
  });
  globalThis.write = (ms) => player.write(new Int16Array(ms).buffer);
}"""

UNHEARABLE = """
Object.defineProperty(BaseAudioContext.prototype, "audioWorklet", { value: undefined });
"""


def test_the_end_of_an_item_is_no_silence_when_the_next_has_begun(browser: Browser, base: str) -> None:
    with visit(browser, base) as window:
        window.open("/accounts/login/")
        assert window.page.evaluate(TWO_ITEMS) == {"playing": [True, False], "heard": {"a": 200, "b": 500}}


def test_where_nothing_can_be_played_the_time_of_the_sound_passes(browser: Browser, base: str) -> None:
    with visit(browser, base) as window:
        page = window.page
        page.clock.install(time=0)
        window.open("/accounts/login/")
        page.clock.pause_at(60_000)
        page.evaluate(SILENT)

        def told(what: str, then_ms: int = 0) -> list[list[object]]:
            page.evaluate(f"() => {{ {what} }}")
            if then_ms:
                page.clock.run_for(then_ms)
            reports: list[list[object]] = page.evaluate("() => told.splice(0)")
            return reports

        assert told("write(500)") == []  # nothing has begun
        assert told("player.begin('a'); write(150)", 250) == [
            ["a", 0, True, False],
            ["a", 100, True, False],
            ["a", 150, False, False],  # the rest has not come yet
        ]
        assert told("write(300)", 120) == [["a", 150, True, False], ["a", 250, True, False]]
        assert told("player.pause()", 500) == [["a", 270, False, False]]
        assert told("player.resume(); player.finish('a'); player.begin('b'); write(400)", 230) == [
            ["a", 270, True, False],
            ["a", 370, True, False],
            ["a", 450, False, True],
            ["b", 20, True, False],
        ]
        assert told("player.clear(); write(400); player.finish('b')", 500) == [["b", 50, False, False]]
        assert told("player.begin('c'); player.finish('c')", 200) == [["c", 0, False, True]]


def test_a_conversation_that_can_t_be_heard_is_held_in_writing(browser: Browser, base: str) -> None:
    with visit(browser, base) as window:
        page = window.page
        page.add_init_script(UNHEARABLE)
        enter(window)
        expect(page.get_by_role("heading", name="This browser can't listen")).to_be_visible()
        expect(page.get_by_role("button", name="Try again")).to_be_hidden()
        page.get_by_role("button", name="Go on by typing").click()
        connected(page)
        expect(page.get_by_text("Everything Marcus Bell says is written below.")).to_be_visible()
        assert faint_texts(page) == []
        assert violations(page) == []
        expect(page.get_by_text("Marcus Bell is speaking", exact=True)).to_be_visible()
        expect(said(page, "Marcus Bell").locator(".said")).to_have_text(OPENING, timeout=PATIENCE_MS)
        expect(page.get_by_text("Marcus Bell is listening", exact=True)).to_be_visible(timeout=PATIENCE_MS)
        page.keyboard.type("I am very sorry that you had to call so often.")
        page.keyboard.press("Enter")
        expect(page.get_by_text("Marcus Bell is speaking", exact=True)).to_be_visible(timeout=PATIENCE_MS)
        expect(page.get_by_text("Marcus Bell is listening", exact=True)).to_be_visible(timeout=PATIENCE_MS)
        answer = said(page, "Marcus Bell").nth(1)
        expect(answer).to_have_attribute("data-done", "true")
        expect(answer.locator("del")).to_be_hidden()


# The captions after a connection was lost: what the server has, and what has been said since.
MERGED = """async ({ kept, since }) => {
  const { Captions } = await import("/static/js/room/captions.js");
  const part = (name) => document.querySelector(`[data-part="${name}"]`);
  const model = document.getElementById("room-turns");
  const frame = part("captions-frame");
  const captions = new Captions({ frame, list: part("turns"), model, told: part("told") });
  const show = (turns) => {
    for (const [seq, speaker, text, unheard, done] of turns)
      captions.show({ id: `item_${seq}`, seq, speaker, kind: "speech", unheard, done }, text);
  };
  show(since.slice(0, 1));
  captions.replace(kept.map(([seq, speaker, said]) => {
    const line = document.importNode(model.content.querySelector(`[data-speaker="${speaker}"]`), true);
    line.dataset.seq = seq;
    line.querySelector(".said").textContent = said;
    return line;
  }));
  show(since.slice(1));
  return [...part("turns").children].filter((line) => !line.hidden)
    .map((line) => line.querySelector(".said").textContent);
}"""


def test_every_turn_has_one_caption_by_its_number(browser: Browser, base: str) -> None:
    with visit(browser, base) as window:
        page = window.page
        page.add_init_script(UNHEARABLE)
        enter(window)
        expect(page.get_by_role("heading", name="This browser can't listen")).to_be_visible()

        def shown(kept: list[list[object]], since: list[list[object]]) -> list[str]:
            lines: list[str] = page.evaluate(MERGED, {"kept": kept, "since": since})
            return lines

        older: list[list[object]] = [[1, "avatar", "Well?"], [2, "trainee", "I see."]]
        assert shown(older, [[3, "trainee", "I", "", False]]) == ["Well?", "I see.", "I"]
        assert shown([*older, [3, "trainee", "I"]], [[3, "trainee", "I", "", True]]) == ["Well?", "I see.", "I"]
        late: list[list[object]] = [[0, "avatar", "", "", False], [3, "trainee", "I", "", True]]
        assert shown([*older, [3, "trainee", "I"]], late) == ["Well?", "I see.", "I"]
        unheard: list[list[object]] = [[3, "avatar", "", "What now?", True]]
        assert shown(older, unheard) == ["Well?", "I see."]
