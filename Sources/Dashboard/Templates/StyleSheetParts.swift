extension StyleSheet {
  /// The palette. Colours of series are apart in lightness as well as in hue, for people who see few hues.
  static let colours = """
    :root{color-scheme:light dark;--page:#f7f6f3;--paper:#fff;--ink:#1d1c1a;--soft:#5c5952;--line:#e2dfd8;--grid:#ece9e2;
    --link:#1f5fa8;--good:#156a3a;--good-paper:#edf6ef;--bad:#ad2119;--bad-paper:#fcefed;--warn:#7d5200;--warn-paper:#fbf3e0;
    --c0:#1f5fa8;--c1:#e07b00;--c2:#0d4a42;--c3:#c2488f;--c4:#4596e3;--c5:#5c2a12;--c6:#7a45d6;--rest:#8f8b82;--work:#2f6f66;
    --shade:rgba(0,0,0,.05)}
    @media screen and (prefers-color-scheme:dark){:root{--page:#16171a;--paper:#1f2125;--ink:#e9e7e2;--soft:#aeaba4;--line:#373940;--grid:#2e3036;
    --link:#8cbcf5;--good:#7fd6a0;--good-paper:#16261c;--bad:#ff9d93;--bad-paper:#2e1a19;--warn:#efc26c;--warn-paper:#2b2413;
    --c0:#7fb6f5;--c1:#e58a1f;--c2:#b8f0dc;--c3:#e0559f;--c4:#3f74cc;--c5:#f7e7a0;--c6:#9a55f5;--rest:#807d78;--work:#62b5a8;
    --shade:rgba(255,255,255,.07)}}

    """

  static let layout = """
    *{box-sizing:border-box}
    html{-webkit-text-size-adjust:100%;scroll-behavior:smooth}
    body{margin:0 auto;max-width:1180px;padding:0 clamp(16px,3vw,40px) 40px;background:var(--page);color:var(--ink);
    font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue","Noto Sans","Liberation Sans",Arial,sans-serif;
    font-variant-numeric:tabular-nums;overflow-wrap:break-word}
    a{color:var(--link)}
    :focus-visible{outline:2px solid var(--link);outline-offset:2px;border-radius:3px}
    main:focus{outline:0}
    .skip{position:absolute;left:-999px;top:8px;background:var(--paper);padding:8px 14px;z-index:3}
    .skip:focus{left:16px}
    .top{display:flex;flex-wrap:wrap;align-items:baseline;justify-content:space-between;gap:4px 32px;padding:20px 0 16px}
    .brand{margin:0;font-weight:650;letter-spacing:-.01em}
    .brand span{font-weight:400;color:var(--soft)}
    nav ul{display:flex;flex-wrap:wrap;gap:2px 20px;list-style:none;margin:0;padding:0;font-size:.9rem}
    nav a{display:inline-block;padding:3px 0;color:var(--soft);text-decoration:none}
    nav a:hover{color:var(--ink);text-decoration:underline}
    h1,h2,h3{line-height:1.2;letter-spacing:-.012em;margin:0;font-weight:650}
    h1{font-size:clamp(1.55rem,1.1rem + 2vw,2.25rem);letter-spacing:-.022em;text-wrap:balance}
    section>h2{font-size:1.35rem;margin:0 0 12px}
    h2>span{font-weight:400;font-size:.95rem;letter-spacing:0;color:var(--soft);margin-left:.45em}
    h3{font-size:1rem}
    section{margin:0 0 44px;scroll-margin-top:16px}
    p{margin:0 0 10px;max-width:75ch}
    code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono","Liberation Mono",monospace;font-size:.86em}
    pre{margin:6px 0 0;padding:9px 12px;background:var(--shade);border-radius:6px;white-space:pre-wrap;overflow-wrap:anywhere;line-height:1.45}
    .note,.change,.help{color:var(--soft);font-size:.9rem}
    .quiet{color:var(--soft);font-weight:400}
    .absent{color:var(--soft);font-style:italic;font-size:.88em;font-weight:400;letter-spacing:0}
    .nothing{padding:18px 20px;border:1px dashed var(--line);border-radius:8px;color:var(--soft);max-width:none}
    footer{border-top:1px solid var(--line);padding-top:16px;color:var(--soft);font-size:.88rem}
    footer p{margin:0 0 4px}
    .keys{display:grid;grid-template-columns:1fr 1fr;gap:20px}
    .key-group{background:var(--paper);border:1px solid var(--line);border-radius:10px;padding:18px 22px 16px}
    .key-group h2{font-size:1rem}
    .keys dl{display:grid;grid-template-columns:repeat(3,auto);justify-content:space-between;gap:8px 18px;margin:14px 0 0}
    .keys dl>div{display:flex;flex-direction:column}
    .keys dt{order:2;color:var(--soft);font-size:.9rem}
    .keys dd{display:contents}
    .keys b{order:1;font-size:clamp(1.45rem,1rem + 1.5vw,1.95rem);line-height:1.15;font-weight:600;letter-spacing:-.02em;white-space:nowrap}
    .keys .change{order:3;line-height:1.35}
    .keys dt+dd .change:first-of-type{margin-top:4px;color:var(--ink)}
    .key-group .note{margin:10px 0 0}
    @media (max-width:820px){.keys{grid-template-columns:1fr}}
    @media (max-width:360px){.keys dl{grid-template-columns:1fr 1fr}}
    @media (max-width:420px){nav ul{gap:2px 13px;font-size:.86rem}.key-group{padding:16px}.keys dl{gap:8px 12px}.keys b{font-size:1.3rem}}

    """

  static let charts = """
    .chart{background:var(--paper);border:1px solid var(--line);border-radius:10px;padding:18px 22px;margin:0 0 20px}
    .chart h3{margin-bottom:16px}
    .plot{display:grid;grid-template-columns:auto 1fr;grid-template-rows:230px 22px;column-gap:10px}
    .values{position:relative;min-width:3.2em}
    .values span{position:absolute;right:0;transform:translateY(50%);font-size:.78rem;line-height:1;color:var(--soft);white-space:nowrap}
    .canvas svg{display:block;width:100%;height:100%;overflow:visible}
    .names{grid-column:2;position:relative;font-size:.78rem;color:var(--soft)}
    .names span{position:absolute;top:6px;transform:translateX(-50%);white-space:nowrap}
    .names .first{transform:none}
    .grid,.base{fill:none;stroke:var(--grid);stroke-width:1;vector-effect:non-scaling-stroke}
    .base{stroke:var(--soft)}
    .slot{fill:transparent}
    .grid,.base,.exact{pointer-events:none}
    .exact{fill:none;stroke:var(--soft);stroke-width:1;stroke-dasharray:4 4;vector-effect:non-scaling-stroke}
    .span,.dot{fill:none;stroke:var(--c0);stroke-width:2;vector-effect:non-scaling-stroke}
    .dot{stroke-width:9;stroke-linecap:round}
    .chart .plot+.note{margin:14px 0 0}
    .pair{display:grid;grid-template-columns:1fr 1fr;gap:0 20px;align-items:start}
    .pair>*{min-width:0}
    .measured{margin:0 0 32px}
    .measured>h3{font-size:1.1rem;margin:22px 0 8px}
    .measured>h3>span{font-weight:400;font-size:.9rem;color:var(--soft);margin-left:.45em}
    .measured .scroll{margin-bottom:16px}
    .names .last{transform:translateX(-85%)}
    .measured .pill-line .pill{white-space:normal}
    .of{display:block;color:var(--soft);font-size:.86em;font-weight:400}
    .shares td{min-width:6.2em}
    @media (max-width:820px){.pair{grid-template-columns:1fr}}
    @media (max-width:760px){.stack .of{display:inline}.of+.of::before{content:"· "}.shares td{flex-basis:100%}}
    .on .slot{fill:var(--shade)}
    .lacking{fill:none;stroke:var(--soft);stroke-width:1;stroke-dasharray:3 3;vector-effect:non-scaling-stroke}
    .s0{fill:var(--c0);background:var(--c0)}.s1{fill:var(--c1);background:var(--c1)}.s2{fill:var(--c2);background:var(--c2)}
    .s3{fill:var(--c3);background:var(--c3)}.s4{fill:var(--c4);background:var(--c4)}.s5{fill:var(--c5);background:var(--c5)}
    .s6{fill:var(--c6);background:var(--c6)}.rest{fill:var(--rest);background:var(--rest)}.work{fill:var(--work);background:var(--work)}
    .key{display:flex;flex-wrap:wrap;gap:4px 22px;list-style:none;margin:14px 0 0;padding:0;font-size:.9rem}
    .key li{overflow-wrap:anywhere}
    .key [data-figure]{color:var(--soft)}
    .swatch{display:inline-block;width:.72em;height:.72em;border-radius:2px;margin-right:.5em;forced-color-adjust:none}
    .tip{position:fixed;z-index:2;pointer-events:none;max-width:320px;padding:7px 11px;border-radius:7px;background:var(--ink);color:var(--page);
    font-size:.84rem;line-height:1.45;white-space:pre-line;overflow-wrap:anywhere}
    .tip::first-line{font-weight:650}
    @media (max-width:600px){.chart{padding:16px 14px}.plot{grid-template-rows:190px 22px;column-gap:7px}.values{min-width:2.5em}.names .minor{display:none}}

    """

  static let tables = """
    table{border-collapse:collapse;width:100%;font-size:.92rem}
    caption{text-align:left;font-weight:600;padding:0 0 8px;font-size:.95rem}
    th,td{padding:6px 16px 6px 0;text-align:left;vertical-align:baseline;border-top:1px solid var(--line)}
    th:last-child,td:last-child{padding-right:0}
    thead th{border-top:0;font-weight:500;color:var(--soft);font-size:.84rem;vertical-align:bottom;padding-bottom:5px}
    tbody th{font-weight:500;overflow-wrap:anywhere;min-width:7em}
    .n{text-align:right;white-space:nowrap}
    .n+td:not(.n),.n+th:not(.n){padding-left:20px}
    td.day,td.time,td.check{white-space:nowrap}
    .scroll{overflow-x:auto;position:relative}
    .scroll.tall{max-height:33rem;overflow-y:auto}
    .tall thead th{position:sticky;top:0;background:var(--page)}
    .narrow{width:auto;min-width:min(100%,340px)}
    .beside{display:grid;grid-template-columns:minmax(300px,2fr) 3fr;gap:20px 56px;align-items:start}
    .beside>*{min-width:0}
    tr.quiet td,tr.quiet th{color:var(--soft);font-weight:400}
    summary{cursor:pointer}
    .numbers{margin-top:14px;font-size:.9rem}
    .numbers>summary{color:var(--link);width:max-content}
    .numbers .scroll{margin-top:10px;max-height:26rem;overflow:auto}
    .numbers th[scope=row]{white-space:nowrap}
    .numbers thead th{white-space:normal;overflow-wrap:anywhere;min-width:5.4em}
    .path{overflow-wrap:anywhere;min-width:13em}
    .identity{font-size:1.02rem;max-width:none}
    .identity span{white-space:nowrap}
    .pill-line{margin-bottom:6px}
    #lines .narrow{margin:16px 0 24px}
    @media (max-width:820px){.beside{grid-template-columns:1fr}.beside .narrow{width:100%}}
    .tall{border-bottom:1px solid var(--line)}
    @media (max-width:760px){.stack,.stack tbody,.stack caption{display:block}.stack thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
    .stack tr{display:flex;flex-wrap:wrap;gap:1px 16px;padding:8px 0;border-top:1px solid var(--line)}
    .stack th,.stack td{border:0;padding:0!important;text-align:left;min-width:0;max-width:100%}.stack tbody th{flex-basis:100%;order:-1}.stack .zero{display:none}
    .stack td[data-label]::before{content:attr(data-label) " ";color:var(--soft)}.stack .errors{border:0;padding-top:0}.stack .errors td{flex-basis:100%}}
    @media (max-width:600px){table{font-size:.88rem}th,td{padding-right:10px}}

    """

  static let states = """
    .verdict{border:1px solid var(--edge);border-left:6px solid var(--tone);background:var(--tint);border-radius:10px;padding:22px clamp(16px,2.6vw,30px) 20px;margin-bottom:24px}
    .verdict,.pill{--tone:var(--soft);--tint:var(--paper);--edge:var(--line)}
    .good,.succeeded{--tone:var(--good)}.bad,.failed,.pill.failed{--tone:var(--bad)}.warn,.blocked,.interrupted,.stopped,.running,.waiting{--tone:var(--warn)}
    .verdict.good{--tone:var(--good);--tint:var(--good-paper)}.verdict.bad{--tone:var(--bad);--tint:var(--bad-paper)}.verdict.warn{--tone:var(--warn);--tint:var(--warn-paper)}
    .pill.good,.pill.succeeded{--tone:var(--good)}.pill.bad,.pill.failed{--tone:var(--bad)}
    .pill.warn,.pill.blocked,.pill.interrupted,.pill.stopped,.pill.running,.pill.waiting{--tone:var(--warn)}
    .state{color:var(--tone);font-weight:650;margin:0 0 4px;font-size:.95rem}
    .mark{display:inline-block;width:.62em;height:.62em;border-radius:50%;background:var(--tone);margin-right:.5em;forced-color-adjust:none}
    .bad .mark,.failed>.mark{border-radius:0;transform:rotate(45deg)}
    .warn .mark,.blocked>.mark,.interrupted>.mark,.stopped>.mark,.running>.mark,.waiting>.mark{border-radius:0;background:none;border:solid transparent;border-width:0 .36em .62em;border-bottom-color:var(--tone);width:0;height:0}
    .up-to-date>.mark,.skipped>.mark,.unfinished>.mark{background:none;box-shadow:inset 0 0 0 2px var(--tone)}
    .lede{margin:10px 0 0}
    .age{margin:6px 0 0;color:var(--soft)}
    .age.late,.stale{color:var(--warn);font-weight:600}
    .stale{margin:10px 0 0}
    .verdict>p+p{margin-top:8px}
    .verdict+section:not(.keys){margin-top:44px}
    .failures{margin:16px 0 12px}
    .failure{margin-bottom:12px}
    .failure h2,.warnings h2,h2.todo{font-size:1rem}
    h2.todo{margin:16px 0 4px}
    ol.todo{margin:0;padding-left:1.3em}
    ol.todo li{margin:5px 0}
    .command{background:var(--paper);border:1px solid var(--line);border-radius:5px;padding:2px 8px;user-select:all;overflow-wrap:anywhere;-webkit-box-decoration-break:clone;box-decoration-break:clone}
    .warnings{margin-top:18px;padding-top:14px;border-top:1px solid var(--line)}
    .warnings ul{margin:6px 0 0;padding-left:1.2em}
    .warnings li{margin:5px 0;overflow-wrap:anywhere}
    .pill{color:var(--tone);font-weight:600;white-space:nowrap}
    .run{border-top:1px solid var(--line)}
    .run:last-of-type{border-bottom:1px solid var(--line)}
    .run>summary{display:grid;grid-template-columns:8.6em minmax(9em,1.1fr) 15.5em 6.5em minmax(0,2fr) 1em;gap:2px 14px;padding:11px 4px;align-items:baseline;list-style:none}
    .run>summary::-webkit-details-marker{display:none}
    .run>summary::after{content:"\\203A";color:var(--soft);text-align:center;transition:transform .12s}
    .run[open]>summary::after{transform:rotate(90deg)}
    .run>summary:hover{background:var(--shade)}
    .run-name{font-weight:600}
    .run .took{text-align:right}
    .run .units{color:var(--soft);font-size:.9rem}
    .run>.scroll,.run>.note{margin:4px 4px 18px}
    .run caption{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
    .stages .counters{font-size:.88rem;color:var(--soft);min-width:11em}
    .stages th .quiet{font-size:.86rem;white-space:nowrap}
    .errors td{border-top:0;padding-top:0}
    .zero{color:var(--soft)}
    .hot{color:var(--bad);font-weight:650}
    @media (max-width:820px){.run>summary{grid-template-columns:auto 1fr auto}.run>summary::after{grid-row:1;grid-column:3}.run .when{grid-column:1/3;grid-row:2}.run .took{grid-row:2;grid-column:3}.run .units{grid-column:1/-1}}
    @media print{:root{--page:#fff;--paper:#fff}.swatch,.mark{print-color-adjust:exact;-webkit-print-color-adjust:exact}body{font-size:10.5pt;max-width:none;padding:0}nav,.skip,.tip,.numbers>summary{display:none}
    section,.chart,.key-group{break-inside:avoid-page}.scroll,.scroll.tall,.numbers .scroll{overflow:visible;max-height:none}#runs,#lines,#sessions{break-inside:auto}}
    @media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}

    """
}
