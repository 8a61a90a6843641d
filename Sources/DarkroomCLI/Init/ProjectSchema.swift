/// The JSON Schema of project manifests, `data/schema/project_v1.schema.json`, for workspaces that are made anew.
enum ProjectSchema {
  static let text = #"""
    {
      "$schema": "https://json-schema.org/draft/2020-12/schema",
      "$id": "project_v1.schema.json",
      "title": "Project manifest",
      "description": "A project of the workspace: data/projects/ID.project.json. Which events belong to it, and what its folders mean.",
      "type": "object",
      "required": ["schema", "id", "root"],
      "additionalProperties": false,
      "properties": {
        "$schema": { "type": "string", "description": "For editors; ignored." },
        "schema": { "const": "project_v1", "description": "The version of this format." },
        "id": {
          "type": "string",
          "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]*$",
          "not": { "const": "unassigned" },
          "description": "The project's name in all figures. Unique in the workspace."
        },
        "title": { "type": "string", "minLength": 1, "description": "The name for people; the id when left out." },
        "root": {
          "type": "string",
          "minLength": 1,
          "description": "The project's folder: relative to the workspace, or absolute. Events in it belong to the project."
        },
        "status": {
          "enum": ["active", "finished", "archived"],
          "default": "active",
          "description": "Finished and archived projects make the baseline of speed."
        },
        "startedAt": {
          "type": ["string", "null"],
          "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}(T.*)?$",
          "description": "When work on the project started: a date, perhaps with a time of day."
        },
        "finishedAt": {
          "type": ["string", "null"],
          "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}(T.*)?$",
          "description": "When it was finished. The latest five finished projects make the baseline."
        },
        "folders": {
          "type": "object",
          "additionalProperties": false,
          "description": "The names of the production folders, where they differ from the usual ones.",
          "properties": {
            "selected": { "$ref": "#/$defs/folderName", "default": "__selected" },
            "crop": { "$ref": "#/$defs/folderName", "default": "__crop" },
            "cropAuto": { "$ref": "#/$defs/folderName", "default": "__crop_auto" },
            "cropped": { "$ref": "#/$defs/folderName", "default": "__cropped" },
            "deleteStaging": { "$ref": "#/$defs/folderName", "default": "__delete_staging" }
          }
        },
        "stages": {
          "type": "array",
          "minItems": 1,
          "description": "The stages of production, where they differ from the usual four. Of several that a file's name holds, the first in this list counts; upper and lower case are the same.",
          "items": {
            "type": "object",
            "required": ["name", "rank"],
            "additionalProperties": false,
            "properties": {
              "name": {
                "type": "string",
                "pattern": "^[!-.0-~]+$",
                "description": "What stands in the names of its images."
              },
              "rank": {
                "type": "number",
                "minimum": 0.001,
                "maximum": 1000000,
                "description": "Its place in production: a group goes from lower to higher ranks, and the rule recommends the highest. In steps of 0.001."
              }
            }
          }
        },
        "paths": {
          "type": "array",
          "items": { "type": "string", "minLength": 1 },
          "description": "Further path prefixes under which logs know the project, such as an older place or folders relative to the root. Compared in whole components, without asking the disk."
        }
      },
      "$defs": {
        "folderName": {
          "type": "string",
          "pattern": "^[^/]+$",
          "description": "One folder's name, without /."
        }
      }
    }
    """# + "\n"
}
