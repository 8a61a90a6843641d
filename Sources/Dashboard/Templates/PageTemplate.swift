extension PageTemplates {
  /// The frame: head, header, the sections in the order in which a person needs them, footer.
  static let pageTemplate = """
    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{{scriptDigest}}'; img-src data:; base-uri 'none'; form-action 'none'">
    <link rel="icon" href="data:,">
    <title>{{#verdict}}{{word}}: {{headline}}{{/verdict}} · {{title}}</title>
    <style>{{style}}</style>
    </head>
    <body>
    <a class="skip" href="#main">Skip to the content</a>
    <header class="top">
    <p class="brand"><bdi>{{title}}</bdi> <span>operations</span></p>
    <nav aria-label="Sections"><ul>
    <li><a href="#files">Files</a></li>
    <li><a href="#work">Work time</a></li>
    <li><a href="#sessions">Sessions</a></li>
    <li><a href="#projects">Projects</a></li>
    {{#recommendations}}{{#hasRecommendations}}
    <li><a href="#recommendations">Recommendations</a></li>
    {{/hasRecommendations}}{{/recommendations}}
    <li><a href="#runs">Runs</a></li>
    <li><a href="#lines">Input lines</a></li>
    </ul></nav>
    </header>
    <main id="main" tabindex="-1">
    {{> verdict}}
    {{> activity}}
    {{> sessions}}
    {{> projects}}
    {{> recommendations}}
    {{> runs}}
    {{> lines}}
    </main>
    <footer>
    <p>All days are UTC days, all times UTC.{{#snapshot}} Figures are those of snapshot <code title="{{snapshot}}">{{snapshotShort}}</code>; the same in <code>data/dashboard/dashboard.json</code>.{{/snapshot}}{{^snapshot}} There is no usable snapshot.{{/snapshot}}</p>
    <p>Work time is people’s only: pauses count up to 60 seconds each, and after 5 minutes a new session begins.</p>
    </footer>
    <script>{{script}}</script>
    </body>
    </html>

    """

  static let verdictTemplate = """
    {{#verdict}}
    <section class="verdict {{tone}}" aria-labelledby="verdict">
    <p class="state"><span class="mark" aria-hidden="true"></span>{{word}}</p>
    <h1 id="verdict">{{headline}}</h1>
    <p class="lede">{{#hasRun}}Pipeline <bdi>{{pipeline}}</bdi>, started {{started}}{{#took}}, took {{took}}{{/took}}. {{/hasRun}}{{#summary}}{{summary}} {{/summary}}{{dataState}}</p>
    {{#hasRun}}
    <p class="age" data-since="{{since}}" hidden></p>
    {{/hasRun}}
    {{#stale}}
    <p class="stale">{{stale}}</p>
    {{/stale}}
    {{#hasFailures}}
    <div class="failures">
    {{#failures}}
    <div class="failure">
    <h2><bdi>{{stage}}</bdi>{{#units}} <span>{{units}}</span>{{/units}}</h2>
    {{#errors}}
    <pre>{{text}}</pre>
    {{/errors}}
    {{^hasErrors}}
    <p>No error text is recorded; the log has more.</p>
    {{/hasErrors}}
    </div>
    {{/failures}}
    </div>
    {{/hasFailures}}
    {{#blocked}}
    <p>Not done, because it needs what failed: <bdi>{{blocked}}</bdi>.</p>
    {{/blocked}}
    {{#streak}}
    <p>{{streak}}</p>
    {{/streak}}
    {{#also}}
    <p class="stale">{{text}}</p>
    {{/also}}
    {{#hasCommands}}
    <h2 class="todo">What to do</h2>
    <ol class="todo">
    {{#commands}}
    <li>{{purpose}}: <code class="command">{{command}}</code></li>
    {{/commands}}
    </ol>
    {{/hasCommands}}
    {{#hasWarnings}}
    <div class="warnings">
    <h2>{{warningCount}} about the figures</h2>
    <ul>
    {{#warnings}}
    <li>{{text}}{{#help}}<br><span class="help">{{help}}</span>{{/help}}</li>
    {{/warnings}}
    </ul>
    {{#moreWarnings}}
    <p>{{moreWarnings}}</p>
    {{/moreWarnings}}
    </div>
    {{/hasWarnings}}
    </section>
    {{/verdict}}

    """
}
