"""Validates published files with the JSON Schemas of data/schema, as readers elsewhere would.

    schema_judge.py SCHEMA_FOLDER NAME=FILE...

A file that ends in .jsonl has a document in each line. Prints how many documents of each schema are valid. Then each
document is spoilt in turn (a member taken away, one added, one of another type): where the schema does not see it, it says
nothing. Exits with an error on the first difference.
"""
import copy
import json
import sys

import jsonschema


def documents(path):
    with open(path, encoding="utf-8") as file:
        if path.endswith(".jsonl"):
            return [json.loads(line) for line in file]
        return [json.load(file)]


def spoilt(document):
    """What nothing may take for valid."""
    for name in document:
        yield f"without {name}", {key: value for key, value in document.items() if key != name}
        other = copy.deepcopy(document)
        other[name] = {"no": ["such", "value"]}
        yield f"another type of {name}", other


def main():
    folder, counts = sys.argv[1], {}
    for argument in sys.argv[2:]:
        name, path = argument.split("=", 1)
        with open(f"{folder}/{name}.schema.json", encoding="utf-8") as file:
            schema = json.load(file)
        jsonschema.Draft202012Validator.check_schema(schema)
        validator = jsonschema.Draft202012Validator(schema)
        found = documents(path)
        for number, document in enumerate(found, 1):
            for error in validator.iter_errors(document):
                raise SystemExit(f"{path}:{number} is no {name}: {error.json_path}: {error.message}")
        required = set(schema["required"])
        for what, document in spoilt(found[0]) if found else []:
            if what.split()[-1] in required and validator.is_valid(document):
                raise SystemExit(f"{name} does not see: {what}")
        if found and not schema["additionalProperties"] and validator.is_valid({**found[0], "new": 1}):
            raise SystemExit(f"{name} admits any member")
        counts[name] = counts.get(name, 0) + len(found)
    for name in sorted(counts):
        print(f"{name} {counts[name]}")


main()
