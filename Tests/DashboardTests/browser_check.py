"""Looks at a rendered dashboard in headless Chromium and compares it with the snapshot it was made from.

Usage: browser_check.py WORKSPACE [--screenshots FOLDER]
WORKSPACE holds data/snapshot/current and data/dashboard. The exit status is 0 when everything holds, 1 with the
findings on standard output otherwise, and 77 when there is no Chromium.
"""

import datetime
import json
import os
import pathlib
import sys

import chromium

PROBLEMS = []


def expect(condition, message):
    if not condition:
        PROBLEMS.append(message)


def resolve(document, pointer):
    """The value at a JSON pointer (RFC 6901)."""
    value = document
    for part in pointer.split("/")[1:]:
        part = part.replace("~1", "/").replace("~0", "~")
        value = value[int(part)] if isinstance(value, list) else value[part]
    return value


def same(text, value):
    """Whether the text of `data-value` is the JSON value."""
    if text == "" or value is None:
        return text == "" and value is None
    return abs(float(text) - float(value)) < 1e-6


def snapshot_figures(workspace):
    """Figures computed from the snapshot's files alone, without the program under test."""
    current = workspace / "data/snapshot/current"
    days = {}
    for path in sorted((current / "daily_aggregate_v1").glob("day=*/aggregate.json")):
        record = json.loads(path.read_text("utf-8"))
        days[datetime.date.fromisoformat(record["day"])] = record
    if not days:
        return None
    last, first = max(days), min(days)

    def between(start, end, of):
        return sum(of(record) for day, record in days.items() if start <= day <= end)

    def day_of(back):
        return last - datetime.timedelta(days=back)

    def files(record):
        return record["totals"]["files_processed"]

    def work(record):
        return record["totals"]["work_seconds"]

    expected = {
        "/latest_day/files": files(days[last]),
        "/latest_day/work_seconds": work(days[last]),
        "/trailing_7_days/files": between(day_of(6), last, files),
        "/trailing_7_days/work_seconds": between(day_of(6), last, work),
    }
    length = (last - first).days + 1
    if length <= 840:
        step = 1 if length <= 120 else 7
        start = first if step == 1 else first - datetime.timedelta(days=first.weekday())
        while start <= last:
            end = start + datetime.timedelta(days=step - 1)
            expected[f"/chart/bins/{start}/files"] = between(start, end, files)
            expected[f"/chart/bins/{start}/work_seconds"] = between(start, end, work)
            start += datetime.timedelta(days=step)
    for number, name in enumerate(totals(days.values(), "by_script")):
        expected[f"/scripts/{number}/files"] = name[1]
    sessions = current / "derived_sessions_v1/sessions.jsonl"
    if sessions.exists():
        expected["/sessions/total"] = len(sessions.read_text("utf-8").splitlines())
    lines = current / "reconciliation_v1/files.jsonl"
    if lines.exists():
        accounts = [json.loads(line) for line in lines.read_text("utf-8").splitlines()]
        for key in ("lines", "accepted", "duplicates", "blank"):
            expected[f"/reconciliation/total/{key}"] = sum(account[key] for account in accounts)
    expected.update(recommendation_figures(current))
    expected.update(model_figures(workspace / "data/training/promotion.json"))
    return expected


def model_figures(path):
    """How often each recommender was right on the groups that judged the last fitted model, counted anew."""
    decision = json.loads(path.read_text("utf-8")) if path.exists() else {}
    test = decision.get("figures", {}).get("test") or {}
    expected = {}
    for name in ("model", "present", "rules", "answered"):
        if name in test:
            expected[f"/model/{name}/accuracy"] = test[name]["right"] / test[name]["groups"]
            expected[f"/model/{name}/groups"] = test[name]["groups"]
    return expected


