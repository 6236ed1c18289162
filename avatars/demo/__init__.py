"""The scenarios that every installation begins with."""

from __future__ import annotations

from avatars.demo.angry_customer import ANGRY_CUSTOMER
from avatars.demo.discovery_call import DISCOVERY_CALL
from avatars.demo.job_interview import JOB_INTERVIEW
from avatars.demo.lumina import LUMINA
from avatars.sheets import ScenarioSheet

SHEETS: tuple[ScenarioSheet, ...] = (LUMINA, ANGRY_CUSTOMER, DISCOVERY_CALL, JOB_INTERVIEW)
"""The default comes first."""
