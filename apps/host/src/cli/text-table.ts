/** A column of a table: its head, and whether its cells stand to the right. */
export interface Column {
  readonly head: string
  readonly right?: boolean
  /** Longer cells are cut. Default: no limit. */
  readonly widthMax?: number
}

/** Lines of a table as people read it. Control characters of names do not reach the terminal. */
export function textTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const cut = (text: string, column: Column): string => {
    const plain = printable(text)
    const most = column.widthMax ?? Infinity
    return plain.length <= most ? plain : `${plain.slice(0, most - 1)}…`
  }
  const cells = rows.map((row) => row.map((text, at) => cut(text, columns[at] as Column)))
  const widths = columns.map(({ head }, at) => Math.max(head.length, ...cells.map((row) => (row[at] as string).length)))
  const line = (row: readonly string[]): string =>
    row.map((text, at) => (columns[at]?.right === true ? text.padStart(widths[at] as number) : text.padEnd(widths[at] as number))).join('  ').trimEnd()
  return [line(columns.map(({ head }) => head)), ...cells.map(line)].join('\n')
}

/** A text without what could move a cursor or change a colour. */
export function printable(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ')
}
