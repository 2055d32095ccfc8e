/** A length of time in as many digits as people need: `7 ms`, `12 s`, `1:05 h`. */
export function spellMs(ms: number | null): string {
  if (ms === null) return '–'
  if (ms < 1) return '<1 ms'
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 100_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`
  const minutes = Math.floor(ms / 60_000)
  const two = (value: number): string => String(value).padStart(2, '0')
  return minutes < 60 ? `${minutes}:${two(Math.floor((ms % 60_000) / 1000))} min` : `${Math.floor(minutes / 60)}:${two(minutes % 60)} h`
}

/** A moment in the machine's own time zone: `2026-05-01 09:30:12`. */
export function spellTime(ms: number): string {
  return new Date(ms).toLocaleString('sv-SE')
}

/** "1 task", "2 tasks". */
export function counted(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString('en')} ${number === 1 ? one : many}`
}

/** An amount of bytes: `512 bytes`, `2.1 KiB`, `64 MiB`. */
export function spellBytes(bytes: number): string {
  const units = ['KiB', 'MiB', 'GiB', 'TiB']
  if (bytes < 1024) return counted(bytes, 'byte')
  const power = Math.min(units.length, Math.floor(Math.log2(bytes) / 10))
  const value = bytes / 1024 ** power
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[power - 1]}`
}

/** Numbers from one to another: `1–12`, or `–` for none. */
export function spellRange(first: number, last: number): string {
  return first === 0 ? '–' : first === last ? String(first) : `${first}–${last}`
}
