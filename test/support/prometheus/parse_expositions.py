"""Reads [{"format": …, "text": …}, …] as JSON, writes what prometheus_client makes of each page."""

import json
import sys

from prometheus_client import parser
from prometheus_client.openmetrics import parser as openmetrics_parser

PARSERS = {
    "prometheus": parser.text_string_to_metric_families,
    "openmetrics": openmetrics_parser.text_string_to_metric_families,
}


def read(page):
    try:
        families = list(PARSERS[page["format"]](page["text"]))
    except Exception as error:
        return {"error": repr(error)}
    samples = [sample for family in families for sample in family.samples]
    return {
        "families": [
            {"name": family.name, "type": family.type, "help": family.documentation, "unit": family.unit}
            for family in families
        ],
        "samples": [
            {"name": sample.name, "labels": sample.labels, "value": repr(float(sample.value))}
            for sample in samples
        ],
    }


json.dump([read(page) for page in json.load(sys.stdin)], sys.stdout)
