import { createHash } from 'node:crypto'
import type { Archive, RunFigures } from './archive.ts'
import { scriptJson } from './escape.ts'
import { renderLead } from './lead.ts'
import { pageRows } from './page-rows.ts'
import { PAGE_SCRIPT } from './page-script.ts'
import { PAGE_STYLE } from './page-style.ts'
import { renderDocuments, renderDuplicates, renderKeywords, renderRecognised, renderRun, renderUnreadable } from './sections.ts'

/**
 * The archive as one HTML page to look at: complete in itself, nothing is loaded, nothing is sent.
 *
 * Whatever a document or a file name holds is shown as text. As a second wall the page's policy allows its own script alone, by hash,
 * and no connection to anywhere.
 *
 * @param run figures of the run that made it; without them the page depends on the archive alone.
 *
 * @example
 * writeFileSync('report.html', renderReport(archive, figures))
 */
export function renderReport(archive: Archive, run?: RunFigures): string {
  const rows = pageRows(archive)
  const sections: readonly (readonly [id: string, name: string, html: string])[] = [
    ['documents', 'Documents', renderDocuments()],
    ['keywords', 'Keywords', renderKeywords(archive)],
    ['recognised', 'Recognised', renderRecognised(rows)],
    ['duplicates', 'Duplicates', renderDuplicates(archive, rows)],
    ['unreadable', 'Unreadable', renderUnreadable(archive.unreadable)],
    ['run', 'Run', run === undefined ? '' : renderRun(run)],
  ]
  const shown = sections.filter(([, , html]) => html !== '')
  const links = shown.map(([id, name]) => `<a href="#${id}">${name}</a>`).join('')
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${hashOf(PAGE_SCRIPT)}'; base-uri 'none'; form-action 'none'">
<meta name="referrer" content="no-referrer">
<title>Docket: ${archive.totals.documents} documents</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
<nav class="topbar"><div class="wrap"><b>Docket</b>${links}</div></nav>
${renderLead(archive)}
<main>
${shown.map(([, , html]) => html).join('\n')}
</main>
<footer class="wrap">Made by Docket on Symphony. This page is complete in itself: it loads nothing and sends nothing.</footer>
<script type="application/json" id="rows">${scriptJson(rows)}</script>
<script>${PAGE_SCRIPT}</script>
</body>
</html>
`
}

function hashOf(script: string): string {
  return createHash('sha256').update(script).digest('base64')
}
