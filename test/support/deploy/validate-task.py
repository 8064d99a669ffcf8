"""Validates a task definition of ECS, the first argument, by the model of AWS's own library botocore."""

import json
import sys

import botocore.session
from botocore.validate import ParamValidator

with open(sys.argv[1], encoding="utf-8") as file:
    definition = json.load(file)
model = botocore.session.get_session().get_service_model("ecs")
shape = model.operation_model("RegisterTaskDefinition").input_shape
report = ParamValidator().validate(definition, shape)
if report.has_errors():
    sys.exit(report.generate_report())
print(len(definition["containerDefinitions"]), "containers are valid")
