/**
 * What the report does in the browser. It reads the rows from the page's JSON element and builds nodes from them with
 * `textContent` alone, so that no name or text of a document can become markup.
 */
export const PAGE_SCRIPT: string = `
'use strict'
const rows = JSON.parse(document.getElementById('rows').textContent)
const PAGE = 50
const state = { query: '', type: '', kind: '', sort: 'pages', down: true, page: 0, open: -1 }
const number = new Intl.NumberFormat('en')
const find = (id) => document.getElementById(id)

function el(name, attributes, ...children) {
  const node = document.createElement(name)
  for (const [key, value] of Object.entries(attributes || {})) {
    if (typeof value === 'function') node.addEventListener(key, value)
    else if (value !== undefined && value !== false) node.setAttribute(key, value === true ? '' : value)
  }
  for (const child of children.flat(Infinity)) if (child || child === 0) node.append(child)
  return node
}
function size(bytes) {
  if (bytes < 1000) return bytes + ' B'
  return bytes < 1e6 ? (bytes / 1e3).toFixed(bytes < 1e4 ? 1 : 0) + ' kB' : (bytes / 1e6).toFixed(1) + ' MB'
}
for (const row of rows) {
  row.ocr = row.pages.filter((page) => page[1] === 'ocr')
  row.hay = [row.title, row.path, row.keywords.map((k) => k[0]).join(' '), row.summary.join(' '), row.entities.map((e) => e[1]).join(' ')].join(' ').toLowerCase()
}
const copies = new Map()
for (const row of rows) if (row.copyOf >= 0) copies.set(row.copyOf, (copies.get(row.copyOf) || []).concat(row.n))

const KINDS = {
  distinct: ['distinct', (row) => row.copyOf < 0], copy: ['copies', (row) => row.copyOf >= 0], near: ['near-duplicates', (row) => row.near.length > 0],
  ocr: ['recognised', (row) => row.ocr.length > 0], foreign: ['not English', (row) => row.language === 'other'],
}
const SORTS = {
  path: (row) => row.path, title: (row) => row.title.toLowerCase(), type: (row) => row.type, bytes: (row) => row.bytes,
  pages: (row) => row.pages.length, characters: (row) => row.characters, sentiment: (row) => row.sentiment,
}

function chosen() {
  const terms = state.query.toLowerCase().split(/\\s+/).filter(Boolean)
  const kind = state.kind && KINDS[state.kind][1]
  const key = SORTS[state.sort]
  const found = rows.filter((row) => (!state.type || row.type === state.type) && (!kind || kind(row)) && terms.every((term) => row.hay.includes(term)))
  const sign = state.down ? -1 : 1
  return found.sort((a, b) => { const x = key(a), y = key(b); return x < y ? -sign : x > y ? sign : a.n - b.n })
}
function tags(row) {
  return [
    row.copyOf >= 0 && el('span', { class: 'tag copy' }, 'copy'), row.near.length > 0 && el('span', { class: 'tag near' }, 'near-duplicate'),
    row.ocr.length > 0 && el('span', { class: 'tag ocr' }, 'recognised'), row.language === 'other' && el('span', { class: 'tag' }, 'not English'),
  ].filter(Boolean).flatMap((tag) => [tag, ' '])
}
function mood(value) {
  const width = Math.min(1, Math.abs(value)) * 50
  const bar = el('i', { class: value < 0 ? 'down' : undefined })
  bar.style.left = (value < 0 ? 50 - width : 50) + '%'
  bar.style.width = width + '%'
  return el('span', { class: 'mood', title: 'sentiment ' + value }, bar)
}
function bar(confidence) {
  const fill = el('i', { class: confidence < 70 ? 'low' : confidence < 88 ? 'mid' : undefined })
  fill.style.width = confidence + '%'
  return [el('span', { class: 'bar' }, fill), el('span', { class: 'num' }, String(confidence))]
}
function link(n, extra) {
  const row = rows[n]
  return el('li', {}, el('a', { href: '#doc-' + n }, row.title), extra, el('div', { class: 'path' }, row.path))
}
function block(heading, ...content) { return [el('h4', {}, heading), ...content] }
function fact(name, value) { return el('div', {}, el('dt', {}, name), el('dd', {}, value)) }

function detail(row) {
  const own = row.copyOf >= 0 ? rows[row.copyOf] : row
  const same = (copies.get(own.n) || []).concat(row.copyOf >= 0 ? [own.n] : []).filter((n) => n !== row.n)
  const groups = Map.groupBy ? Map.groupBy(row.entities, (e) => e[0]) : new Map([['ALL', row.entities]])
  return el('div', { class: 'detail' },
    el('h3', { class: 'title' }, row.title), el('p', { class: 'path' }, row.path), el('p', {}, el('span', { class: 'tag' }, row.type), ' ', tags(row)),
    el('dl', { class: 'facts' }, fact('Size', size(row.bytes)), fact('Characters', number.format(row.characters)), row.pages.length > 0 ? fact('Pages', String(row.pages.length)) : fact('Sentences', number.format(row.sentences)), fact('Sentiment', row.sentiment.toFixed(2)), fact('Language', row.language === 'other' ? 'not English' : 'English'), fact('SHA-256', el('span', { class: 'mono', title: row.hash }, row.hash.slice(0, 10)))),
    row.summary.length > 0 && block('In its own words', row.summary.map((sentence) => el('blockquote', {}, sentence))),
    row.keywords.length > 0 && block('Keywords', el('div', { class: 'words' }, row.keywords.map(([word, count]) => el('button', { class: 'pill', click: () => search(word) }, word, el('b', {}, String(count)))))),
    row.entities.length > 0 && [...groups].flatMap(([type, list]) => block(type === 'NAME' ? 'Names' : type.toLowerCase(), el('div', { class: 'words' }, list.map((e) => el('span', { class: 'pill' }, e[1], e[2] > 1 && el('b', {}, String(e[2]))))))),
    row.ocr.length > 0 && block('Recognised pages', el('table', {}, el('tbody', {}, row.ocr.map((page) => el('tr', {}, el('td', {}, 'Page ' + page[0], page[3] ? el('div', { class: 'soft mono' }, page[3] + ' dpi') : ''), el('td', {}, bar(page[2]), page[4].length > 0 && el('div', { class: 'soft mono' }, 'check: ' + page[4].join(', ')))))))),
    same.length > 0 && block('Same content', el('ul', {}, same.slice(0, 50).map((n) => link(n)), same.length > 50 && el('li', { class: 'soft' }, 'and ' + (same.length - 50) + ' more'))),
    row.near.length > 0 && block('Nearly the same', el('ul', {}, row.near.slice(0, 50).map(([n, alike]) => link(n, el('span', { class: 'soft num' }, ' ' + Math.round(alike * 100) + ' %'))), row.near.length > 50 && el('li', { class: 'soft' }, 'and ' + (row.near.length - 50) + ' more'))),
    row.truncated && el('p', { class: 'soft' }, 'Keywords, entities and summary come from the beginning of this long text.'))
}
function rowNode(row) {
  const pages = row.pages.length
  return el('tr', { class: 'row' + (row.n === state.open ? ' on' : ''), click: () => toggle(row.n) },
    el('td', {}, el('button', { class: 'name', 'aria-expanded': String(row.n === state.open) }, row.title), el('span', { class: 'path' }, row.path), ' ', tags(row)),
    el('td', {}, el('span', { class: 'tag' }, row.type)), el('td', { class: 'num' }, size(row.bytes)), el('td', { class: 'num' + (pages ? '' : ' none') }, pages ? pages + (pages > 1 ? ' pp' : ' p') : ''),
    el('td', { class: 'num none' }, number.format(row.characters)), el('td', { class: 'none' }, mood(row.sentiment)), el('td', { class: 'words none' }, row.keywords.slice(0, 3).map((k) => k[0]).join(', ')))
}
function draw() {
  const found = chosen()
  state.page = Math.max(0, Math.min(state.page, Math.ceil(found.length / PAGE) - 1))
  const from = state.page * PAGE
  const shown = found.slice(from, from + PAGE)
  find('body').replaceChildren(...shown.flatMap((row) => row.n === state.open ? [rowNode(row), el('tr', { class: 'inline' }, el('td', { colspan: '7' }, detail(row)))] : [rowNode(row)]))
  find('none').hidden = found.length > 0
  find('range').textContent = found.length === 0 ? '' : number.format(from + 1) + '–' + number.format(from + shown.length) + ' of ' + number.format(found.length)
  find('back').disabled = state.page === 0
  find('next').disabled = from + PAGE >= found.length
  for (const head of document.querySelectorAll('th[data-sort]')) head.setAttribute('aria-sort', head.dataset.sort === state.sort ? (state.down ? 'descending' : 'ascending') : 'none')
  for (const chip of document.querySelectorAll('.chips button')) chip.setAttribute('aria-pressed', String((state[chip.dataset.of] || '') === chip.dataset.value))
  find('aside').replaceChildren(state.open >= 0 ? detail(rows[state.open]) : el('p', { class: 'empty' }, 'Choose a document to see its summary, keywords, names and relatives.'))
}
function toggle(n) { state.open = state.open === n ? -1 : n; history.replaceState(null, '', state.open < 0 ? location.pathname + location.search : '#doc-' + n); draw() }
function search(text) { state.query = text; state.page = 0; find('query').value = text; draw(); find('documents').scrollIntoView() }
function follow() {
  const match = /^#doc-(\\d+)$/.exec(location.hash)
  if (!match || !rows[Number(match[1])]) return
  Object.assign(state, { open: Number(match[1]), query: '', type: '', kind: '' })
  find('query').value = ''
  state.page = Math.floor(chosen().findIndex((row) => row.n === state.open) / PAGE)
  draw()
  document.querySelector('tr.on')?.scrollIntoView({ block: 'center' })
}
function chips(of, list) {
  return el('div', { class: 'chips', role: 'group' }, list.map(([value, name, count]) => el('button', { 'data-of': of, 'data-value': value, click: () => { state[of] = state[of] === value ? '' : value; state.page = 0; draw() } }, name, el('b', {}, number.format(count)))))
}
const types = [...new Set(rows.map((row) => row.type))].sort().map((type) => [type, type, rows.filter((row) => row.type === type).length])
const kinds = Object.entries(KINDS).map(([key, [name, test]]) => [key, name, rows.filter(test).length]).filter(([, , count]) => count > 0)
find('chips').replaceChildren(chips('type', types), chips('kind', kinds))
find('query').addEventListener('input', (event) => { state.query = event.target.value; state.page = 0; draw() })
find('back').addEventListener('click', () => { state.page -= 1; draw() })
find('next').addEventListener('click', () => { state.page += 1; draw() })
for (const head of document.querySelectorAll('th[data-sort] button')) head.addEventListener('click', () => {
  const key = head.parentElement.dataset.sort
  Object.assign(state, { down: state.sort === key ? !state.down : !['path', 'title', 'type'].includes(key), sort: key, page: 0 })
  draw()
})
for (const button of document.querySelectorAll('[data-search]')) button.addEventListener('click', () => search(button.dataset.search))
addEventListener('hashchange', follow)
if (matchMedia('(min-width: 1080px)').matches && rows.length > 0) state.open = Math.max(0, rows.findIndex((row) => row.ocr.length > 0))
draw()
follow()
`
