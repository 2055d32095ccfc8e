import type { ArtifactRef, ArtifactVersion } from '@symphony/interface'
import type { ByteReader, ByteWriter } from '@symphony/shared-memory'
import { formatHash } from './hash-words.ts'
import { HASH_BYTES } from './layout.ts'

interface Line {
  /** The number the next version gets. Numbers are not reused, also when all versions are deleted. */
  next: number
  versions: ArtifactVersion[]
}

/** Names and what was put under them, oldest version first. */
export class NameVersions {
  readonly #lines = new Map<string, Line>()

  versions(name: string): readonly ArtifactVersion[] {
    return [...(this.#lines.get(name)?.versions ?? [])]
  }

  latest(name: string): ArtifactRef | undefined {
    return this.#lines.get(name)?.versions.at(-1)?.ref
  }

  /** Makes it the newest version, unless it already is. */
  add(name: string, ref: ArtifactRef, createdAtMs: number): void {
    let line = this.#lines.get(name)
    if (line === undefined) this.#lines.set(name, (line = { next: 1, versions: [] }))
    if (line.versions.at(-1)?.ref === ref) return
    line.versions.push(Object.freeze({ version: line.next++, ref, createdAtMs }))
  }

  /** Takes all versions of a deleted artifact away. */
  remove(name: string, ref: ArtifactRef): void {
    const line = this.#lines.get(name)
    if (line !== undefined) line.versions = line.versions.filter((version) => version.ref !== ref)
  }

  clear(): void {
    this.#lines.clear()
  }

  write(writer: ByteWriter): void {
    writer.u32(this.#lines.size)
    for (const [name, { next, versions }] of this.#lines) {
      writer.string(name).u32(next).u32(versions.length)
      for (const { version, ref, createdAtMs } of versions) writer.u32(version).hex(ref).f64(createdAtMs)
    }
  }

  read(reader: ByteReader): void {
    this.clear()
    for (let lines = reader.u32(); lines > 0; lines--) {
      const name = reader.string()
      const next = reader.u32()
      const versions: ArtifactVersion[] = []
      for (let count = reader.u32(); count > 0; count--) {
        versions.push(Object.freeze({ version: reader.u32(), ref: formatHash(reader.raw(HASH_BYTES)), createdAtMs: reader.f64() }))
      }
      this.#lines.set(name, { next, versions })
    }
  }
}
