"""The log pipeline's work in DuckDB: `python duckdb_logs.py WORKSPACE OUTPUT none|jsonl|parquet`.

Reads all logs, keeps each event once, and writes daily figures, 15-minute bins and sessions as JSON lines to
OUTPUT; with `jsonl` or `parquet` also the events, by day. Every choice of form is the fastest of those tried.
"""

import pathlib
import sys

import duckdb

COLUMNS = {
    "type": "VARCHAR",
    "script": "VARCHAR",
    "session_id": "VARCHAR",
    "batch_id": "VARCHAR",
    "timestamp": "TIMESTAMPTZ",
    "operation": "VARCHAR",
    "source_dir": "VARCHAR",
    "dest_dir": "VARCHAR",
    "file_count": "INTEGER",
    "notes": "VARCHAR",
    "files": "VARCHAR[]",
    "actor": "VARCHAR",
    "working_dir": "VARCHAR",
    "batch_name": "VARCHAR",
    "description": "VARCHAR",
    "action": "VARCHAR",
    "details": "VARCHAR",
}

# Only what the figures need is kept; that makes it small.
DISTINCT_EVENTS = """
create temp table events as
select timestamp as ts, script, type, operation, source_dir, dest_dir,
  coalesce(file_count, 1) as files, coalesce(actor = 'machine', false) as is_machine
from (select distinct * from {source})
"""

# All columns are kept, because they are written, too.
FULL_EVENTS = """
create temp table full_events as
select 'evt:' || left(sha256(concat_ws(chr(31), {fields})), 32) as event_id, *
from (select distinct * from {source});
create temp view events as
select timestamp as ts, script, type, operation, source_dir, dest_dir,
  coalesce(file_count, 1) as files, coalesce(actor = 'machine', false) as is_machine
from full_events
"""

WRITE_EVENTS = """
copy (
  select event_id, script as script_id, session_id, timestamp as ts_utc, type as event_type, operation,
    source_dir, dest_dir, file_count, notes, files[:50] as files_sample,
    strftime(timestamp, '%Y-%m-%d') as day, batch_id, working_dir, batch_name, description, action, details,
    coalesce(actor, 'human') as actor
  from full_events
) to '{output}/events' (format {format}, partition_by (day))
"""

FIGURES = """
-- What an operation's folders mean, found once for each combination.
create temp table places as
select source_dir, dest_dir, operation,
  case when source_dir = 'mojo1' or starts_with(source_dir, 'mojo1/') then 'mojo1'
    when source_dir = 'mojo3' or starts_with(source_dir, 'mojo3/') then 'mojo3'
    when dest_dir = 'mojo1' or starts_with(dest_dir, 'mojo1/') then 'mojo1'
    when dest_dir = 'mojo3' or starts_with(dest_dir, 'mojo3/') then 'mojo3'
    else 'unassigned' end as project,
  regexp_extract(coalesce(dest_dir, ''),
    '.*(?:^|/)(__crop_auto|__crop|__selected|__cropped|__delete_staging|[.]?Trash)(?:/|$)', 1) as folder,
  case when operation = 'send_to_trash' then 'trash' when folder in ('__crop', '__crop_auto') then 'crop'
    when folder = '__selected' then 'selected' when folder = '__cropped' then 'cropped'
    when folder = '__delete_staging' then 'delete' when folder in ('Trash', '.Trash') then 'trash'
    when operation in ('delete', 'stage_delete') then 'delete' else 'other' end as category
from (select distinct source_dir, dest_dir, operation from events where type = 'file_operation');

-- The operations with the microseconds since the one before, which is null at a person's first one and for machines.
create temp table operations as
select epoch_us(ts) as us, script, operation, project, category, files, is_machine,
  case when not is_machine then us - lag(us) over (partition by script, is_machine order by us) end as gap
from (
  select events.*, project, category from events join places
  on events.source_dir is not distinct from places.source_dir
    and events.dest_dir is not distinct from places.dest_dir
    and events.operation is not distinct from places.operation
  where type = 'file_operation');

copy (
  select script, start, max(us) as "end", sum(files) as files, count(*) as events,
    sum(case when gap < 300000000 then least(gap, 60000000) else 0 end) as active
  from (
    select *, max(case when gap is null or gap >= 300000000 then us end)
      over (partition by script order by us rows unbounded preceding) as start
    from operations where not is_machine)
  group by script, start order by start, script
) to '{output}/sessions.jsonl' (format json);

create temp table bins as
select bin, project, script, operation, category, sum(events) as events, sum(files) as files,
  sum(work) as work
from (
  select us // 900000000 * 900000000 as bin, project, script, operation, category, 1 as events, files,
    case when gap < 300000000 then least(gap, 60000000, us - bin) else 0 end as work
  from operations
  union all
  -- Work time that lies before the quarter hour in which it ends belongs to the one before.
  select us // 900000000 * 900000000 - 900000000, project, script, operation, category, 0, 0,
    least(gap, 60000000) - us % 900000000
  from operations where gap < 300000000 and least(gap, 60000000) > us % 900000000)
group by all;

copy (select * from bins order by all) to '{output}/bins.jsonl' (format json);

copy (
  select bin // 86400000000 as day, script, operation, project, sum(events) as events, sum(files) as files,
    sum(work) as work
  from bins group by all order by all
) to '{output}/daily.jsonl' (format json);

copy (
  select epoch_us(ts) // 86400000000 as day, script, type, count(*) as records, epoch_us(min(ts)) as first,
    epoch_us(max(ts)) as last
  from events group by all order by all
) to '{output}/records.jsonl' (format json);
"""


def main() -> None:
    workspace, output, form = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3]
    logs = sorted(workspace.glob("data/file_operations_logs/*.log"))
    logs += sorted(workspace.glob("data/log_archives/*.gz"))
    source = f"read_ndjson({[str(log) for log in logs]!r}, columns = {COLUMNS!r})"
    output.mkdir(parents=True)
    connection = duckdb.connect()
    connection.execute("set TimeZone = 'UTC'; set preserve_insertion_order = false")
    if form == "none":
        connection.execute(DISTINCT_EVENTS.format(source=source))
    else:
        connection.execute(FULL_EVENTS.format(source=source, fields=", ".join(COLUMNS)))
        format_name = "json" if form == "jsonl" else "parquet"
        connection.execute(WRITE_EVENTS.format(output=output, format=format_name))
    connection.execute(FIGURES.replace("{output}", str(output)))


main()
