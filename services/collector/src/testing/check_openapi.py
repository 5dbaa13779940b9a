"""Checks an OpenAPI document with other people's validators.

Input: {"document": …, "samples": [{"schema": name, "value": …}, …]}.
Output: {"document": sentences, "samples": for each of them, sentences}.
"""

import json
import sys

from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

request = json.load(sys.stdin)
document = request["document"]


def check(sample):
    schema = {"$ref": f"#/components/schemas/{sample['schema']}", "components": document["components"]}
    validator = OAS31Validator(schema, format_checker=OAS31Validator.FORMAT_CHECKER)
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(sample["value"])]


print(json.dumps({
    "document": [error.message for error in OpenAPIV31SpecValidator(document).iter_errors()],
    "samples": [check(sample) for sample in request["samples"]],
}))
