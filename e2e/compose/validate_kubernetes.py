"""validate_kubernetes.py FILE: holds each resource of a manifest against the schemas of Kubernetes, unknown keys forbidden."""

import sys

import kubernetes_validate
import yaml

VERSION = "1.33"

with open(sys.argv[1], encoding="utf-8") as file:
    resources = [resource for resource in yaml.safe_load_all(file) if resource]
for resource in resources:
    kubernetes_validate.validate(resource, VERSION, strict=True)
print(f"{len(resources)} resources are valid for Kubernetes {VERSION}")
