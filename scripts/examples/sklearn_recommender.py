#!/usr/bin/env python3
"""A recommender from outside: fits a scikit-learn model on exported decisions, and answers Darkroom's questions.

    darkroom train export --project mojo3 --format jsonl --to export
    python3 sklearn_recommender.py fit export data/training/models/sklearn.json
    python3 sklearn_recommender.py serve data/training/models/sklearn.json     (what the stage runs)

and in the pipeline:

    "recommend": { "uses": "images.recommend", "needs": ["catalog"],
                   "with": { "recommender": "command", "features": true, "name": "sklearn", "version": "1",
                             "model": "data/training/models/sklearn.json",
                             "command": ["python3", "sklearn_recommender.py", "serve",
                                         "data/training/models/sklearn.json"] } }

It learns from pairs: how the picked image of a group differs from each of the others. It learns on the split `train`
alone, tells its accuracy on `validation`, and never looks at `test`. The model is JSON: coefficients that anybody can read,
nothing that runs when it is loaded. Needs scikit-learn to fit; serving needs Python alone.
"""
import json
import math
import re
import sys

# A dataset's column, and the name of the same figure in a question.
FEATURES = {
    "sharpness": "sharpness", "exposure": "exposure", "contrast": "contrast", "entropy": "entropy",
    "colourfulness": "colourfulness", "clipped_shadows": "clippedShadows",
    "clipped_highlights": "clippedHighlights", "stage": "stage",
}
# Below this confidence it has no opinion.
THRESHOLD = 0.5


def read_groups(export):
    """The groups of which a person picked one of several measured images: (split, rows of features, picked)."""
    groups = {}
    with open(f"{export}/images.jsonl", encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            groups.setdefault(row["group_id"], []).append(row)
    for rows in groups.values():
        picked = [index for index, row in enumerate(rows) if row["picked"]]
        features = [[row[column] for column in FEATURES] for row in rows]
        if len(rows) > 1 and len(picked) == 1 and all(None not in row for row in features):
            yield rows[0]["split"], features, picked[0]


def fit(export, model_path):
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    groups = list(read_groups(export))
    train = [group for group in groups if group[0] == "train"]
    validation = [group for group in groups if group[0] == "validation"]
    if len(train) < 20:
        sys.exit(f"{len(train)} groups to learn from are too few: 20 are the least")
    scaler = StandardScaler().fit([row for _, rows, _ in train for row in rows])
    # Each pair in both directions, so that neither side is the favourite; no intercept for the same reason.
    differences, answers = [], []
    for _, rows, picked in train:
        scaled = scaler.transform(rows)
        for index in range(len(rows)):
            if index != picked:
                differences += [scaled[picked] - scaled[index], scaled[index] - scaled[picked]]
                answers += [1, 0]
    fitted = LogisticRegression(fit_intercept=False, max_iter=1000).fit(differences, answers)
    model = {
        "features": list(FEATURES), "mean": scaler.mean_.tolist(), "scale": scaler.scale_.tolist(),
        "weights": fitted.coef_[0].tolist(), "threshold": THRESHOLD,
        "groups": {"train": len(train), "validation": len(validation)},
    }
    right = sum(choose(model, rows)[0] == picked for _, rows, picked in validation)
    model["validation_accuracy"] = right / len(validation) if validation else None
    with open(model_path, "w", encoding="utf-8") as file:
        json.dump(model, file, indent=2, sort_keys=True)
        file.write("\n")
    print(f"fitted on {len(train)} groups; picks {right} of {len(validation)} groups of validation as people did")


def choose(model, rows):
    """The best image of a group, and how sure the model is: its share among all."""
    scores = [
        sum(weight * (value - mean) / scale for weight, value, mean, scale in
            zip(model["weights"], row, model["mean"], model["scale"]))
        for row in rows
    ]
    best = max(range(len(scores)), key=scores.__getitem__)
    return best, 1 / sum(math.exp(score - scores[best]) for score in scores)


def stage_rank(name):
    """`stage1.5_face_swapped` is 1.5; what is no stage is 0."""
    found = re.match(r"stage(\d+(?:\.\d+)?)", name)
    return float(found.group(1)) if found else 0.0


def answer(model, question):
    rows = []
    for image in question["images"]:
        figures = dict(image["features"], stage=stage_rank(image["stage"]))
        rows.append([figures[FEATURES[column]] for column in model["features"]])
    best, confidence = choose(model, rows)
    if confidence < model["threshold"]:
        return {"group": question["group"], "index": None}
    return {"group": question["group"], "index": best, "confidence": confidence}


def serve(model_path):
    with open(model_path, encoding="utf-8") as file:
        model = json.load(file)
    for line in sys.stdin:
        print(json.dumps(answer(model, json.loads(line))), flush=True)


if __name__ == "__main__":
    if len(sys.argv) == 4 and sys.argv[1] == "fit":
        fit(sys.argv[2], sys.argv[3])
    elif len(sys.argv) == 3 and sys.argv[1] == "serve":
        serve(sys.argv[2])
    else:
        sys.exit(__doc__)
