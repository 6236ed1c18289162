// The voice of an avatar: a choice of what the speech server has, and a button that speaks with the voice, the
// language and the speed as they stand in the form. The text field stays what is saved.

for (const root of document.querySelectorAll("[data-voice]")) {
  const part = (name) => root.querySelector(`[data-${name}]`);
  const words = root.dataset;
  const form = root.closest("form");
  const field = root.querySelector(".voice-name input");
  const language = form.elements.namedItem("language");
  const speed = form.elements.namedItem("speed");
  const base = (code) => code.toLowerCase().replace("_", "-").split("-")[0];

  offerVoices();
  hear();

  // -- the choice ----------------------------------------------------------------------------------

  async function offerVoices() {
    const names = part("names");
    const variants = part("variants");
    let voices = [];
    try {
      const answer = await fetch(words.voicesUrl, { headers: { Accept: "application/json" } });
      const told = await answer.json();
      if (!answer.ok) throw told.error;
      voices = told.voices;
    } catch (error) {
      say(error.hint ? `${words.noList} ${error.message} ${error.hint}` : words.noList);
      return;
    }
    if (!voices.length) return;
    part("choice").hidden = false;

    const find = () => {
      const [name, variant = ""] = field.value.trim().split("+");
      return { voice: voices.find((one) => one.name.toLowerCase() === name.toLowerCase()), variant };
    };

    const draw = () => {
      const { voice, variant } = find();
      const own = base(language.value);
      const shown = voices.filter((one) => part("all").checked || base(one.language) === own || one === voice);
      names.replaceChildren(new Option(words.own, ""), ...groups(shown, own));
      if (field.value.trim() && !voice) {
        names.prepend(new Option(words.other.replace("%s", field.value.trim()), field.value.trim()));
      }
      names.value = voice ? voice.name : field.value.trim();
      part("variants-label").hidden = !voice?.speakers.length;
      variants.replaceChildren(
        new Option(words.standard, ""),
        ...(voice?.speakers ?? []).map((one) => new Option(one, one)),
      );
      variants.value = voice?.speakers.includes(variant) ? variant : "";
    };

    const choose = () => {
      const { voice } = find();
      const same = voice && voice.name === names.value;
      field.value = names.value + (same && variants.value ? `+${variants.value}` : "");
      draw();
    };

    names.addEventListener("change", choose);
    variants.addEventListener("change", choose);
    field.addEventListener("input", draw);
    language.addEventListener("change", draw);
    part("all").addEventListener("change", draw);
    draw();
  }

  function groups(voices, own) {
    const called = new Intl.DisplayNames([document.documentElement.lang || "en"], { type: "language" });
    const title = (code) => {
      try {
        return called.of(code);
      } catch {
        return code; // some codes of speech servers are nobody's
      }
    };
    const byLanguage = new Map();
    for (const voice of voices) {
      const key = base(voice.language);
      byLanguage.set(key, [...(byLanguage.get(key) ?? []), voice]);
    }
    const order = [...byLanguage.keys()].sort(
      (a, b) => (b === own) - (a === own) || title(a).localeCompare(title(b)),
    );
    return order.map((key) => {
      const group = document.createElement("optgroup");
      group.label = title(key);
      const sorted = byLanguage.get(key).sort((a, b) => a.title.localeCompare(b.title));
      group.append(...sorted.map((one) => new Option(`${one.title} · ${one.name}`, one.name)));
      return group;
    });
  }

  // -- hearing it ----------------------------------------------------------------------------------

  function hear() {
    const button = part("button");
    const text = part("text");
    let own = sentence();
    let context;
    let stop = null; // ends whatever is under way
    text.value = own;

    language.addEventListener("change", () => {
      if (text.value === own) text.value = sentence();
      own = sentence();
    });
    text.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault(); // it would save the whole form
      if (!stop) button.click();
    });
    button.addEventListener("click", async () => {
      if (stop) {
        stop();
        return;
      }
      // Within the click: later, some browsers would keep it silent.
      context ??= new AudioContext();
      const resumed = context.resume();
      const request = new AbortController();
      stop = () => request.abort();
      say(words.preparing, "preparing");
      button.textContent = words.stop;
      try {
        const sound = await context.decodeAudioData(await fetchSample(text.value, request.signal));
        await resumed;
        say(words.playing, "playing");
        await play(sound, (end) => { stop = end; });
        say(words.played.replace("%s", sound.duration.toFixed(1)), "played");
      } catch (error) {
        if (error.name === "AbortError") say("");
        else complain(error.hint ? `${error.message} ${error.hint}` : `${words.noAnswer} ${words.safe}`);
      } finally {
        stop = null;
        button.textContent = words.hear;
      }
    });

    function sentence() {
      return root.getAttribute(`data-sentence-${base(language.value)}`) ?? words.sentenceEn;
    }

    function play(sound, stoppable) {
      return new Promise((resolve) => {
        const source = new AudioBufferSourceNode(context, { buffer: sound });
        source.addEventListener("ended", resolve);
        source.connect(context.destination);
        source.start();
        stoppable(() => source.stop());
      });
    }
  }

  async function fetchSample(text, signal) {
    const body = new URLSearchParams({ text, voice: field.value, language: language.value, speed: speed.value });
    const token = form.elements.namedItem("csrfmiddlewaretoken").value;
    const answer = await fetch(words.sampleUrl, { method: "POST", body, signal, headers: { "X-CSRFToken": token } });
    if (answer.ok) return answer.arrayBuffer();
    throw (await answer.json()).error;
  }

  function say(text, state = "") {
    root.dataset.state = state;
    part("problem").hidden = true;
    part("status").textContent = text;
  }

  function complain(text) {
    say("", "failed");
    part("problem").textContent = text;
    part("problem").hidden = false;
  }
}
