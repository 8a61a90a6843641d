"""The join of `training.join` by other programs: join_peers.py duckdb|pandas DATABASES FOLDER [PARQUET]

Both read the two SQLite files of one project and write the same three files of JSON lines. They look neither for
near-duplicates nor for leaks, and write no digests."""

import pathlib
import sys

PROJECT = "mojo"
SPLIT = """CASE WHEN h < 'cccccccccccccccc' OR h = 'cccccccccccccccc' THEN 'train'
  WHEN h <= 'e666666666666665' THEN 'validation' ELSE 'test' END"""
# number * 100 / 2^64 below 80 and 90: numbers up to cccccccccccccccc and e666666666666665 in hexadecimal digits.


def duckdb_join(decisions: str, measurements: str, folder: pathlib.Path) -> None:
    import duckdb
    import duckdb_extension_sqlite_scanner

    # The extension comes as a Python package: it is loaded from there, nothing is downloaded.
    package = pathlib.Path(duckdb_extension_sqlite_scanner.__file__).parent
    db = duckdb.connect()
    db.execute(f"LOAD '{next(package.rglob('sqlite_scanner.duckdb_extension'))}'")
    db.execute("SET preserve_insertion_order = true")
    source = f"sqlite_scan('{decisions}', 'ai_decisions')"
    measured = f"sqlite_scan('{measurements}', 'image_measurements')"
    _duckdb_tables(db, source, measured, folder)


def duckdb_parquet_join(decisions: str, measurements: str, folder: pathlib.Path) -> None:
    import duckdb

    db = duckdb.connect()
    _duckdb_tables(db, f"'{decisions}'", f"'{measurements}'", folder)


