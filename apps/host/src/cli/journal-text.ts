import { relative } from 'node:path'
import type { Json } from '@symphony/interface'
import type { LogEntry, LogReport } from '@symphony/runtime'
import { spellBytes, spellRange } from './spell.ts'
import { printable, textTable } from './text-table.ts'

/** What lies in a log, as people read it. */
export function reportText(report: LogReport): string {
  const parts = [headText(report), segmentTable(report), checkpointTable(report), commandTable(report), damageText(report)]
  return parts.filter((text) => text !== '').join('\n\n')
}

function headText({ folder, logId, isOpen, earliestLsn, lastLsn, tornBytes, setAside, refusal }: LogReport): string {
  const rows: (readonly [string, string])[] = [
    ['folder', relative('.', folder) || '.'],
    ['log', logId],
    ['opens', refusal === undefined ? (isOpen ? 'a process has it open' : 'yes') : `no: ${refusal.message}`],
    ['records', `up to ${lastLsn}; the state can be had as of each from ${earliestLsn} on`],
    ...(tornBytes > 0 ? [['torn', isOpen ? `${tornBytes} bytes at the end are being written` : `${tornBytes} bytes of an interrupted write, which the next start sets aside`] as const] : []),
    ...(setAside.length > 0 ? [['aside', setAside.join(', ')] as const] : []),
  ]
  return rows.map(([name, text]) => `${name.padEnd(9)} ${printable(text)}`).join('\n')
}

function segmentTable({ segments }: LogReport): string {
  if (segments.length === 0) return ''
  const columns = [{ head: 'SEGMENT', right: true }, { head: 'RECORDS' }, { head: 'COMMITS', right: true }, { head: 'USED', right: true }, { head: 'OF', right: true }, { head: 'ENDS' }]
  return textTable(columns, segments.map(({ number, firstLsn, lastLsn, commits, usedBytes, sizeBytes, isClosed }) => [
    String(number), spellRange(firstLsn, lastLsn), String(commits), spellBytes(usedBytes), spellBytes(sizeBytes), isClosed ? 'closed' : 'open',
  ]))
}

function checkpointTable({ checkpoints }: LogReport): string {
  if (checkpoints.length === 0) return ''
  const columns = [{ head: 'CHECKPOINT', right: true }, { head: 'BYTES', right: true }, { head: 'VERIFIES' }, { head: 'SECTIONS' }]
  return textTable(columns, checkpoints.map(({ lsn, sizeBytes, verifies, sections }) => [
    String(lsn), spellBytes(sizeBytes), verifies ? 'yes' : 'NO', sections.map(({ component, name, bytes }) => `${name ?? component} ${spellBytes(bytes)}`).join(', '),
  ]))
}

function commandTable({ commands }: LogReport): string {
  if (commands.length === 0) return ''
  const columns = [{ head: 'COMPONENT' }, { head: 'COMMAND' }, { head: 'TYPE', right: true }, { head: 'COUNT', right: true }, { head: 'BYTES', right: true }]
  return textTable(columns, commands.map((one) => [one.componentName ?? String(one.component), one.name ?? '?', String(one.type), String(one.commands), spellBytes(one.bytes)]))
}

function damageText({ damages }: LogReport): string {
  return damages.filter(({ isTorn }) => !isTorn).map(({ path, offset, bytes, what }) => `damage    ${relative('.', path)}: byte ${offset}${bytes > 0 ? `, ${bytes} bytes` : ''}: ${what}`).join('\n')
}

const TEXT_MAX = 48
const REF = /^[0-9a-f]{64}$/

/** A command in one line: number, component, command, run and task, facts. */
export function entryLine({ lsn, component, type, name, run, task, body, base64 }: LogEntry): string {
  const about = run === undefined ? '' : ` ${run}${task === undefined ? '' : `/${task}`}`
  const facts = body === undefined ? `${(base64 as string).length} characters of base64` : Object.entries(body).map(([key, value]) => `${key}=${fact(key, value)}`).join(' ')
  return printable(`${String(lsn).padStart(6)}  ${String(component).padEnd(11)}  ${(name ?? `type ${type}`).padEnd(12)} ${about}${facts === '' ? '' : `  ${facts}`}`).trimEnd()
}

function fact(key: string, value: Json): string {
  if (key.endsWith('Ms') && typeof value === 'number' && value > 1e12) return new Date(value).toISOString()
  const text = typeof value === 'string' ? (REF.test(value) ? `${value.slice(0, 12)}…` : value) : JSON.stringify(value)
  return text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX - 1)}…` : text
}
