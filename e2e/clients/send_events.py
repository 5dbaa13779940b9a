"""Sends events with the CloudEvents SDK for Python, in binary and in structured mode.

Usage: send_events.py URL KEY, attributes and data as JSON on standard input. Prints mode, answer and id of each.
"""

import json
import sys
import uuid
from datetime import datetime

import requests
from cloudevents.core.bindings.http import to_binary_event, to_structured_event
from cloudevents.core.v1.event import CloudEvent

url, key = sys.argv[1:]
given = json.load(sys.stdin)
attributes = {**given["attributes"], "time": datetime.fromisoformat(given["attributes"]["time"].replace("Z", "+00:00"))}
sent = []
for mode, encode in (("binary", to_binary_event), ("structured", to_structured_event)):
    event = CloudEvent({**attributes, "id": f"python-{uuid.uuid4()}"}, given["data"])
    message = encode(event)
    answer = requests.post(url, data=message.body, headers={**message.headers, "authorization": f"Bearer {key}"}, timeout=30)
    sent.append({"mode": mode, "id": event.get_id(), "status": answer.status_code, "body": answer.json()})
print(json.dumps(sent))