def _duckdb_tables(db, source: str, measured: str, folder: pathlib.Path) -> None:
    db.execute(f"""
      CREATE TEMP TABLE kept AS SELECT *, '{PROJECT}/' || group_id AS lineage_id,
        CASE WHEN ai_selected_index IS NULL AND ai_crop_coords IS NULL AND recommender IS NULL THEN 'none'
          WHEN blind IS NULL THEN 'unknown' WHEN blind = 1 THEN 'blind' ELSE 'shown' END AS exposure_word,
        images::JSON::VARCHAR[] AS names, image_digests::JSON::VARCHAR[] AS digests,
        ai_crop_coords::JSON::DOUBLE[] AS shown, final_crop_coords::JSON::DOUBLE[] AS final,
        {SPLIT.replace("h ", "substr(sha256('darkroom-split-v1' || chr(0) || '" + PROJECT + "/' || group_id), 1, 16) ")} AS split
      FROM {source} WHERE actor = 'human' AND user_action <> 'skip'""")
    db.execute(f"""
      COPY (SELECT user_action AS action, ai_confidence, ai_crop_accepted = 1 AS ai_crop_accepted, shown AS ai_crop_coords,
        ai_selected_index, decided_at, decision_id, directory, exposure_word AS exposure, group_id, digests AS image_digests,
        image_height, image_width, names AS images,
        (epoch_us(decided_at::TIMESTAMP) - epoch_us(shown_at::TIMESTAMP)) / 1e6 AS latency_seconds,
        lineage_id, model_digest, names[user_selected_index + 1] AS picked_image, '{PROJECT}' AS project_id, recommender,
        recommender_version, schema_version,
        CASE WHEN ai_selected_index IS NULL THEN NULL ELSE user_selected_index IS NOT DISTINCT FROM ai_selected_index END
          AS selection_match, shown_at, split, user_selected_index
      FROM kept ORDER BY group_id) TO '{folder}/selections.jsonl' (FORMAT JSON)""")
    db.execute(f"""
      CREATE TEMP TABLE facts AS SELECT * FROM {measured}""")
    db.execute(f"""
      COPY (SELECT attention_x, attention_y, clipped_highlights, clipped_shadows, colourfulness, contrast, entropy,
        exposure, group_id, image, image_digest, height AS image_height, width AS image_width, index, lineage_id,
        perceptual_hash, index IS NOT DISTINCT FROM user_selected_index AS picked, '{PROJECT}' AS project_id,
        NULL AS prompt, index = ai_selected_index AS recommended, sharpness, split,
        CASE WHEN contains(lower(image), 'stage1_generated') THEN 1.0
          WHEN contains(lower(image), 'stage1.5_face_swapped') THEN 1.5
          WHEN contains(lower(image), 'stage2_upscaled') THEN 2.0
          WHEN contains(lower(image), 'stage3_enhanced') THEN 3.0 ELSE 0.0 END AS stage
      FROM (SELECT group_id, lineage_id, split, user_selected_index, ai_selected_index, unnest(names) AS image,
          unnest(coalesce(digests, list_transform(names, lambda n: NULL::VARCHAR))) AS image_digest,
          unnest(range(len(names))) AS index FROM kept)
        LEFT JOIN facts ON facts.digest = image_digest
      ORDER BY group_id, index) TO '{folder}/images.jsonl' (FORMAT JSON)""")
    db.execute(f"""
      COPY (SELECT ai_crop_accepted = 1 AS ai_crop_accepted, shown AS ai_crop_coords,
        (shown[3] - shown[1]) * (shown[4] - shown[2]) - area AS area_difference,
        sqrt(pow((shown[1] + shown[3] - final[1] - final[3]) / 2, 2)
          + pow((shown[2] + shown[4] - final[2] - final[4]) / 2, 2)) AS centre_distance,
        NULL AS crop_digest, '{PROJECT}/' || group_id AS crop_id, crop_match = 1 AS crop_match,
        crop_timestamp AS cropped_at, decided_at, CASE WHEN shown IS NULL THEN 'none' ELSE exposure_word END AS exposure,
        final AS final_crop_coords,
        [floor(final[1] * image_width + 1e-6)::INT, floor(final[2] * image_height + 1e-6)::INT,
          ceil(final[3] * image_width - 1e-6)::INT, ceil(final[4] * image_height - 1e-6)::INT] AS final_crop_pixels,
        group_id, names[user_selected_index + 1] AS image, digests[user_selected_index + 1] AS image_digest,
        image_height, image_width,
        CASE WHEN shown IS NULL THEN NULL
          ELSE shared / ((shown[3] - shown[1]) * (shown[4] - shown[2]) + area - shared) END AS iou,
        lineage_id, model_digest, 0 AS occurrence, '{PROJECT}' AS project_id, recommender, recommender_version,
        schema_version, NULL AS session, split
      FROM (SELECT *, (final[3] - final[1]) * (final[4] - final[2]) AS area,
          greatest(0, least(shown[3], final[3]) - greatest(shown[1], final[1]))
            * greatest(0, least(shown[4], final[4]) - greatest(shown[2], final[2])) AS shared FROM kept)
        LEFT JOIN facts ON facts.digest = digests[user_selected_index + 1]
      WHERE final IS NOT NULL AND user_selected_index IS NOT NULL
        AND coalesce(facts.width = image_width AND facts.height = image_height, true)
      ORDER BY group_id) TO '{folder}/crops.jsonl' (FORMAT JSON)""")


