import { displayPath } from '../content/display-path.ts'
import type { Archive, RunFigures, UnreadableEntry } from './archive.ts'
import { escapeHtml } from './escape.ts'
import { counted, formatBytes, formatDuration, formatNumber } from './figures.ts'
import type { PageRow } from './page-rows.ts'

/** Rows a static table shows; the rest is counted. The documents table holds everything. */
const ROWS_MAX = 200

/** The table of documents with its search box: filled by the page's script. */
export function renderDocuments(): string {
  const columns = [['title', 'Document', ''], ['type', 'Type', ''], ['bytes', 'Size', 'num'], ['pages', 'Pages', 'num'], ['characters', 'Characters', 'num'], ['sentiment', 'Mood', '']] as const
  const heads = columns.map(([key, name, style]) => `<th scope="col" class="${style}" data-sort="${key}"><button type="button">${name}</button></th>`).join('')
  return section('documents', 'Documents', 'Search titles, paths, keywords, names and summaries. Choose a row for the details.', `<div class="tools"><input id="query" type="search" placeholder="Search the documents" aria-label="Search the documents" autocomplete="off" spellcheck="false"></div>
<div class="tools" id="chips"></div>
<div class="bench"><div class="card"><table class="docs"><thead><tr>${heads}<th scope="col" class="words">Keywords</th></tr></thead><tbody id="body"></tbody></table>
<p class="empty" id="none" hidden>No document matches.</p><noscript><p class="empty">This table needs JavaScript; everything else on the page does not.</p></noscript>
<div class="pager"><button type="button" id="back">Back</button><span class="num" id="range"></span><button type="button" id="next">Next</button></div></div>
<aside class="card" id="aside" aria-live="polite"></aside></div>`)
}

/** What the documents are about, most common first; each word is a search. */
export function renderKeywords({ keywords }: Archive): string {
  if (keywords.length === 0) return ''
  const most = keywords[0]?.documents ?? 1
  const items = keywords.map(({ word, documents }) => {
    const name = escapeHtml(word)
    return `<button type="button" data-search="${name}"><span>${name}</span><b>${formatNumber(documents)}</b><i style="width:${Math.max(2, Math.round((documents / most) * 100))}%"></i></button>`
  })
  return section('keywords', 'What they are about', 'The keywords shared by most documents, with the number of documents. Choose one to see them.', `<div class="rank">${items.join('')}</div>`)
}

/** Pages that were recognised, the doubtful ones first. */
export function renderRecognised(rows: readonly PageRow[]): string {
  const pages = rows
    .filter((row) => row.copyOf < 0)
    .flatMap((row) => row.pages.filter(([, method]) => method === 'ocr').map((page) => ({ row, page })))
    .sort((a, b) => a.page[2] - b.page[2] || a.row.n - b.row.n || a.page[0] - b.page[0])
  if (pages.length === 0) return ''
  const body = pages.slice(0, ROWS_MAX).map(({ row, page: [number, , confidence, dpi, doubtful] }) => {
    const level = confidence < 70 ? 'low' : confidence < 88 ? 'mid' : ''
    const bar = `<span class="bar"><i class="${level}" style="width:${Math.max(0, Math.min(100, confidence))}%"></i></span><span class="num">${confidence}</span>`
    const words = doubtful.length === 0 ? '<span class="soft">none</span>' : `<span class="mono">${escapeHtml(doubtful.join(', '))}</span>`
    return `<tr><td><a href="#doc-${row.n}">${escapeHtml(row.title)}</a></td><td class="num">page ${number}</td><td class="num">${dpi === 0 ? '' : `${dpi} dpi`}</td><td>${bar}</td><td>${words}</td></tr>`
  })
  const head = '<tr><th>Document</th><th class="num">Page</th><th class="num">Resolution</th><th>Confidence</th><th>Words to check</th></tr>'
  return section('recognised', 'Recognised pages', 'Pages that are pictures, the least certain first. A page the engine was unsure of was drawn again at a higher resolution; the best reading was kept.', table(head, body, pages.length))
}

/** Exact copies and near-duplicates, group by group. */
export function renderDuplicates({ nearDuplicates }: Archive, rows: readonly PageRow[]): string {
  const copies = new Map<number, PageRow[]>()
  for (const row of rows) if (row.copyOf >= 0) copies.set(row.copyOf, [...(copies.get(row.copyOf) ?? []), row])
  const exact = [...copies].sort(([a, listA], [b, listB]) => listB.length - listA.length || a - b)
  if (exact.length === 0 && nearDuplicates.length === 0) return ''
  const numbers = new Map(rows.map((row) => [row.path, row]))
  const first = exact.map(([n, list]) => group(rows[n], list.map((row) => [row, ''])))
  const second = nearDuplicates.map(({ leader, members }) =>
    group(numbers.get(displayPath(leader)), members.map(({ id, similarity }) => [numbers.get(displayPath(id)), `${Math.round(similarity * 100)} %`])),
  )
  return section('duplicates', 'Said twice', 'Files with the same content are one document. Near-duplicates share at least 80 percent of their runs of five words with the first of their group.', `<div class="pair"><div><h3>${counted(exact.length, 'document')} with exact copies</h3>${groups(first)}</div><div><h3>${counted(nearDuplicates.length, 'group')} of near-duplicates</h3>${groups(second)}</div></div>`)
}

