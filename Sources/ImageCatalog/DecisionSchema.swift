/// The JSON Schema of an inbox's lines, `data/schema/decision_v1.schema.json`.
public enum DecisionSchema {
  public static let text = #"""
    {
      "$schema": "https://json-schema.org/draft/2020-12/schema",
      "$id": "decision_v1.schema.json",
      "title": "Decision",
      "description": "What somebody decided of a group of images: one line of data/review/inbox/PROJECT.jsonl, which is only ever appended to. The first decision of a group stands until an undo names its id. Members without a value are left out or null.",
      "type": "object",
      "required": ["schema", "id", "project", "group", "action", "actor", "images", "decidedAt", "blind"],
      "additionalProperties": false,
      "properties": {
        "schema": { "const": "decision_v1", "description": "The version of this format." },
        "id": {
          "$ref": "#/$defs/decisionID",
          "description": "The first 32 hexadecimal digits of SHA-256 over the canonical JSON of all other members: no spaces, members sorted by the bytes of their names, those without a value left out, coordinates and confidence as the shortest decimals that read back the same, with at least one digit after the point."
        },
        "project": {
          "type": "string",
          "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]*$",
          "description": "The id of the project, the inbox's own."
        },
        "group": { "$ref": "#/$defs/groupID", "description": "The id of the group." },
        "action": {
          "enum": ["approve", "override", "crop", "accept-crop", "reject", "skip", "undo"],
          "description": "approve: the recommended image as it is. override: another image as it is. crop: a part that a person draws, now or later. accept-crop: the recommended image with the recommended crop. reject: none of them. skip: not decided yet. undo: takes back the decision that undoes names."
        },
        "image": {
          "$ref": "#/$defs/fileName",
          "description": "The picked image: one of images. Absent for reject, skip and undo."
        },
        "crop": {
          "$ref": "#/$defs/rectangle",
          "description": "The part of the picked image. A crop without it waits for a later line of the same action and image that has it. For accept-crop only the recommended one."
        },
        "actor": {
          "enum": ["human", "machine"],
          "description": "Who decided. A machine's decision is never a human label."
        },
        "recommendation": {
          "oneOf": [{ "type": "null" }, { "$ref": "#/$defs/recommendation" }],
          "description": "The recommendation as it was shown, verbatim; absent when there was none."
        },
        "images": {
          "type": "array",
          "items": { "$ref": "#/$defs/fileName", "type": "string" },
          "uniqueItems": true,
          "description": "The names of the group's images as they were shown, in their order."
        },
        "shownAt": { "$ref": "#/$defs/time", "description": "When the group was shown." },
        "decidedAt": { "$ref": "#/$defs/time", "type": "string", "description": "When it was decided." },
        "blind": { "type": "boolean", "description": "Whether the recommendation was hidden." },
        "undoes": {
          "oneOf": [{ "type": "null" }, { "$ref": "#/$defs/decisionID" }],
          "description": "The id of the decision that an undo takes back."
        }
      },
      "allOf": [
        {
          "if": { "properties": { "action": { "enum": ["approve", "override", "crop", "accept-crop"] } } },
          "then": { "required": ["image"], "properties": { "image": { "type": "string" } } },
          "else": { "properties": { "image": { "type": "null" } } }
        },
        {
          "if": { "properties": { "action": { "enum": ["approve", "accept-crop"] } } },
          "then": { "required": ["recommendation"], "properties": { "recommendation": { "type": "object" } } }
        },
        {
          "if": { "properties": { "action": { "const": "accept-crop" } } },
          "then": {
            "properties": {
              "recommendation": { "required": ["crop"], "properties": { "crop": { "type": "array" } } }
            }
          }
        },
        {
          "if": { "properties": { "action": { "enum": ["crop", "accept-crop"] } } },
          "else": { "properties": { "crop": { "type": "null" } } }
        },
        {
          "if": { "properties": { "action": { "const": "undo" } } },
          "then": { "required": ["undoes"], "properties": { "undoes": { "type": "string" } } },
          "else": {
            "properties": { "undoes": { "type": "null" }, "images": { "minItems": 1 } }
          }
        }
      ],
      "$defs": {
        "decisionID": { "type": "string", "pattern": "^[0-9a-f]{32}$" },
        "groupID": { "type": "string", "pattern": "^g_[0-9a-f]{20}$" },
        "fileName": {
          "type": ["string", "null"],
          "pattern": "^[^/\u0000]+$",
          "not": { "enum": [".", ".."] },
          "description": "A file's name, without a folder."
        },
        "rectangle": {
          "type": ["array", "null"],
          "items": { "type": "number", "minimum": 0, "maximum": 1 },
          "minItems": 4,
          "maxItems": 4,
          "description": "[x1, y1, x2, y2] as fractions of the displayed image (EXIF orientation applied), x1 < x2 and y1 < y2."
        },
        "time": {
          "type": ["string", "null"],
          "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,9})?Z$",
          "description": "RFC 3339 in UTC."
        },
        "recommendation": {
          "type": "object",
          "required": ["recommender", "version", "index", "image", "group", "images", "digests"],
          "additionalProperties": false,
          "properties": {
            "recommender": { "type": "string", "minLength": 1, "description": "The recommender's name." },
            "version": { "type": "string", "minLength": 1, "description": "Its version." },
            "modelDigest": { "type": ["string", "null"], "minLength": 1, "description": "What identifies its model." },
            "index": { "type": "integer", "minimum": 0, "description": "Which of images it picks, from 0." },
            "image": { "$ref": "#/$defs/fileName", "type": "string", "description": "That image's name." },
            "confidence": {
              "type": ["number", "null"], "minimum": 0, "maximum": 1, "description": "How sure it is."
            },
            "crop": { "$ref": "#/$defs/rectangle", "description": "How it would crop that image." },
            "blind": { "type": "boolean", "description": "Whether it was hidden from who decided." },
            "group": { "$ref": "#/$defs/groupID", "description": "The group it is about." },
            "images": {
              "type": "array",
              "items": { "$ref": "#/$defs/fileName", "type": "string" },
              "minItems": 1,
              "description": "The group's images in their order."
            },
            "digests": {
              "type": "array",
              "items": { "type": "string", "pattern": "^[0-9a-f]{64}$" },
              "minItems": 1,
              "description": "The SHA-256 of each image's content."
            }
          }
        }
      }
    }
    """# + "\n"
}