def pandas_join(decisions: str, measurements: str, folder: pathlib.Path) -> None:
    import hashlib
    import json
    import sqlite3

    import numpy as np
    import pandas as pd

    def load(text):
        return None if text is None else json.loads(text)

    def split(lineage: str) -> str:
        number = int.from_bytes(hashlib.sha256(b"darkroom-split-v1\0" + lineage.encode()).digest()[:8], "big")
        percent = number * 100 >> 64
        return "train" if percent < 80 else "validation" if percent < 90 else "test"

    def truths(column: pd.Series) -> pd.Series:
        return column.astype("Int8").astype("boolean")

    rows = pd.read_sql(
        "SELECT * FROM ai_decisions WHERE actor = 'human' AND user_action <> 'skip' ORDER BY group_id",
        sqlite3.connect(decisions))
    facts = pd.read_sql("SELECT * FROM image_measurements", sqlite3.connect(measurements))
    for column in ["ai_selected_index", "user_selected_index", "image_width", "image_height", "schema_version"]:
        rows[column] = rows[column].astype("Int64")
    for column in ["recommender", "recommender_version", "model_digest", "decision_id", "shown_at", "image_digests",
                   "ai_crop_coords", "final_crop_coords", "crop_timestamp"]:
        rows[column] = rows[column].astype(object).where(rows[column].notna(), None)
    rows["lineage_id"] = PROJECT + "/" + rows["group_id"]
    rows["project_id"] = PROJECT
    rows["split"] = rows["lineage_id"].map(split)
    rows["names"] = rows["images"].map(json.loads)
    rows["digests"] = rows["image_digests"].map(load)
    rows["shown"] = rows["ai_crop_coords"].map(load)
    rows["final"] = rows["final_crop_coords"].map(load)
    none = rows["ai_selected_index"].isna()
    rows["exposure"] = np.select(
        [none, rows["blind"].isna(), rows["blind"] == 1], ["none", "unknown", "blind"], "shown")
    picked = rows["user_selected_index"].fillna(-1).astype(int)
    rows["picked_image"] = [n[i] if i >= 0 else None for n, i in zip(rows["names"], picked)]
    rows["picked_digest"] = [d[i] if d and i >= 0 else None for d, i in zip(rows["digests"], picked)]
    latency = (pd.to_datetime(rows["decided_at"], format="ISO8601") - pd.to_datetime(rows["shown_at"], format="ISO8601"))
    match = (rows["user_selected_index"].fillna(-1) == rows["ai_selected_index"]).astype("boolean").mask(none)
    selections = pd.DataFrame({
        "action": rows["user_action"], "ai_confidence": rows["ai_confidence"],
        "ai_crop_accepted": truths(rows["ai_crop_accepted"]), "ai_crop_coords": rows["shown"],
        "ai_selected_index": rows["ai_selected_index"], "decided_at": rows["decided_at"],
        "decision_id": rows["decision_id"], "directory": rows["directory"], "exposure": rows["exposure"],
        "group_id": rows["group_id"], "image_digests": rows["digests"], "image_height": rows["image_height"],
        "image_width": rows["image_width"], "images": rows["names"], "latency_seconds": latency.dt.total_seconds(),
        "lineage_id": rows["lineage_id"], "model_digest": rows["model_digest"], "picked_image": rows["picked_image"],
        "project_id": rows["project_id"], "recommender": rows["recommender"],
        "recommender_version": rows["recommender_version"], "schema_version": rows["schema_version"],
        "selection_match": match, "shown_at": rows["shown_at"], "split": rows["split"],
        "user_selected_index": rows["user_selected_index"]})
    selections.to_json(folder / "selections.jsonl", orient="records", lines=True, double_precision=15)
    del selections

    images = rows[["group_id", "lineage_id", "split", "user_selected_index", "ai_selected_index"]].assign(
        image=rows["names"], image_digest=[d or [None] * len(n) for d, n in zip(rows["digests"], rows["names"])])
    images = images.explode(["image", "image_digest"], ignore_index=True)
    images["index"] = images.groupby("group_id", sort=False).cumcount()
    images = images.merge(facts, left_on="image_digest", right_on="digest", how="left")
    lowered = images["image"].str.lower()
    stages = ["stage1_generated", "stage1.5_face_swapped", "stage2_upscaled", "stage3_enhanced"]
    images = images.assign(
        image_height=images["height"].astype("Int64"), image_width=images["width"].astype("Int64"), project_id=PROJECT,
        picked=(images["index"] == images["user_selected_index"]).fillna(False), prompt=None,
        recommended=(images["index"] == images["ai_selected_index"]).astype("boolean"),
        stage=np.select([lowered.str.contains(s, regex=False) for s in stages], [1.0, 1.5, 2.0, 3.0], 0.0))
    columns = ["attention_x", "attention_y", "clipped_highlights", "clipped_shadows", "colourfulness", "contrast",
               "entropy", "exposure", "group_id", "image", "image_digest", "image_height", "image_width", "index",
               "lineage_id", "perceptual_hash", "picked", "project_id", "prompt", "recommended", "sharpness", "split",
               "stage"]
    images[columns].to_json(folder / "images.jsonl", orient="records", lines=True, double_precision=15)
    del images, lowered

    crops = rows[rows["final"].notna() & rows["user_selected_index"].notna()].merge(
        facts[["digest", "width", "height"]], left_on="picked_digest", right_on="digest", how="left")
    same = (crops["width"] == crops["image_width"]) & (crops["height"] == crops["image_height"])
    crops = crops[same.fillna(True) | crops["width"].isna()]
    final = np.array(crops["final"].tolist(), dtype=float)
    shown = np.array([s or [np.nan] * 4 for s in crops["shown"]], dtype=float)
    area = (final[:, 2] - final[:, 0]) * (final[:, 3] - final[:, 1])
    shown_area = (shown[:, 2] - shown[:, 0]) * (shown[:, 3] - shown[:, 1])
    shared = (np.maximum(0, np.minimum(shown[:, 2], final[:, 2]) - np.maximum(shown[:, 0], final[:, 0]))
              * np.maximum(0, np.minimum(shown[:, 3], final[:, 3]) - np.maximum(shown[:, 1], final[:, 1])))
    width, height = crops["image_width"].to_numpy(float), crops["image_height"].to_numpy(float)
    pixels = np.stack([np.floor(final[:, 0] * width + 1e-6), np.floor(final[:, 1] * height + 1e-6),
                       np.ceil(final[:, 2] * width - 1e-6), np.ceil(final[:, 3] * height - 1e-6)], axis=1).astype(int)
    centre = np.hypot((shown[:, 0] + shown[:, 2] - final[:, 0] - final[:, 2]) / 2,
                      (shown[:, 1] + shown[:, 3] - final[:, 1] - final[:, 3]) / 2)
    pd.DataFrame({
        "ai_crop_accepted": truths(crops["ai_crop_accepted"]), "ai_crop_coords": crops["shown"],
        "area_difference": shown_area - area, "centre_distance": centre, "crop_digest": None, "crop_id": crops["lineage_id"],
        "crop_match": truths(crops["crop_match"]), "cropped_at": crops["crop_timestamp"],
        "decided_at": crops["decided_at"], "exposure": crops["exposure"].where(crops["shown"].notna(), "none"),
        "final_crop_coords": crops["final"], "final_crop_pixels": list(pixels.tolist()), "group_id": crops["group_id"],
        "image": crops["picked_image"], "image_digest": crops["picked_digest"], "image_height": crops["image_height"],
        "image_width": crops["image_width"], "iou": shared / (shown_area + area - shared),
        "lineage_id": crops["lineage_id"], "model_digest": crops["model_digest"], "occurrence": 0,
        "project_id": crops["project_id"], "recommender": crops["recommender"],
        "recommender_version": crops["recommender_version"], "schema_version": crops["schema_version"],
        "session": None, "split": crops["split"],
    }).to_json(folder / "crops.jsonl", orient="records", lines=True, double_precision=15)


if __name__ == "__main__":
    peer, decisions, measurements, folder = sys.argv[1:]
    {"duckdb": duckdb_join, "duckdb-parquet": duckdb_parquet_join, "pandas": pandas_join}[peer](
        decisions, measurements, pathlib.Path(folder))