def recommendation_figures(current):
    """Shares of the recommenders, counted anew from count and n; the project decided on last first."""
    reports = [json.loads(path.read_text("utf-8")) for path in sorted((current / "training_report_v1").glob("*.json"))]
    reports.sort(key=lambda report: report["decisions"]["last_day"] or "", reverse=True)
    expected = {}

    def share(name, figure):
        if figure["n"]:
            expected[name + "/share"] = figure["count"] / figure["n"]
            expected[name + "/n"] = figure["n"]

    for number, report in enumerate(reports[:12]):
        for place, recommender in enumerate(report["recommenders"][:5]):
            name = f"/recommendations/{number}/recommenders/{place}"
            for exposure in ("all", "shown", "blind"):
                share(f"{name}/{exposure}", recommender["selection"][exposure])
            share(f"{name}/abstention", recommender["abstention"])
            if recommender["selection"]["shown_less_blind"]["difference"] is not None:
                shown, blind = recommender["selection"]["shown"], recommender["selection"]["blind"]
                difference = shown["count"] / shown["n"] - blind["count"] / blind["n"]
                expected[name + "/shown_less_blind"] = difference
            if place == 0 and number < 3:
                for week in recommender["weeks"][-3:]:
                    share(f"{name}/weeks/{week['first_day']}", week["agreement"])
                for bin_number, part in enumerate(recommender["calibration"]["bins"]):
                    share(f"{name}/calibration/bins/{bin_number}/agreement", part["agreement"])
    return expected


def totals(records, field):
    """Names with their files, the most first; only the seven that the page names."""
    sums = {}
    for record in records:
        for name, share in record[field].items():
            sums[name] = sums.get(name, 0) + share["files_processed"]
    return sorted(sums.items(), key=lambda item: (-item[1], item[0]))[:7]


PAINT = """new Promise((done) => new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (entry.name === 'first-contentful-paint') done(entry.startTime);
}).observe({ type: 'paint', buffered: true }))"""

FIGURES = """[...document.querySelectorAll('[data-figure]')].map(e =>
  [e.dataset.figure, e.dataset.value, e.textContent])"""

STRUCTURE = r"""(() => {
  const bad = [];
  const all = (s) => [...document.querySelectorAll(s)];
  if (all('h1').length !== 1) bad.push('not exactly one h1');
  for (const s of ['header', 'nav', 'main', 'footer']) if (all(s).length !== 1) bad.push('not exactly one ' + s);
  if (!document.documentElement.lang) bad.push('no language');
  for (const t of all('table')) {
    if (!t.caption || !t.caption.textContent.trim()) bad.push('a table without a caption');
    if (!t.querySelector('thead th[scope=col]')) bad.push('a table without column headings');
    if (!t.querySelector('tbody th[scope=row]') ) bad.push('a table without row headings: ' + t.caption.textContent);
  }
  for (const s of all('svg')) {
    const title = s.querySelector(':scope > title');
    if (s.getAttribute('role') !== 'img' || !title || !title.textContent.trim()) bad.push('a drawing without a title');
    for (const id of (s.getAttribute('aria-labelledby') || '').split(' '))
      if (!document.getElementById(id)) bad.push('a label that does not exist: ' + id);
  }
  const ids = all('[id]').map(e => e.id);
  if (new Set(ids).size !== ids.length) bad.push('ids that are not unique');
  for (const a of all('a[href]')) {
    const href = a.getAttribute('href');
    if (!href.startsWith('#') || !document.getElementById(href.slice(1))) bad.push('a link to ' + href);
  }
  let level = 0;
  for (const h of all('h1,h2,h3,h4')) {
    const now = Number(h.tagName[1]);
    if (now > level + 1) bad.push('a heading that skips a level: ' + h.textContent);
    level = now;
  }
  for (const d of all('details')) if (!d.querySelector(':scope > summary')) bad.push('details without a summary');
  for (const r of all('[tabindex="0"]')) if (!r.getAttribute('aria-label')) bad.push('a scrolling part without a name');
  for (const e of all('*')) for (const a of e.attributes) {
    if (/^on/i.test(a.name)) bad.push('an inline handler: ' + a.name);
    if (/^(src|srcset|action)$/.test(a.name)) bad.push('a reference: ' + a.name);
  }
  if (all('main script, main style, main iframe, main object').length) bad.push('foreign elements');
  return bad;
})()"""

CONTRAST = r"""(() => {
  const parse = (text) => {
    const n = text.match(/[\d.]+/g).map(Number);
    return [n[0], n[1], n[2], n.length > 3 ? n[3] : 1];
  };
  const over = (a, b) => [0, 1, 2].map(i => a[i] * a[3] + b[i] * (1 - a[3])).concat(1);
  const light = (c) => {
    const [r, g, b] = c.map(v => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const paper = (e) => {
    const layers = [];
    for (let at = e; at; at = at.parentElement) {
      const c = parse(getComputedStyle(at).backgroundColor);
      if (c[3] > 0) layers.push(c);
      if (c[3] === 1) break;
    }
    return layers.reverse().reduce((below, c) => over(c, below), [255, 255, 255, 1]);
  };
  for (const d of document.querySelectorAll('details')) d.open = true;
  const bad = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const e = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || e.closest('svg,script,style,.skip,.tip') || !e.checkVisibility()) continue;
    const back = paper(e);
    const fore = over(parse(getComputedStyle(e).color), back);
    const [a, b] = [light(fore), light(back)].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) bad.add(e.tagName + '.' + e.className + ' ' + ratio.toFixed(2));
  }
  return [...bad];
})()"""


