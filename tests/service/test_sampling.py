"""The voice that is heard while choosing one, asked for over HTTP at a served demo with its speech worker."""

from __future__ import annotations

import contextlib
import io
import json
import re
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
from scipy.io import wavfile

from tests.service.served import PATIENCE_S, Served, serve

ADMIN, TRAINEE = "admin@demo.test", "trainee@demo.test"


@contextlib.contextmanager
def signed_in(house: Served, email: str) -> Iterator[httpx.Client]:
    """Asks as the site's own pages do, with the session's cookie and the token against forgery."""
    with httpx.Client(base_url=f"http://127.0.0.1:{house.port}", timeout=60, trust_env=False) as client:
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', client.get("/accounts/login/").text)
        assert token
        fields = {"login": email, "password": "demo", "csrfmiddlewaretoken": token[1]}
        assert client.post("/accounts/login/", data=fields).status_code == 302
        client.headers["X-CSRFToken"] = client.cookies["csrftoken"]
        yield client


@pytest.fixture(scope="module")
def admin(house: Served) -> Iterator[httpx.Client]:
    with signed_in(house, ADMIN) as client:
        yield client


def heard(answer: httpx.Response) -> tuple[float, float]:
    """Seconds and root mean square of a sample."""
    assert (answer.status_code, answer.headers["content-type"]) == (200, "audio/wav"), answer.text
    assert "no-store" in answer.headers["cache-control"]
    rate, samples = wavfile.read(io.BytesIO(answer.content))
    assert (samples.dtype, samples.ndim) == (np.int16, 1)
    return len(samples) / rate, float(np.sqrt(np.mean(samples.astype(float) ** 2)))


def ask(client: httpx.Client, **fields: str) -> httpx.Response:
    return client.post("/voices/sample/", data={"text": "Good morning. What can I do for you?", **fields})


def test_it_lists_the_voices_of_a_language_with_their_variants(admin: httpx.Client) -> None:
    answer = admin.get("/voices/", params={"language": "de-AT"})
    assert answer.json() == {
        "voices": [
            {
                "name": "de",
                "title": "German",
                "language": "de",
                "speakers": ["f1", "f2", "f3", "f4", "f5", "m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8"],
            }
        ]
    }
    everything = admin.get("/voices/").json()["voices"]
    assert len(everything) > 80
    assert {"en-us", "en-gb", "fr-fr", "es"} <= {one["name"] for one in everything}


def test_a_sample_is_real_speech_at_the_speed_asked_for(admin: httpx.Client) -> None:
    plain, level = heard(ask(admin, voice="en-us+f3", language="en"))
    assert plain > 1
    assert level > 300
    slow, _ = heard(ask(admin, voice="en-us+f3", language="en", speed="0.5"))
    assert slow > 1.4 * plain


def test_voices_differ_and_a_name_that_is_not_there_is_replaced(admin: httpx.Client) -> None:
    one, other, kokoro = (ask(admin, voice=name).content for name in ("en-us+f1", "en-us+m7", "af_heart"))
    assert one[44:4000] != other[44:4000]
    assert len(kokoro) > 20_000


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"text": " "}, "There is nothing to say."),
        ({"text": "a" * 201}, "A sample can have 200 letters at most."),
        ({"speed": "2.1"}, "The speed must be a number from 0.5 to 2."),
        ({"speed": "nan"}, "The speed must be a number from 0.5 to 2."),
        ({"speed": "fast"}, "The speed must be a number from 0.5 to 2."),
        ({"voice": "v" * 101}, "There is no voice with so long a name."),
    ],
    ids=str,
)
def test_it_says_what_is_wrong_with_a_request(
    admin: httpx.Client, fields: dict[str, str], message: str
) -> None:
    answer = ask(admin, **fields)
    assert (answer.status_code, answer.json()["error"]["message"]) == (400, message)


def test_it_is_for_admins_only_and_never_for_another_site(house: Served, admin: httpx.Client) -> None:
    with signed_in(house, TRAINEE) as trainee:
        assert (trainee.get("/voices/").status_code, ask(trainee).status_code) == (403, 403)
        assert trainee.get("/voices/").json()["error"]["message"] == "Only admins choose voices."
    with httpx.Client(base_url=admin.base_url, trust_env=False) as nobody:
        assert nobody.get("/voices/").status_code == 401
    with httpx.Client(base_url=admin.base_url, cookies=dict(admin.cookies), trust_env=False) as foreign:
        assert foreign.post("/voices/sample/", data={"text": "Hello"}).status_code == 403
    assert admin.get("/voices/sample/").status_code == 405


class MuteServer:
    """A Wyoming server that takes a text and never speaks. ``left`` is set once the client that asked has hung
    up; then the server is gone."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"tcp://127.0.0.1:{self.socket.getsockname()[1]}"
        self.asked, self.left = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        info = json.dumps({"type": "info", "data": {"word_timings": True, "tts": []}}).encode()
        while not self.left.is_set():
            with self.socket.accept()[0] as connection, connection.makefile("rb") as lines:
                for (
                    line
                ) in lines:  # of JSON without an end between them but the line's, as long as none has data
                    if b"describe" in line:
                        connection.sendall(info + b"\n")
                    if b"synthesize" in line:
                        self.asked.set()
                if self.asked.is_set():
                    self.left.set()
        self.socket.close()

    def wait_until_gone(self) -> None:
        assert self.left.wait(PATIENCE_S)
        self._thread.join(PATIENCE_S)


def test_whoever_leaves_stops_the_synthesis_and_a_server_that_is_gone_is_named(tmp_path: Path) -> None:
    data, mute = tmp_path / "data", MuteServer()
    with serve(data, "--prepare", COACH_TTS_ADDRESS=mute.address) as house:
        house.wait_until_served()
        with signed_in(house, ADMIN) as client:
            with pytest.raises(httpx.ReadTimeout):
                client.post("/voices/sample/", data={"text": "Hello?"}, timeout=1)
            assert mute.asked.wait(PATIENCE_S)
            mute.wait_until_gone()
            answers = [client.get("/voices/"), ask(client)]
    for answer in answers:
        assert answer.status_code == 503
        error = answer.json()["error"]
        assert error["message"].startswith("The speech server failed: it can't be reached")
        assert error["hint"] == "Start the speech worker: make tts-worker."
