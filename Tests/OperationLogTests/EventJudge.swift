/// An independent reading of operation logs in Python: counts the lines and computes every event id from the
/// documentation alone.
enum EventJudge {
  /// Prints, for the log on standard input, one line `lines accepted duplicates blank quarantined`, then each
  /// accepted event's `event_id ts_utc-microseconds` in line order.
  static let program = #"""
    import sys, json, struct, hashlib, re, datetime
    TYPES = {"session_start", "session_end", "batch_start", "batch_end", "file_operation", "user_action",
             "directory_state", "metric_mode_update"}
    TEXTS = ["type", "script", "session_id", "timestamp", "operation", "source_dir", "dest_dir", "notes", "actor"]
    KNOWN = set(TEXTS) | {"file_count", "files", "files_sample"}

    def pairs(items):
        result = dict(items)
        if len(result) != len(items): raise ValueError("duplicate key")
        return result

    def no(_): raise ValueError("not JSON")

    def number(value):
        if isinstance(value, bool): raise TypeError
        if isinstance(value, int):
            if not -2**63 <= value < 2**64: raise ValueError("range")
            return str(value)
        if value in (float("inf"), float("-inf")): raise ValueError("range")
        sign, digits, exponent = __import__("decimal").Decimal(repr(value)).as_tuple()
        text = "".join(map(str, digits)).lstrip("0") or "0"
        if text != "0":
            stripped = text.rstrip("0"); exponent += len(text) - len(stripped); text = stripped
        else: exponent = 0
        point = len(text) + exponent
        if exponent >= 0: fixed = text + "0" * exponent
        elif point > 0: fixed = text[:point] + "." + text[point:]
        else: fixed = "0." + "0" * -point + text
        power = point - 1
        scientific = text[0] + ("." + text[1:] if len(text) > 1 else "") + "e%s%02d" % ("-" if power < 0 else "+", abs(power))
        shorter = fixed if len(fixed) <= len(scientific) else scientific
        return ("-" if sign else "") + shorter

    def quoted(text):
        if "\0" in text: raise ValueError("nul")
        out = ""
        for c in text:
            if c in '"\\': out += "\\" + c
            elif c in "\n\r\t": out += {"\n": "\\n", "\r": "\\r", "\t": "\\t"}[c]
            elif ord(c) < 32: out += "\\u%04x" % ord(c)
            else: out += c
        return '"' + out + '"'

    def canonical(value):
        if value is None: return "null"
        if value is True: return "true"
        if value is False: return "false"
        if isinstance(value, (int, float)): return number(value)
        if isinstance(value, str): return quoted(value)
        if isinstance(value, list): return "[" + ",".join(map(canonical, value)) + "]"
        return "{" + ",".join(quoted(k) + ":" + canonical(value[k]) for k in sorted(value, key=lambda k: k.encode())) + "}"

    def micros(text):
        m = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d\d)(?::?(\d\d))?)?", text, re.ASCII)
        if not m: raise ValueError("timestamp")
        y, mo, d, h, mi, s = map(int, m.groups()[:6])
        if h > 23 or mi > 59 or s > 60: raise ValueError("timestamp")
        days = datetime.date(y, mo, d).toordinal() - 719163
        offset = 0
        if m[8]:
            if int(m[9]) > 23 or int(m[10] or 0) > 59: raise ValueError("timestamp")
            offset = (int(m[9]) * 3600 + int(m[10] or 0) * 60) * (1 if m[8] == "+" else -1)
        value = (days * 86400 + h * 3600 + mi * 60 + s - offset) * 1000000 + int((m[7] or "").ljust(6, "0")[:6] or 0)
        if not -62135596800000000 <= value <= 253402300799999999: raise ValueError("timestamp")
        return value

    def text(value):
        if value is None: return b"\xff\xff\xff\xff"
        if "\0" in value: raise ValueError("nul")
        data = value.encode()
        return struct.pack("<I", len(data)) + data

    def identify(line):
        r = json.loads(line.decode(), object_pairs_hook=pairs, parse_constant=no)
        if not isinstance(r, dict): raise TypeError
        for key in TEXTS:
            if r.get(key) is not None and not isinstance(r[key], str): raise TypeError(key)
        if r.get("type") not in TYPES: raise ValueError("type")
        time = micros(r["timestamp"])
        count = r.get("file_count")
        if count is None: count = -1
        elif isinstance(count, bool) or not isinstance(count, int) or not 0 <= count < 2**31: raise TypeError
        names = None
        for key in ["files_sample", "files"]:
            if r.get(key) is not None:
                names = r[key]
                if not isinstance(names, list) or not all(isinstance(n, str) for n in names): raise TypeError
        extra = {k: v for k, v in r.items() if v is not None and k not in KNOWN}
        if r.get("files") is not None and r.get("files_sample") is not None: extra["files_sample"] = r["files_sample"]
        if r.get("actor") not in (None, "human", "machine"): extra["actor"] = r["actor"]
        actor = "machine" if r.get("actor") == "machine" else "human"
        data = b"darkroom-event-1" + text(r["type"]) + text(r.get("script")) + text(r.get("session_id"))
        data += struct.pack("<q", time) + text(r.get("operation")) + text(r.get("source_dir")) + text(r.get("dest_dir"))
        data += struct.pack("<i", count) + text(r.get("notes")) + text(actor)
        data += b"\xff\xff\xff\xff" if names is None else struct.pack("<I", len(names)) + b"".join(map(text, names))
        data += text(canonical(extra))
        return "evt:" + hashlib.sha256(data).hexdigest()[:32], time

    lines = accepted = duplicates = blank = quarantined = 0
    seen, found = set(), []
    content = sys.stdin.buffer.read()
    parts = content.split(b"\n")
    if parts[-1] == b"": parts.pop()
    for part in parts:
        lines += 1
        if not part.strip(b" \t\r"): blank += 1; continue
        try: event, time = identify(part)
        except (ValueError, TypeError, KeyError, RecursionError): quarantined += 1; continue
        if event in seen: duplicates += 1; continue
        seen.add(event); accepted += 1; found.append("%s %d" % (event, time))
    print(lines, accepted, duplicates, blank, quarantined)
    print("\n".join(found))
    """#

  struct Verdict {
    var counts: [Int64]
    /// `event_id microseconds` in line order.
    var events: [String]
  }

  /// What the judge says of a log.
  static func judge(_ log: [UInt8]) throws -> Verdict {
    let output = try LogWorkspace.run(["python3", "-c", program], input: log)
    var lines = String(decoding: output, as: UTF8.self).split(separator: "\n").map(String.init)
    guard !lines.isEmpty else { throw LogWorkspace.Failure("the judge says nothing") }
    let counts = lines.removeFirst().split(separator: " ").compactMap { Int64($0) }
    return Verdict(counts: counts, events: lines)
  }
}
