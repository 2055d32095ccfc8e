/** The look of the page: that of Docket's report. System fonts only: the page loads nothing. */
export const PAGE_STYLE: string = `
:root {
  color-scheme: light dark;
  --bg: #f3f5f2; --panel: #ffffff; --ink: #16211d; --soft: #586862; --line: #dae1dc; --hover: #f0f5f2;
  --accent: #0d6a55; --accent-soft: #ddeee8; --bad: #a3282c; --bad-soft: #f9dfdd; --shadow: 0 1px 2px rgb(16 33 28 / .06), 0 8px 24px -12px rgb(16 33 28 / .18);
  --succeeded: #3f9b7d; --recalled: #93cdb7; --failed: #c6484b; --skipped: #a79bbd; --cancelled: #9aa3a0; --running: #3f84c4; --waiting: #d29a2e; --ready: #8fb8de; --pending: #c9d2cd; --edge: #bcc8c2;
  --serif: ui-serif, "Iowan Old Style", Charter, "Source Serif 4", Georgia, serif;
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  --mono: ui-monospace, "SF Mono", "Cascadia Code", "DejaVu Sans Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --bg: #0e1412; --panel: #151d1a; --ink: #e4ebe7; --soft: #90a099; --line: #26322d; --hover: #1b2521;
    --accent: #62c9ab; --accent-soft: #17352c; --bad: #ef8a85; --bad-soft: #3c1b1b; --shadow: 0 1px 2px rgb(0 0 0 / .4);
    --succeeded: #3a8f73; --recalled: #275e4d; --failed: #c25b5c; --skipped: #6f6489; --cancelled: #5c6663; --running: #4b90d1; --waiting: #c08a3a; --ready: #3d6388; --pending: #37433e; --edge: #3a4741;
  }
}
* { box-sizing: border-box; }
html { scroll-behavior: smooth; scroll-padding-top: 3.75rem; -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--bg); color: var(--ink); font: 15px/1.55 var(--sans); overflow-wrap: anywhere; }
h1, h2, p, dl, dd, ul { margin: 0; padding: 0; } ul { list-style: none; }
h1, h2 { font-family: var(--serif); font-weight: 600; letter-spacing: -.012em; text-wrap: balance; }
h1 { font-size: clamp(1.8rem, 1.2rem + 2.4vw, 2.8rem); line-height: 1.12; } h2 { font-size: 1.5rem; line-height: 1.2; }
button, input { font: inherit; color: inherit; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
.wrap { max-width: 1480px; margin: 0 auto; padding: 0 clamp(1rem, 3vw, 2.5rem); }
.soft { color: var(--soft); } .mono { font-family: var(--mono); font-size: .85em; }
.topbar { position: sticky; top: 0; z-index: 5; background: color-mix(in srgb, var(--bg) 88%, transparent); backdrop-filter: blur(10px); border-bottom: 1px solid var(--line); }
.topbar .wrap { display: flex; gap: 1.25rem; align-items: center; height: 3rem; overflow-x: auto; scrollbar-width: none; white-space: nowrap; }
.topbar b { font-family: var(--serif); font-size: 1.1rem; margin-right: auto; } .topbar a { color: var(--soft); font-size: .88rem; text-decoration: none; } .topbar a:hover { color: var(--accent); }
header.lead { padding-top: clamp(1.6rem, 4vw, 3rem); padding-bottom: 1.5rem; }
.eyebrow { font: 600 .72rem/1 var(--sans); letter-spacing: .14em; text-transform: uppercase; color: var(--accent); margin-bottom: .9rem; }
.intro { max-width: 78ch; margin-top: .8rem; color: var(--soft); }
.tag { display: inline-block; font: 600 .8rem/1 var(--sans); letter-spacing: 0; padding: .4em .75em; border-radius: 99px; color: #fff; vertical-align: middle; margin-left: .5em; background: var(--pending); }
.tag.succeeded { background: #2f8468; } .tag.failed { background: #b33d40; } .tag.running { background: #3576b3; } .tag.paused, .tag.interrupted { background: #94660f; } .tag.cancelled { background: #66706c; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(138px, 1fr)); gap: 1px; background: var(--panel); border: 1px solid var(--line); border-radius: 12px; overflow: hidden; margin-top: 1.6rem; box-shadow: var(--shadow); }
.tiles > div { box-shadow: 0 0 0 1px var(--line); padding: 1rem 1.1rem; } .tiles dt { color: var(--soft); font-size: .8rem; } .tiles dd { font: 600 1.65rem/1.2 var(--serif); font-variant-numeric: tabular-nums lining-nums; white-space: nowrap; } .tiles small { display: block; color: var(--soft); font: .78rem/1.4 var(--sans); min-height: 1.4em; white-space: normal; }
.stack { display: flex; height: 12px; border-radius: 6px; overflow: hidden; gap: 2px; margin-top: 1.25rem; } .stack i { min-width: 3px; }
.legend { display: flex; flex-wrap: wrap; gap: .35rem 1.25rem; margin-top: .6rem; font-size: .82rem; color: var(--soft); } .legend i, td i.dot { display: inline-block; width: .7em; height: .7em; border-radius: 3px; margin-right: .45em; }
section.wrap { padding-top: 1rem; padding-bottom: 1.6rem; } section > h2 { padding-top: 1.6rem; border-top: 1px solid var(--line); } section > p.intro { margin: .35rem 0 1.1rem; }
.card { background: var(--panel); border: 1px solid var(--line); border-radius: 12px; box-shadow: var(--shadow); overflow: hidden; } .scroll { overflow: auto; max-height: 82vh; padding: .6rem; }
.failures li { padding: .75rem 1rem; border-bottom: 1px solid var(--line); border-left: 3px solid var(--failed); } .failures li:last-child { border-bottom: 0; } .failures b { margin-right: .6em; } .failures code { font: .78rem var(--mono); color: var(--bad); background: var(--bad-soft); padding: .1em .45em; border-radius: 5px; } .failures pre { margin: .4rem 0 0; white-space: pre-wrap; font: .85rem/1.5 var(--mono); color: var(--soft); }
body { font-synthesis: none; } svg { display: block; font-family: var(--sans); } svg.time { width: 100%; height: auto; min-width: 760px; } svg.graph { margin: 0 auto; } svg.graph.fit { max-width: 100%; height: auto; } @media (max-width: 900px) { svg.graph.fit { max-width: none; } }
.node rect:not(.strip) { fill: var(--panel); stroke: var(--line); stroke-width: 1.3; } .node:hover rect:not(.strip) { fill: var(--hover); } .node { cursor: pointer; } .node text { font-size: 12.5px; font-weight: 600; fill: var(--ink); } .node text.detail { font-size: 11px; font-weight: 400; fill: var(--soft); }
.node.s-failed > rect:not(.strip) { stroke: var(--failed); } .node.s-running > rect:not(.strip) { stroke: var(--running); } .node.s-skipped text, .node.s-cancelled text, .node.s-pending text { fill: var(--soft); } .node.critical > rect:not(.strip):not(.behind) { stroke: var(--accent); stroke-width: 2.2; } .node.critical.s-failed > rect:not(.strip):not(.behind) { stroke: var(--failed); }
.edge { fill: none; stroke: var(--edge); stroke-width: 1.2; opacity: .8; } .edge.critical { stroke: var(--accent); stroke-width: 3; opacity: 1; }
.f-succeeded { fill: var(--succeeded); background: var(--succeeded); } .f-recalled { fill: var(--recalled); background: var(--recalled); } .f-failed { fill: var(--failed); background: var(--failed); } .f-skipped { fill: var(--skipped); background: var(--skipped); } .f-cancelled { fill: var(--cancelled); background: var(--cancelled); } .f-running { fill: var(--running); background: var(--running); } .f-waiting { fill: var(--waiting); background: var(--waiting); } .f-ready { fill: var(--ready); background: var(--ready); } .f-pending { fill: var(--pending); background: var(--pending); }
.time .name { font-size: 12.5px; fill: var(--ink); } .time text.tick, .time .most { font-size: 11px; fill: var(--soft); } .time line.tick { stroke: var(--line); } .time .wait { stroke: var(--soft); stroke-width: 1.6; opacity: .55; stroke-linecap: round; } .time .hit { fill: transparent; } .time g:hover > .hit { fill: var(--hover); } .time .critical .bar { stroke: var(--ink); stroke-width: 1.4; } .time .critical .name { font-weight: 650; fill: var(--accent); }
.area.ready { fill: var(--ready); opacity: .55; } .area.running { fill: var(--succeeded); opacity: .75; }
ol.path { list-style: none; margin: 1rem 0 0; padding: 0; display: flex; flex-wrap: wrap; gap: .4rem; counter-reset: step; } ol.path li { border: 1px solid var(--line); background: var(--panel); border-radius: 8px; padding: .3rem .65rem; font-size: .84rem; } ol.path li span { color: var(--soft); margin-left: .5em; white-space: nowrap; } ol.path li.open { border-style: dashed; }
.tools { display: flex; flex-wrap: wrap; gap: .6rem; align-items: center; margin: 1rem 0 .8rem; } .tools input { flex: 1 1 260px; min-width: 0; padding: .6rem .85rem; border: 1px solid var(--line); border-radius: 9px; background: var(--panel); }
.chips { display: flex; flex-wrap: wrap; gap: .35rem; } .chips button { border: 1px solid var(--line); background: var(--panel); border-radius: 99px; padding: .28rem .75rem; font-size: .83rem; cursor: pointer; color: var(--soft); } .chips button[aria-pressed=true] { background: var(--accent); border-color: var(--accent); color: var(--panel); } .chips b { font-weight: 500; opacity: .7; margin-left: .3em; }
table { width: 100%; border-collapse: collapse; font-size: .9rem; } th { text-align: left; font-weight: 600; color: var(--soft); font-size: .78rem; } th, td { padding: .5rem .8rem; border-bottom: 1px solid var(--line); vertical-align: top; } tbody tr:last-child td { border-bottom: 0; } tbody tr:hover { background: var(--hover); }
th button { all: unset; cursor: pointer; white-space: nowrap; } th button:focus-visible { outline: 2px solid var(--accent); } th button::after { content: "↕"; opacity: .3; margin-left: .3em; } th[aria-sort=ascending] button::after { content: "↑"; opacity: 1; color: var(--accent); } th[aria-sort=descending] button::after { content: "↓"; opacity: 1; color: var(--accent); }
td.num, th.num { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; } td.state { white-space: nowrap; } td .why { display: block; color: var(--bad); font: .8rem/1.45 var(--mono); margin-top: .2rem; } td .on { color: var(--accent); font-size: .76rem; margin-left: .5em; white-space: nowrap; }
.pager { display: flex; gap: .6rem; align-items: center; justify-content: space-between; padding: .6rem .8rem; border-top: 1px solid var(--line); font-size: .85rem; color: var(--soft); } .pager button { border: 1px solid var(--line); background: none; border-radius: 7px; padding: .25rem .8rem; cursor: pointer; } .pager button:disabled { opacity: .35; cursor: default; }
.empty { padding: 2rem; text-align: center; color: var(--soft); } pre.input { margin: 0; padding: 1rem; overflow: auto; max-height: 24rem; font: .82rem/1.5 var(--mono); }
footer.wrap { padding-top: 1rem; padding-bottom: 3rem; color: var(--soft); font-size: .82rem; }
@media (max-width: 640px) { body { font-size: 14.5px; } td, th { padding: .5rem; } th.type, td.type, th.wait, td.wait { display: none; } }
@media print { .topbar, .tools, .pager { display: none; } .card { box-shadow: none; } .scroll { max-height: none; } }
`
