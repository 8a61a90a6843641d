extension PageTemplates {
  static let recommendationsTemplate = """
    {{#recommendations}}
    {{#hasRecommendations}}
    <section id="recommendations" aria-labelledby="recommendations-heading">
    <h2 id="recommendations-heading">Recommendations</h2>
    <p class="note">Measured on people’s decisions. Small print is the 95 % interval and the number measured on. Hidden: the recommendation was there and not on the screen, so that its influence can be told.</p>
    {{#model}}
    {{> model}}
    {{/model}}
    {{#projects}}
    <div class="measured">
    <h3><bdi>{{name}}</bdi>{{#span}} <span>{{span}}</span>{{/span}}</h3>
    {{#hasDecisions}}
    {{#hasRecommenders}}
    <div class="scroll" role="region" aria-label="Recommenders of {{name}}" tabindex="0">
    <table class="stack shares" role="table">
    <caption>Recommenders of <bdi>{{name}}</bdi>, the one decided on last first</caption>
    <thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">Recommender</th><th role="columnheader" scope="col">Same image</th><th role="columnheader" scope="col">When shown</th><th role="columnheader" scope="col">When hidden</th><th role="columnheader" scope="col">Shown less hidden</th><th role="columnheader" scope="col">Crop overlap (IoU), median</th><th role="columnheader" scope="col">Confidence off by</th><th role="columnheader" scope="col">No recommendation</th></tr></thead>
    <tbody role="rowgroup">
    {{#recommenders}}
    <tr role="row"><th role="rowheader" scope="row"><bdi>{{name}}</bdi>{{#model}} <code>{{model}}</code>{{/model}} <span class="of">until {{last}}</span></th><td data-label="Same image" role="cell">{{all}}{{#chance}} <span class="of">by chance {{chance}}</span>{{/chance}}</td><td data-label="When shown" role="cell">{{shown}}</td><td data-label="When hidden" role="cell">{{blind}}</td><td data-label="Shown less hidden" role="cell">{{difference}}</td><td data-label="Crop overlap, median" role="cell">{{overlap}}</td><td data-label="Confidence off by" role="cell">{{error}}</td><td data-label="No recommendation" role="cell">{{abstention}}</td></tr>
    {{/recommenders}}
    </tbody>
    </table>
    </div>
    {{#moreRecommenders}}
    <p class="note">{{moreRecommenders}}</p>
    {{/moreRecommenders}}
    <div class="pair">
    {{#weeks}}
    {{> chart}}
    {{/weeks}}
    {{#confidence}}
    {{> chart}}
    {{/confidence}}
    </div>
    {{/hasRecommenders}}
    {{^hasRecommenders}}
    <p class="nothing">Nobody decided on a recommendation yet: there is nothing to measure.</p>
    {{/hasRecommenders}}
    {{/hasDecisions}}
    {{^hasDecisions}}
    <p class="nothing">{{#isUnmeasured}}The snapshot has checks of this project’s data and no report on its recommendations.{{/isUnmeasured}}{{^isUnmeasured}}Nothing is decided yet: there is nothing to measure.{{/isUnmeasured}}</p>
    {{/hasDecisions}}
    {{#checks}}
    {{> dataChecks}}
    {{/checks}}
    </div>
    {{/projects}}
    {{#leftOut}}
    <p class="note">{{leftOut}}</p>
    {{/leftOut}}
    </section>
    {{/hasRecommendations}}
    {{/recommendations}}

    """

  static let modelTemplate = """
    <div class="measured">
    <h3>Model <span>{{inUse}}</span></h3>
    <p class="pill-line"><span class="pill {{tone}}"><span class="mark" aria-hidden="true"></span>{{word}}</span></p>
    {{#reasons}}
    <p class="note">{{reasons}}</p>
    {{/reasons}}
    {{#hasScores}}
    <div class="scroll" role="region" aria-label="The fitted model beside others" tabindex="0">
    <table class="stack shares" role="table">
    <caption>The fitted model beside others, on groups that it did not learn from</caption>
    <thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">Recommender</th><th role="columnheader" scope="col">Same image as people</th><th role="columnheader" scope="col">The fitted model is better by</th></tr></thead>
    <tbody role="rowgroup">
    {{#rows}}
    <tr role="row"><th role="rowheader" scope="row">{{name}}{{#digest}} <code>{{digest}}</code>{{/digest}}</th><td data-label="Same image" role="cell">{{accuracy}}</td><td data-label="Fitted model better by" role="cell">{{#advantage}}{{advantage}}{{/advantage}}{{^advantage}}<span class="quiet">–</span>{{/advantage}}</td></tr>
    {{/rows}}
    </tbody>
    </table>
    </div>
    {{/hasScores}}
    {{#facts}}
    <p class="note">{{facts}}</p>
    {{/facts}}
    </div>

    """

  static let dataChecksTemplate = """
    <p class="pill-line"><span class="pill {{tone}}"><span class="mark" aria-hidden="true"></span>{{word}}</span></p>
    {{#hasFailing}}
    <div class="scroll" role="region" aria-label="{{caption}}" tabindex="0">
    <table class="stack" role="table">
    <caption>{{caption}}</caption>
    <thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">Check</th><th role="columnheader" scope="col">Result</th><th role="columnheader" scope="col" class="n">Violations</th><th role="columnheader" scope="col" class="n">Of rows</th><th role="columnheader" scope="col">Expected</th><th role="columnheader" scope="col">Observed</th></tr></thead>
    <tbody role="rowgroup">
    {{#failing}}
    <tr role="row"><th role="rowheader" scope="row"><bdi>{{name}}</bdi>{{#table}} <span class="quiet"><bdi>{{table}}</bdi></span>{{/table}}{{#example}}<br><span class="of"><bdi>{{example}}</bdi></span>{{/example}}</th><td role="cell"><span class="pill {{tone}}"><span class="mark" aria-hidden="true"></span>{{word}}</span></td><td data-label="Violations" role="cell" class="n">{{violations}}</td><td data-label="Of rows" role="cell" class="n">{{rows}}</td><td data-label="Expected" role="cell"><bdi>{{expected}}</bdi></td><td data-label="Observed" role="cell"><bdi>{{observed}}</bdi></td></tr>
    {{/failing}}
    </tbody>
    </table>
    </div>
    {{#leftOut}}
    <p class="note">{{leftOut}}</p>
    {{/leftOut}}
    {{/hasFailing}}

    """
}
