extension PageTemplates {
  static let runsTemplate = """
    <section id="runs" aria-labelledby="runs-heading">
    {{#runs}}
    <h2 id="runs-heading">Runs{{#hasRuns}} <span>the latest {{count}}, the newest first</span>{{/hasRuns}}</h2>
    {{^hasRuns}}
    <p class="nothing">No run is recorded yet.</p>
    {{/hasRuns}}
    {{#runs}}
    <details class="run"{{#open}} open{{/open}}><summary><span class="pill {{outcome}}"><span class="mark" aria-hidden="true"></span>{{label}}</span> <span class="run-name">Run {{id}} <bdi class="quiet">{{pipeline}}</bdi></span> <span class="when">{{started}}</span> <span class="took">{{took}}</span> <span class="units">{{units}}</span></summary>
    {{#hasStages}}
    <div class="scroll" role="region" aria-label="Stages of run {{id}}" tabindex="0">
    <table class="stages stack" role="table">
    <caption>Stages of run {{id}}</caption>
    <thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">Stage</th><th role="columnheader" scope="col">State</th><th role="columnheader" scope="col" class="n">Time</th><th role="columnheader" scope="col" class="n">Done</th><th role="columnheader" scope="col" class="n">Up to date</th><th role="columnheader" scope="col" class="n">Failed</th><th role="columnheader" scope="col" class="n">Blocked</th><th role="columnheader" scope="col">Counters</th></tr></thead>
    <tbody role="rowgroup">
    {{#stages}}
    <tr role="row" class="{{state}}"><th role="rowheader" scope="row"><bdi>{{name}}</bdi> <span class="quiet">{{kind}}</span></th><td role="cell"><span class="pill {{state}}"><span class="mark" aria-hidden="true"></span>{{label}}</span></td><td data-label="Time" role="cell" class="n">{{took}}</td><td data-label="Done" role="cell" class="n{{^hasDone}} zero{{/hasDone}}">{{done}}</td><td data-label="Up to date" role="cell" class="n{{^hasUpToDate}} zero{{/hasUpToDate}}">{{upToDate}}</td><td data-label="Failed" role="cell" class="n{{#hasFailed}} hot{{/hasFailed}}{{^hasFailed}} zero{{/hasFailed}}">{{failed}}</td><td data-label="Blocked" role="cell" class="n{{#hasBlocked}} hot{{/hasBlocked}}{{^hasBlocked}} zero{{/hasBlocked}}">{{blocked}}</td><td data-label="Counters" role="cell" class="counters{{^hasCounters}} zero{{/hasCounters}}"><bdi>{{counters}}</bdi></td></tr>
    {{#hasErrors}}
    <tr role="row" class="errors"><td role="cell" colspan="8">{{#errors}}<pre>{{text}}</pre>{{/errors}}</td></tr>
    {{/hasErrors}}
    {{/stages}}
    </tbody>
    </table>
    </div>
    {{/hasStages}}
    {{^hasStages}}
    <p class="note">No stage is recorded for this run.</p>
    {{/hasStages}}
    {{#leftOut}}
    <p class="note">{{leftOut}}</p>
    {{/leftOut}}
    </details>
    {{/runs}}
    {{/runs}}
    </section>

    """

  static let linesTemplate = """
    <section id="lines" aria-labelledby="lines-heading">
    <h2 id="lines-heading">Input lines</h2>
    {{#lines}}
    {{#hasLines}}
    {{#identity}}
    <p class="pill-line"><span class="pill {{tone}}"><span class="mark" aria-hidden="true"></span>{{word}}</span></p>
    {{/identity}}
    {{#total}}
    <p class="identity"><span>{{lines}} lines</span> {{#identity}}{{sign}}{{/identity}} <span>{{accepted}} accepted</span> + <span>{{duplicates}} duplicates</span> + <span>{{quarantined}} in quarantine</span> + <span>{{blank}} blank</span></p>
    {{/total}}
    {{#mismatch}}
    <p class="stale">The stated total is not the sum of the files.</p>
    {{/mismatch}}
    {{#hasReasons}}
    <table class="narrow">
    <caption>Why lines are in quarantine</caption>
    <thead><tr><th scope="col">Reason</th><th scope="col" class="n">Lines</th></tr></thead>
    <tbody>
    {{#reasons}}
    <tr><th scope="row"><bdi>{{reason}}</bdi></th><td class="n">{{lines}}</td></tr>
    {{/reasons}}
    </tbody>
    </table>
    {{/hasReasons}}
    {{#hasFiles}}
    <div class="scroll" role="region" aria-label="Input lines by file" tabindex="0">
    <table class="stack" role="table">
    <caption>Input lines by file, those to look at first</caption>
    <thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">File</th><th role="columnheader" scope="col" class="n">Lines</th><th role="columnheader" scope="col" class="n">Accepted</th><th role="columnheader" scope="col" class="n">Duplicates</th><th role="columnheader" scope="col" class="n">Quarantine</th><th role="columnheader" scope="col" class="n">Blank</th><th role="columnheader" scope="col">Check</th></tr></thead>
    <tbody role="rowgroup">
    {{#files}}
    <tr role="row"{{#isOff}} class="failed"{{/isOff}}><th role="rowheader" scope="row" class="path"><bdi>{{file}}</bdi>{{#damage}}<br><span class="hot"><bdi>{{damage}}</bdi></span>{{/damage}}{{#reasons}}<br><span class="quiet"><bdi>{{reasons}}</bdi></span>{{/reasons}}</th><td data-label="Lines" role="cell" class="n">{{lines}}</td><td data-label="Accepted" role="cell" class="n">{{accepted}}</td><td data-label="Duplicates" role="cell" class="n">{{duplicates}}</td><td data-label="Quarantine" role="cell" class="n">{{quarantined}}</td><td data-label="Blank" role="cell" class="n">{{blank}}</td><td data-label="Check" role="cell" class="check">{{check}}</td></tr>
    {{/files}}
    </tbody>
    </table>
    </div>
    {{/hasFiles}}
    {{#filesAbsent}}
    <p class="nothing">The list by file is not in the snapshot.</p>
    {{/filesAbsent}}
    {{#leftOut}}
    <p class="note">{{leftOut}}</p>
    {{/leftOut}}
    {{/hasLines}}
    {{^hasLines}}
    <p class="nothing">No account of input lines: {{#snapshot}}the snapshot has none{{/snapshot}}{{^snapshot}}there is no usable snapshot{{/snapshot}}. Whether every line was read is unknown.</p>
    {{/hasLines}}
    {{/lines}}
    </section>

    """
}
