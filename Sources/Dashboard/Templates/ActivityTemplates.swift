extension PageTemplates {
  static let activityTemplate = """
    {{#activity}}
    {{#hasDays}}
    <section class="keys" aria-label="Key figures">
    {{#keyGroups}}
    <div class="key-group">
    <h2>{{title}} <span>{{subtitle}}</span></h2>
    <dl>
    {{#items}}
    <div><dt>{{label}}</dt><dd><b>{{figure}}</b>{{#change}}<span class="change">{{change}}</span>{{/change}}{{#before}}<span class="change">{{before}}</span>{{/before}}{{#machine}}<span class="change">{{machine}}</span>{{/machine}}{{#missing}}<span class="change">{{missing}}</span>{{/missing}}</dd></div>
    {{/items}}
    </dl>
    {{#note}}
    <p class="note">{{note}}</p>
    {{/note}}
    </div>
    {{/keyGroups}}
    </section>
    <section id="files" aria-labelledby="files-heading">
    <h2 id="files-heading">Files <span>{{range}}</span></h2>
    {{#binNote}}
    <p class="note">{{binNote}}</p>
    {{/binNote}}
    {{#quietNote}}
    <p class="note">{{quietNote}}</p>
    {{/quietNote}}
    {{#byScript}}
    {{> chart}}
    {{/byScript}}
    {{#byOperation}}
    {{> chart}}
    {{/byOperation}}
    </section>
    <section id="work" aria-labelledby="work-heading">
    <h2 id="work-heading">Work time <span>{{range}}</span></h2>
    {{#workTime}}
    {{> chart}}
    {{/workTime}}
    </section>
    {{/hasDays}}
    {{^hasDays}}
    <section id="files" aria-labelledby="files-heading">
    <h2 id="files-heading">Files</h2>
    <p class="nothing">No daily figures: {{#snapshot}}the snapshot has no daily aggregates{{/snapshot}}{{^snapshot}}there is no usable snapshot{{/snapshot}}. That is not zero, it is unknown.</p>
    </section>
    <section id="work" aria-labelledby="work-heading">
    <h2 id="work-heading">Work time</h2>
    <p class="nothing">No work time: {{#snapshot}}the snapshot has no daily aggregates{{/snapshot}}{{^snapshot}}there is no usable snapshot{{/snapshot}}.</p>
    </section>
    {{/hasDays}}
    {{/activity}}

    """

  static let chartTemplate = """
    <div class="chart">
    <h3>{{heading}}</h3>
    {{chart}}
    {{#note}}
    <p class="note">{{note}}</p>
    {{/note}}
    {{#hasKey}}
    <ul class="key">
    {{#key}}
    <li><span class="swatch {{class}}" aria-hidden="true"></span><bdi>{{name}}</bdi> {{total}}</li>
    {{/key}}
    </ul>
    {{/hasKey}}
    <details class="numbers"><summary>The numbers</summary>
    <div class="scroll" role="region" aria-label="{{caption}}, as a table" tabindex="0">
    <table>
    <caption>{{caption}}</caption>
    <thead><tr><th scope="col">{{binName}}</th>{{#columns}}<th scope="col" class="n"><bdi>{{name}}</bdi></th>{{/columns}}</tr></thead>
    <tbody>
    {{#rows}}
    <tr><th scope="row">{{name}}</th>{{#cells}}<td class="n">{{cell}}</td>{{/cells}}</tr>
    {{/rows}}
    </tbody>
    </table>
    </div>
    </details>
    </div>

    """

  static let sessionsTemplate = """
    <section id="sessions" aria-labelledby="sessions-heading">
    {{#sessions}}
    {{#hasSessions}}
    <h2 id="sessions-heading">Sessions <span>{{total}} in all</span></h2>
    <div class="beside">
    <table class="narrow">
    <caption>Sessions by day</caption>
    <thead><tr><th scope="col">Day</th><th scope="col" class="n">Sessions</th><th scope="col" class="n">Work time</th></tr></thead>
    <tbody>
    {{#days}}
    <tr{{#isQuiet}} class="quiet"{{/isQuiet}}><th scope="row">{{day}}</th><td class="n">{{count}}</td><td class="n">{{active}}</td></tr>
    {{/days}}
    </tbody>
    </table>
    {{#hasListed}}
    <div>
    <div class="scroll tall" role="region" aria-label="Latest sessions" tabindex="0">
    <table class="stack" role="table">
    <caption>Latest sessions, by their start (UTC)</caption>
    <thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">Day</th><th role="columnheader" scope="col">Time</th><th role="columnheader" scope="col">Script</th><th role="columnheader" scope="col" class="n">Work</th><th role="columnheader" scope="col" class="n">Files</th></tr></thead>
    <tbody role="rowgroup">
    {{#sessions}}
    <tr role="row"><td role="cell" class="day">{{day}}</td><td role="cell" class="time">{{time}}</td><th role="rowheader" scope="row"><bdi>{{script}}</bdi></th><td data-label="Work" role="cell" class="n">{{active}}</td><td data-label="Files" role="cell" class="n">{{files}}</td></tr>
    {{/sessions}}
    </tbody>
    </table>
    </div>
    {{#leftOut}}
    <p class="note">{{leftOut}}</p>
    {{/leftOut}}
    {{#undated}}
    <p class="note">{{undated}}</p>
    {{/undated}}
    </div>
    {{/hasListed}}
    </div>
    {{/hasSessions}}
    {{^hasSessions}}
    <h2 id="sessions-heading">Sessions</h2>
    <p class="nothing">Nothing on sessions: {{#snapshot}}the snapshot has no usable session file{{/snapshot}}{{^snapshot}}there is no usable snapshot{{/snapshot}}. That is not zero, it is unknown.</p>
    {{/hasSessions}}
    {{/sessions}}
    </section>

    """

  static let projectsTemplate = """
    <section id="projects" aria-labelledby="projects-heading">
    <h2 id="projects-heading">Projects</h2>
    {{#projects}}
    {{#hasProjects}}
    {{#isEmpty}}
    <p class="nothing">The snapshot lists no project.</p>
    {{/isEmpty}}
    {{^isEmpty}}
    {{#baseline}}
    <p class="note">Usual speed: {{baseline}} images per hour, the trimmed mean of {{baselineCount}}. Speeds count people’s images and work time only.</p>
    {{/baseline}}
    {{^baseline}}
    <p class="note">No usual speed yet: no finished project has work time. Speeds count people’s images and work time only.</p>
    {{/baseline}}
    <div class="scroll" role="region" aria-label="Projects" tabindex="0">
    <table class="stack" role="table">
    <caption>Projects, the one touched last first</caption>
    <thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">Project</th><th role="columnheader" scope="col" class="n">Images</th><th role="columnheader" scope="col" class="n">Work time</th><th role="columnheader" scope="col" class="n">Images per hour</th><th role="columnheader" scope="col" class="n">Against usual</th><th role="columnheader" scope="col">Status</th><th role="columnheader" scope="col">Last day</th></tr></thead>
    <tbody role="rowgroup">
    {{#projects}}
    <tr role="row"><th role="rowheader" scope="row"><bdi>{{name}}</bdi>{{#id}} <span class="quiet"><bdi>{{id}}</bdi></span>{{/id}}</th><td data-label="Images" role="cell" class="n">{{images}}</td><td data-label="Work time" role="cell" class="n">{{work}}</td><td data-label="Images per hour" role="cell" class="n">{{speed}}</td><td data-label="Against usual" role="cell" class="n">{{versus}}</td><td data-label="Status" role="cell">{{status}}</td><td data-label="Last day" role="cell" class="day">{{last}}</td></tr>
    {{/projects}}
    </tbody>
    </table>
    </div>
    {{#leftOut}}
    <p class="note">{{leftOut}}</p>
    {{/leftOut}}
    {{/isEmpty}}
    {{/hasProjects}}
    {{^hasProjects}}
    <p class="nothing">Nothing on projects: {{#snapshot}}the snapshot has no usable project file{{/snapshot}}{{^snapshot}}there is no usable snapshot{{/snapshot}}. That is not zero, it is unknown.</p>
    {{/hasProjects}}
    {{/projects}}
    </section>

    """
}
