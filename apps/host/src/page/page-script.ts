/**
 * What the page does in the browser: search, filter, sort and turn the pages of the task table. It reads the rows from the page's JSON
 * element and builds nodes from them with `textContent` alone, so that no id or message can become markup.
 */
export const PAGE_SCRIPT: string = `
'use strict'
const data = JSON.parse(document.getElementById('rows').textContent)
const rows = data.rows.map((row, n) => ({ n, id: row[0], type: row[1], state: row[2], attempts: row[3], wait: row[4], took: row[5], at: row[6], why: row[7], critical: row[8] === 1 }))
for (const row of rows) row.hay = (row.id + ' ' + row.type + ' ' + row.why).toLowerCase()
const PAGE = 50
const view = { query: '', state: '', sort: 'n', down: false, page: 0 }
const find = (id) => document.getElementById(id)
const el = (name, className, ...children) => {
  const node = document.createElement(name)
  if (className) node.className = className
  node.append(...children)
  return node
}
function spell(ms) {
  if (ms === null) return '–'
  if (ms < 1) return '<1 ms'
  if (ms < 1000) return Math.round(ms) + ' ms'
  if (ms < 100000) return (ms / 1000).toFixed(ms < 10000 ? 1 : 0) + ' s'
  const minutes = Math.floor(ms / 60000)
  const two = (value) => String(value).padStart(2, '0')
  return minutes < 60 ? minutes + ':' + two(Math.floor((ms % 60000) / 1000)) + ' min' : Math.floor(minutes / 60) + ':' + two(minutes % 60) + ' h'
}
function chosen() {
  const terms = view.query.toLowerCase().split(/\\s+/).filter(Boolean)
  const found = rows.filter((row) => (!view.state || (view.state === 'critical path' ? row.critical : row.state === view.state)) && terms.every((term) => row.hay.includes(term)))
  const sign = view.down ? -1 : 1
  return found.sort((a, b) => {
    const [x, y] = [a[view.sort], b[view.sort]]
    if (x === y) return a.n - b.n
    if (x === null || y === null) return x === null ? 1 : -1
    return (x < y ? -1 : 1) * sign
  })
}
function line(row) {
  const dot = el('i', 'dot f-' + row.state)
  const name = el('td', '', row.id)
  if (row.critical) name.append(el('span', 'on', 'critical path'))
  if (row.why) name.append(el('span', 'why', row.why))
  return el('tr', '', name, el('td', 'type soft', row.type === row.id ? '' : row.type), el('td', 'state', dot, row.state), el('td', 'num', row.attempts ? String(row.attempts) : '–'),
    el('td', 'num', row.at === null ? '–' : '+' + spell(row.at)), el('td', 'num wait', spell(row.wait)), el('td', 'num', spell(row.took)))
}
function draw() {
  const found = chosen()
  const pages = Math.max(1, Math.ceil(found.length / PAGE))
  view.page = Math.min(view.page, pages - 1)
  const shown = found.slice(view.page * PAGE, view.page * PAGE + PAGE)
  find('tasks').replaceChildren(...shown.map(line))
  find('none').hidden = shown.length > 0
  find('where').textContent = found.length === 0 ? '' : (view.page * PAGE + 1) + '–' + (view.page * PAGE + shown.length) + ' of ' + found.length
  find('back').disabled = view.page === 0
  find('on').disabled = view.page === pages - 1
  for (const head of document.querySelectorAll('th[data-key]')) {
    if (head.dataset.key === view.sort) head.setAttribute('aria-sort', view.down ? 'descending' : 'ascending')
    else head.removeAttribute('aria-sort')
  }
}
function filter(state) {
  view.state = state
  view.page = 0
  for (const chip of document.querySelectorAll('.chips button')) chip.setAttribute('aria-pressed', String(chip.dataset.state === state))
  draw()
}
function search(text) {
  find('query').value = text
  view.query = text
  view.page = 0
  draw()
}
for (const chip of document.querySelectorAll('.chips button')) chip.addEventListener('click', () => filter(view.state === chip.dataset.state ? '' : chip.dataset.state))
for (const head of document.querySelectorAll('th[data-key] button')) {
  head.addEventListener('click', () => {
    const key = head.parentElement.dataset.key
    view.down = view.sort === key ? !view.down : key !== 'id' && key !== 'type' && key !== 'state' && key !== 'at'
    view.sort = key
    draw()
  })
}
for (const node of document.querySelectorAll('.node')) {
  node.addEventListener('click', () => {
    filter('')
    search(node.dataset.q)
    find('list').scrollIntoView()
  })
}
find('query').addEventListener('input', (event) => search(event.target.value))
find('back').addEventListener('click', () => { view.page--; draw() })
find('on').addEventListener('click', () => { view.page++; draw() })
draw()
`
