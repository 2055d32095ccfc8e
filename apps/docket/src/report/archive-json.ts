import type { Archive } from './archive.ts'

/** The archive as a JSON document for other programs. Equal archives give equal text. */
export function archiveJson(archive: Archive): string {
  return `${JSON.stringify(archive, null, 2)}\n`
}
