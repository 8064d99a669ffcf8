"""Validates Kubernetes objects: validate.py FILE MINOR...; prints faults and the count as JSON."""
import json
import sys

import jsonschema
import kubernetes_validate.utils as utils
from referencing import Registry, Resource

path, *minors = sys.argv[1:]
with open(path, encoding="utf-8") as file:
    objects = json.load(file)

faults = []
count = 0
for minor in minors:
    version = next(each for each in utils.all_versions() if utils.major_minor(each) == minor)
    folder = f"kubernetes-json-schema/v{version}-local-strict"
    # The definitions of a version are large, so they are read once.
    definitions = utils.schema_contents(f"{folder}/_definitions.json", minor)
    registry = Resource.from_contents(definitions) @ Registry()
    validators = {}
    for each in objects:
        group, _, level = each["apiVersion"].rpartition("/")
        name = "-".join(part for part in (each["kind"].lower(), group.split(".")[0], level) if part)
        if name not in validators:
            schema = utils.schema_contents(f"{folder}/{name}.json", minor)
            resources = Resource.from_contents(schema) @ registry
            validators[name] = jsonschema.Draft202012Validator(schema, registry=resources)
        count += 1
        for error in validators[name].iter_errors(each):
            place = "/".join(str(part) for part in error.absolute_path)
            faults.append(f"{minor} {each['kind']}/{each['metadata']['name']} {place}: {error.message}"[:300])

print(json.dumps({"faults": faults, "count": count}))
