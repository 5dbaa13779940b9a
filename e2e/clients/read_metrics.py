"""Reads /metrics as Prometheus does: read_metrics.py NAME=HOST:PORT… Prints what was found of each, or why it cannot be read."""

import json
import sys
import urllib.request

from prometheus_client.parser import text_string_to_metric_families


def read(address):
    with urllib.request.urlopen(f"http://{address}/metrics", timeout=30) as answer:
        content_type = answer.headers["content-type"]
        families = list(text_string_to_metric_families(answer.read().decode()))
    samples = [(sample.name, tuple(sorted(sample.labels.items()))) for family in families for sample in family.samples]
    return {
        "contentType": content_type,
        "families": {family.name: family.type for family in families},
        "undocumented": [family.name for family in families if not family.documentation],
        "doubled": len(samples) - len(set(samples)),
        "ready": [sample.value for family in families for sample in family.samples if sample.name == "sluice_ready"],
    }


print(json.dumps({name: read(address) for name, _, address in (given.partition("=") for given in sys.argv[1:])}))
