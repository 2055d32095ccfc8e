import type { Archive, ArchiveTotals } from './archive.ts'
import { counted, formatBytes, formatNumber } from './figures.ts'

/** The head of the page: what was found, in one sentence, in numbers, and as one bar. */
export function renderLead({ totals }: Archive): string {
  return `<header class="lead wrap" id="top">
<p class="eyebrow">Document archive</p>
<h1>${counted(totals.files, 'file')}, ${counted(totals.documents, 'distinct document')}.</h1>
<p class="intro">${sentence(totals)}</p>
<dl class="tiles">${tiles(totals).map(([name, value, note]) => `<div><dt>${name}</dt><dd>${value}</dd><small>${note}</small></div>`).join('')}</dl>
${composition(totals)}
</header>`
}

function sentence(totals: ArchiveTotals): string {
  const recognised = totals.pagesRecognised === 0 ? '' : ` ${counted(totals.pagesRecognised, 'page')} without a text layer ${totals.pagesRecognised === 1 ? 'was' : 'were'} recognised.`
  return `Every file was read once by its content; copies are linked to their original.${recognised} Each document is summed up in its own words, and every quote can be traced to its file and page.`
}

function tiles(totals: ArchiveTotals): readonly (readonly [string, string, string])[] {
  return [
    ['Files', formatNumber(totals.files), formatBytes(totals.bytes)],
    ['Distinct documents', formatNumber(totals.documents), counted(totals.characters, 'character')],
    ['Exact copies', formatNumber(totals.duplicates), totals.duplicates === 0 ? 'none' : `${formatBytes(totals.duplicateBytes)} twice`],
    ['Near-duplicates', formatNumber(totals.nearDuplicates), 'at least 80 % alike'],
    ['Pages', formatNumber(totals.pages), 'in PDFs and pictures'],
    ['Pages recognised', formatNumber(totals.pagesRecognised), totals.pagesRecognised === 0 ? 'none needed' : `mean confidence ${totals.confidenceMean}`],
    ['Unreadable', formatNumber(totals.unreadable), totals.unreadable === 0 ? 'none' : 'each with its reason'],
  ]
}

function composition(totals: ArchiveTotals): string {
  const near = Math.min(totals.nearDuplicates, totals.documents)
  const parts = [
    ['unique', totals.documents - near, 'layer'],
    ['near-duplicate', near, 'near'],
    ['exact copy', totals.duplicates, 'copy'],
    ['unreadable', totals.unreadable, 'lost'],
  ] as const
  const shown = parts.filter(([, count]) => count > 0)
  const bars = shown.map(([, count, colour]) => `<i style="flex:${count};background:var(--${colour})"></i>`).join('')
  const legend = shown.map(([name, count, colour]) => `<span><i style="background:var(--${colour})"></i>${formatNumber(count)} ${name}</span>`).join('')
  return `<div class="stack" aria-hidden="true">${bars}</div><p class="legend">${legend}</p>`
}