/** What could not be read, and why. */
export function renderUnreadable(entries: readonly UnreadableEntry[]): string {
  if (entries.length === 0) return ''
  const body = entries.slice(0, ROWS_MAX).map(({ path, code, reason, bytes }) =>
    `<tr><td class="mono">${escapeHtml(displayPath(path))}</td><td><span class="tag bad">${escapeHtml(code)}</span></td><td>${escapeHtml(displayPath(reason))}</td><td class="num">${bytes === undefined ? '' : formatBytes(bytes)}</td></tr>`,
  )
  const head = '<tr><th>File</th><th>Code</th><th>Reason</th><th class="num">Size</th></tr>'
  return section('unreadable', 'Unreadable', 'Nothing is passed over in silence: these could not be turned into text.', table(head, body, entries.length))
}

/** How the archive was made, with the figures of the run. */
export function renderRun(run: RunFigures): string {
  const tasks = run.tasksRun + run.tasksRecalled
  const tiles = [
    ['Tasks run', formatNumber(run.tasksRun), `of ${formatNumber(tasks)}`],
    ['Recalled', formatNumber(run.tasksRecalled), 'taken from an earlier run'],
    ['Failed', formatNumber(run.tasksFailed), run.tasksFailed === 0 ? 'none' : 'see the unreadable files'],
    ['Elapsed', formatDuration(run.elapsedMs), run.finishedAt === undefined ? '' : escapeHtml(run.finishedAt)],
  ]
  const pools = run.pools.map(({ model, instances, calls, busyMs }) =>
    `<tr><td><b>${escapeHtml(model)}</b></td><td class="num">${counted(instances, 'instance')}</td><td class="num">${counted(calls, 'call')}</td><td class="num">${busyMs === undefined ? '' : `${formatDuration(busyMs)} busy`}</td></tr>`,
  )
  const notes = (run.notes ?? []).map((note) => `<p class="soft">${escapeHtml(note)}</p>`).join('')
  return section('run', 'How this was made', `Run ${escapeHtml(run.runId)}. Every step is a task whose result is kept by the hash of its input, so only what changed is done again.`, `<dl class="tiles">${tiles.map(([name, value, note]) => `<div><dt>${name}</dt><dd>${value}</dd><small>${note}</small></div>`).join('')}</dl>
<ol class="steps"><li><b>Scan</b>Folders are listed without following links.</li><li><b>Unpack</b>Types are told by content; copies are linked and done with.</li><li><b>Read</b>Text layers are read; pages without one are drawn, cleaned and recognised.</li><li><b>Understand</b>Keywords, names, dates, sentiment, and a summary of the text's own sentences.</li><li><b>Compare</b>Signatures of runs of words find what was said before.</li><li><b>Index</b>Passages are indexed so that questions are answered with quotes.</li></ol>
${pools.length === 0 ? '' : `<div class="card scroll" style="margin-top:1.4rem"><table><tbody>${pools.join('')}</tbody></table></div>`}${notes}`)
}

function section(id: string, title: string, intro: string, content: string): string {
  return `<section class="wrap" id="${id}"><h2>${title}</h2><p class="intro">${intro}</p>${content}</section>`
}

function table(head: string, body: readonly string[], total: number): string {
  const rest = total > body.length ? `<p class="empty">and ${formatNumber(total - body.length)} more</p>` : ''
  return `<div class="card"><table class="stackable"><thead>${head}</thead><tbody>${body.join('')}</tbody></table>${rest}</div>`
}

function group(leader: PageRow | undefined, members: readonly (readonly [PageRow | undefined, string])[]): string {
  if (leader === undefined) return ''
  const list = members.map(([row, note]) => (row === undefined ? '' : `<li><a class="mono" href="#doc-${row.n}">${escapeHtml(row.path)}</a>${note === '' ? '' : `<b class="num">${note}</b>`}</li>`))
  return `<details><summary>${escapeHtml(leader.title)} <span class="tag num">+ ${members.length}</span></summary><ul><li><a class="mono" href="#doc-${leader.n}">${escapeHtml(leader.path)}</a></li>${list.join('')}</ul></details>`
}

function groups(list: readonly string[]): string {
  if (list.length === 0) return '<p class="soft">None.</p>'
  const rest = list.length > ROWS_MAX ? `<p class="empty">and ${formatNumber(list.length - ROWS_MAX)} more groups; each document lists its relatives</p>` : ''
  return `<div class="card groups">${list.slice(0, ROWS_MAX).join('')}${rest}</div>`
}
