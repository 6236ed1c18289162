"""What a conversation is measured by: pure functions from turns to numbers, no Django, no clock.

``timeline`` puts turns in order, one module per family measures, ``registry`` lists them with units and
targets, ``report`` puts them together.
"""

from reports.metrics.report import ANALYSIS_VERSION, ConversationReport, canonical_json, compute_report
from reports.metrics.result import REASONS, Evidence, Metric, Unmeasured

__all__ = [
    "ANALYSIS_VERSION",
    "REASONS",
    "ConversationReport",
    "Evidence",
    "Metric",
    "Unmeasured",
    "canonical_json",
    "compute_report",
]
