# Two images from one file: `web` (web server, Celery worker and beat) and `tts_worker`.

FROM python:3.12-slim AS web
WORKDIR /srv/coachsite
COPY requirements/main.txt requirements/main.txt
RUN python -m pip install --no-cache-dir --no-deps -r requirements/main.txt
COPY . .
RUN useradd --system --create-home coachsite && install -d -o coachsite /data
USER coachsite
ENV COACH_DATA_DIR=/data PYTHONUNBUFFERED=1
CMD ["python", "manage.py", "serve", "--prepare"]

FROM python:3.12-slim AS tts_worker
ARG REQUIREMENTS=cpu
WORKDIR /srv/coachsite
COPY tts_worker tts_worker
RUN python -m pip install --no-cache-dir --no-deps -r tts_worker/requirements-${REQUIREMENTS}.txt \
    && useradd --system coachsite
USER coachsite
CMD ["python", "-m", "tts_worker", "--uri", "tcp://0.0.0.0:10200"]