def check_quiet(browser, where):
    for event in browser.events:
        parameters = event["params"]
        if event["method"] in ("Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown"):
            PROBLEMS.append(f"{where}: the console says {json.dumps(parameters)[:300]}")
        if event["method"] == "Network.requestWillBeSent":
            url = parameters["request"]["url"]
            expect(url.startswith(("file://", "data:")), f"{where}: a request for {url}")
            expect(url.startswith("data:") or url.split("#")[0].endswith("/index.html"), f"{where}: reads {url}")


def check_figures(browser, workspace):
    shown = browser.evaluate(FIGURES)
    document = json.loads((workspace / "data/dashboard/dashboard.json").read_text("utf-8"))
    by_name = {}
    for name, value, text in shown:
        by_name[name] = value
        if name.startswith("/"):
            try:
                expect(same(value, resolve(document, name)), f"{name} is {value} on the page, another in dashboard.json")
            except (KeyError, IndexError, ValueError):
                PROBLEMS.append(f"{name} is on the page and not in dashboard.json")
        expect(text.strip() != "", f"{name} is invisible")
    expected = snapshot_figures(workspace)
    for name, value in (expected or {}).items():
        if name not in by_name:
            PROBLEMS.append(f"{name} is not on the page")
        else:
            expect(same(by_name[name], value), f"{name} is {by_name[name]} on the page and {value} in the snapshot")
    return len(shown), len(expected or {})


def look(browser, workspace, shots):
    url = (workspace / "data/dashboard/index.html").as_uri()
    text = {}
    for scripts in (True, False):
        browser.open(url, scripts=scripts)
        check_quiet(browser, "with scripts" if scripts else "without scripts")
        text[scripts] = browser.evaluate("document.querySelector('main').innerText")
        if scripts:
            counts = check_figures(browser, workspace)
            paint = browser.evaluate(PAINT)
            PROBLEMS.extend(browser.evaluate(STRUCTURE))
    late = [line for line in text[True].splitlines() if line.startswith("That was ")]
    for line in text[False].splitlines():
        expect(line in text[True] or line == "OK", f"without scripts only: {line}")
    lost = [l for l in text[True].splitlines() if l not in text[False] and l not in late and l != "Out of date"]
    expect(not lost, f"not readable without scripts: {lost[:3]}")
    for width in (320, 390, 820, 1440):
        for dark in (False, True):
            where = f"{width} px, {'dark' if dark else 'light'}"
            browser.open(url, width=width, dark=dark, mobile=width < 700)
            wide = browser.evaluate("document.documentElement.scrollWidth")
            expect(wide <= width, f"{where}: the page is {wide} px wide")
            if shots:
                browser.screenshot(os.path.join(shots, f"{width}-{'dark' if dark else 'light'}.png"))
            for finding in browser.evaluate(CONTRAST):
                PROBLEMS.append(f"{where}: low contrast {finding}")
            wide = browser.evaluate("document.documentElement.scrollWidth")
            expect(wide <= width, f"{where}: the page is {wide} px wide with everything open")
            check_quiet(browser, where)
    print(f"{counts[0]} figures on the page, {counts[1]} recomputed from the snapshot, first paint {paint:.0f} ms")


def main():
    workspace = pathlib.Path(sys.argv[1]).resolve()
    shots = sys.argv[3] if len(sys.argv) > 3 and sys.argv[2] == "--screenshots" else None
    path = chromium.find()
    if path is None:
        print("no Chromium found; install chromium or set CHROMIUM")
        return 77
    browser = chromium.Browser(path)
    try:
        look(browser, workspace, shots)
    finally:
        browser.close()
    for problem in dict.fromkeys(PROBLEMS):
        print("problem:", problem)
    return 1 if PROBLEMS else 0


if __name__ == "__main__":
    sys.exit(main())
