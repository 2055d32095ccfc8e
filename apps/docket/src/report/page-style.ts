/** The look of the report. System fonts only: the page loads nothing. */
export const PAGE_STYLE: string = `
:root {
  color-scheme: light dark;
  --bg: #f3f5f2; --panel: #ffffff; --ink: #16211d; --soft: #586862; --line: #dae1dc; --hover: #f0f5f2;
  --accent: #0d6a55; --accent-soft: #ddeee8; --warn: #9a5406; --warn-soft: #fbead2; --bad: #a3282c; --bad-soft: #f9dfdd;
  --layer: #0d6a55; --copy: #9aa8a2; --near: #c98a2b; --lost: #b9474a; --shadow: 0 1px 2px rgb(16 33 28 / .06), 0 8px 24px -12px rgb(16 33 28 / .18);
  --serif: ui-serif, "Iowan Old Style", Charter, "Source Serif 4", Georgia, serif;
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  --mono: ui-monospace, "SF Mono", "Cascadia Code", "DejaVu Sans Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --bg: #0e1412; --panel: #151d1a; --ink: #e4ebe7; --soft: #90a099; --line: #26322d; --hover: #1b2521;
    --accent: #62c9ab; --accent-soft: #17352c; --warn: #e3a857; --warn-soft: #38290f; --bad: #ef8a85; --bad-soft: #3c1b1b;
    --layer: #3fa286; --copy: #55645e; --near: #c08a3a; --lost: #c25b5c; --shadow: 0 1px 2px rgb(0 0 0 / .4);
  }
}
* { box-sizing: border-box; }
html { scroll-behavior: smooth; scroll-padding-top: 3.75rem; -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--bg); color: var(--ink); font: 15px/1.55 var(--sans); overflow-wrap: anywhere; }
a { color: var(--accent); text-decoration: none; } a:hover { text-decoration: underline; }
h1, h2, h3, p, dl, dd, ul, ol, figure { margin: 0; padding: 0; } ul, ol { list-style: none; }
h1, h2 { font-family: var(--serif); font-weight: 600; letter-spacing: -.012em; text-wrap: balance; }
h1 { font-size: clamp(1.9rem, 1.2rem + 2.6vw, 3.1rem); line-height: 1.1; max-width: 24ch; }
h2 { font-size: 1.5rem; line-height: 1.2; } h3 { font-size: .95rem; font-weight: 650; }
button, input, select { font: inherit; color: inherit; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
.wrap { max-width: 1480px; margin: 0 auto; padding: 0 clamp(1rem, 3vw, 2.5rem); }
.eyebrow { font: 600 .72rem/1 var(--sans); letter-spacing: .14em; text-transform: uppercase; color: var(--accent); }
.soft { color: var(--soft); } .mono { font-family: var(--mono); font-size: .8em; } .num { font-variant-numeric: tabular-nums; }
.topbar { position: sticky; top: 0; z-index: 5; background: color-mix(in srgb, var(--bg) 88%, transparent); backdrop-filter: blur(10px); border-bottom: 1px solid var(--line); }
.topbar .wrap { display: flex; gap: 1.25rem; align-items: center; height: 3rem; overflow-x: auto; scrollbar-width: none; white-space: nowrap; }
.topbar b { font-family: var(--serif); font-size: 1.1rem; margin-right: auto; } .topbar a { color: var(--soft); font-size: .88rem; }
header.lead.wrap { padding-top: clamp(2rem, 5vw, 4rem); padding-bottom: 2rem; } header.lead p.intro { max-width: 66ch; margin-top: .9rem; color: var(--soft); font-size: 1.05rem; }
header.lead .eyebrow { margin-bottom: 1rem; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(138px, 1fr)); gap: 1px; background: var(--panel); border: 1px solid var(--line); border-radius: 12px; overflow: hidden; margin-top: 2rem; box-shadow: var(--shadow); }
.tiles > div { box-shadow: 0 0 0 1px var(--line); padding: 1rem 1.1rem; }
.tiles dt { color: var(--soft); font-size: .8rem; } .tiles dd { font: 600 1.75rem/1.2 var(--serif); font-variant-numeric: tabular-nums lining-nums; } .tiles small { display: block; color: var(--soft); font: .78rem/1.4 var(--sans); min-height: 1.4em; }
.stack { display: flex; height: 12px; border-radius: 6px; overflow: hidden; gap: 2px; margin-top: 1.25rem; } .stack i { min-width: 3px; }
.legend { display: flex; flex-wrap: wrap; gap: .35rem 1.25rem; margin-top: .6rem; font-size: .82rem; color: var(--soft); } .legend i { display: inline-block; width: .7em; height: .7em; border-radius: 3px; margin-right: .45em; }
section.wrap { padding-top: 1rem; padding-bottom: 2rem; } section > h2 { padding-top: 1.8rem; border-top: 1px solid var(--line); } section > p.intro { color: var(--soft); max-width: 70ch; margin: .35rem 0 1.1rem; }
.tools { display: flex; flex-wrap: wrap; gap: .6rem; align-items: center; margin: 1rem 0 .8rem; }
.tools input { flex: 1 1 260px; min-width: 0; padding: .6rem .85rem; border: 1px solid var(--line); border-radius: 9px; background: var(--panel); } .tools input:focus { border-color: var(--accent); outline: 2px solid var(--accent-soft); }
.chips { display: flex; flex-wrap: wrap; gap: .35rem; } .chips button { border: 1px solid var(--line); background: var(--panel); border-radius: 99px; padding: .28rem .75rem; font-size: .83rem; cursor: pointer; color: var(--soft); }
.chips button[aria-pressed=true] { background: var(--accent); border-color: var(--accent); color: var(--panel); } .chips b { font-weight: 500; opacity: .7; margin-left: .3em; }
.bench { display: grid; gap: 1.25rem; align-items: start; } @media (min-width: 1080px) { .bench { grid-template-columns: minmax(0, 1fr) minmax(330px, 27rem); } }
.card { background: var(--panel); border: 1px solid var(--line); border-radius: 12px; box-shadow: var(--shadow); overflow: hidden; }
table { width: 100%; border-collapse: collapse; font-size: .9rem; } th { text-align: left; font-weight: 600; color: var(--soft); font-size: .78rem; } th, td { padding: .6rem .8rem; border-bottom: 1px solid var(--line); vertical-align: top; } tbody tr:last-child td { border-bottom: 0; }
th button { all: unset; cursor: pointer; white-space: nowrap; } th button::after { content: "↕"; opacity: .3; margin-left: .3em; } th[aria-sort=ascending] button::after { content: "↑"; opacity: 1; color: var(--accent); } th[aria-sort=descending] button::after { content: "↓"; opacity: 1; color: var(--accent); }
td.num, th.num { text-align: right; white-space: nowrap; }
.docs tbody tr.row { cursor: pointer; } .docs tbody tr.row:hover { background: var(--hover); } .docs tbody tr.on { background: var(--accent-soft); }
.docs .name { all: unset; cursor: pointer; font-weight: 600; display: block; } .docs .name:focus-visible { outline: 2px solid var(--accent); } .docs .path { color: var(--soft); font-family: var(--mono); font-size: .74rem; line-height: 1.45; } .docs td > .path { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow: hidden; margin-bottom: .15rem; }
.docs { table-layout: fixed; } .docs th:nth-child(2) { width: 6.4rem; } .docs th:nth-child(3) { width: 5.2rem; } .docs th:nth-child(4) { width: 4.9rem; } .docs th:nth-child(5) { width: 6.9rem; } .docs th:nth-child(6) { width: 5.2rem; } .docs th.words { width: 18%; } .docs td.words { color: var(--soft); font-size: .82rem; }
.tag { display: inline-block; font-size: .72rem; line-height: 1.5; padding: 0 .5em; border-radius: 5px; background: var(--hover); border: 1px solid var(--line); color: var(--soft); white-space: nowrap; } .tag.copy { border-style: dashed; } .tag.near { background: var(--warn-soft); color: var(--warn); border-color: transparent; } .tag.ocr { background: var(--accent-soft); color: var(--accent); border-color: transparent; } .tag.bad { background: var(--bad-soft); color: var(--bad); border-color: transparent; }
.mood { display: inline-block; position: relative; width: 46px; height: 6px; border-radius: 3px; background: var(--line); vertical-align: middle; } .mood i { position: absolute; top: 0; bottom: 0; border-radius: 3px; background: var(--accent); } .mood i.down { background: var(--lost); }
.pager { display: flex; gap: .6rem; align-items: center; justify-content: space-between; padding: .6rem .8rem; border-top: 1px solid var(--line); font-size: .85rem; color: var(--soft); } .pager button { border: 1px solid var(--line); background: none; border-radius: 7px; padding: .25rem .8rem; cursor: pointer; } .pager button:disabled { opacity: .35; cursor: default; }
aside { position: sticky; top: 4rem; max-height: calc(100vh - 5rem); overflow: auto; } .detail { padding: 1.25rem 1.35rem; } .detail h3.title { font: 600 1.25rem/1.25 var(--serif); } .detail .path { font-family: var(--mono); font-size: .76rem; color: var(--soft); margin: .35rem 0 .6rem; } .detail h4 { margin: 1.15rem 0 .4rem; font-size: .74rem; letter-spacing: .08em; text-transform: uppercase; color: var(--soft); font-weight: 600; }
.facts { display: grid; grid-template-columns: repeat(3, 1fr); gap: .6rem .8rem; margin-top: .9rem; } .facts dt { font-size: .74rem; color: var(--soft); } .facts dd { font-variant-numeric: tabular-nums; font-weight: 600; }
blockquote { margin: 0 0 .5rem; padding-left: .8rem; border-left: 2px solid var(--accent); font-family: var(--serif); line-height: 1.5; }
.words span, .words button, .cloud button { display: inline-block; margin: 0 .3rem .3rem 0; } .pill { border: 1px solid var(--line); border-radius: 6px; background: none; padding: .08rem .5rem; font-size: .82rem; } button.pill { cursor: pointer; } button.pill:hover { border-color: var(--accent); color: var(--accent); } .pill b { font-weight: 500; color: var(--soft); margin-left: .35em; }
.bar { display: inline-block; width: 84px; height: 7px; border-radius: 4px; background: var(--line); overflow: hidden; vertical-align: middle; margin-right: .5em; } .bar i { display: block; height: 100%; background: var(--layer); } .bar i.mid { background: var(--near); } .bar i.low { background: var(--lost); }
.rank { columns: 2; column-gap: clamp(1.25rem, 3vw, 2.5rem); } @media (min-width: 900px) { .rank { columns: 3; } } @media (min-width: 1300px) { .rank { columns: 4; } }
.rank button { all: unset; box-sizing: border-box; display: grid; grid-template-columns: 1fr auto; gap: 0 .6rem; width: 100%; padding: .22rem 0; cursor: pointer; break-inside: avoid; font-size: .9rem; } .rank button:hover span { color: var(--accent); } .rank b { color: var(--soft); font-weight: 500; font-variant-numeric: tabular-nums; } .rank i { grid-column: 1 / -1; height: 3px; border-radius: 2px; background: var(--accent); opacity: .75; }
.pair { display: grid; gap: 1.25rem; } @media (min-width: 900px) { .pair { grid-template-columns: 1fr 1fr; } } .pair h3 { margin-bottom: .6rem; }
.groups { max-height: 33rem; overflow: auto; } details { border-bottom: 1px solid var(--line); } details:last-child { border-bottom: 0; } summary { padding: .6rem .9rem; cursor: pointer; } summary:hover { background: var(--hover); } details ul { padding: 0 .9rem .8rem 1.9rem; font-size: .84rem; } details li { padding: .12rem 0; } details li b { font-weight: 500; color: var(--soft); margin-left: .5em; }
.steps { display: grid; grid-template-columns: repeat(auto-fit, minmax(190px, 1fr)); gap: 1.1rem 1.6rem; margin-top: 1.2rem; counter-reset: step; } .steps li { counter-increment: step; font-size: .88rem; color: var(--soft); border-top: 2px solid var(--line); padding-top: .6rem; } .steps b { display: block; color: var(--ink); } .steps b::before { content: counter(step) ". "; color: var(--accent); }
.empty { padding: 2rem 1.2rem; color: var(--soft); text-align: center; } footer.wrap { padding-top: 1.5rem; padding-bottom: 3rem; color: var(--soft); font-size: .82rem; }
.scroll { overflow-x: auto; }
@media (max-width: 1079px) { aside { display: none; } tr.inline > td { padding: 0; background: var(--bg); } }
@media (min-width: 1080px) { tr.inline { display: none; } }
@media (max-width: 1380px) and (min-width: 1080px), (max-width: 860px) { .docs th.words, .docs td.words { display: none; } }
@media (max-width: 640px) {
  body { font-size: 14.5px; } .docs thead { display: flex; overflow-x: auto; } .docs thead tr { display: flex; } .docs thead th { border: 0; padding: .55rem .6rem; }
  .docs tbody, .docs tr, .docs td { display: block; width: auto; } .docs tbody tr.row { padding: .6rem .85rem; border-bottom: 1px solid var(--line); } .docs tbody tr.row td { display: inline-block; border: 0; padding: 0 .8rem 0 0; text-align: left; font-size: .8rem; color: var(--soft); } .docs tbody tr.row td:first-child { display: block; width: auto; font-size: .95rem; color: var(--ink); padding: 0 0 .25rem; } .docs tbody td.none { display: none !important; }
  .stackable thead { display: none; } .stackable tr { display: block; padding: .6rem .8rem; border-bottom: 1px solid var(--line); } .stackable td { display: inline-block; border: 0; padding: .05rem .9rem .05rem 0; text-align: left !important; } .stackable td:first-child, .stackable td:last-child { display: block; }
}
@media print { .topbar, .tools, .pager, aside { display: none; } .card { box-shadow: none; } }
`
