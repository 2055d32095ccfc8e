import { createHash } from 'node:crypto'
import type { Json, TaskType } from '@symphony/interface'
import { SymphonyError } from '@symphony/interface'
import type { ByteReader, ByteWriter } from '@symphony/shared-memory'
import { IdIndex } from './id-index.ts'
import { isSchema } from './schemas.ts'
import { DEFAULT_VERSION, FUNCTION_FIELDS, isOfProgram } from './task-types.ts'
import { compileDraft, waitMsOf } from './template.ts'
import type { CompiledTemplate, Draft } from './template.ts'

// A definition as bytes: its shape, then its types with their knobs. The hash covers the shape alone, so that a knob may be
// turned without making another workflow of it. Of functions only "there was one" is kept.


/** SHA-256 of the shape: ids, types with their versions, needs, params. */
export function hashOf(template: Draft): string {
  const { name, version, output, ids, typeOf, inStart, inFrom, inKind, params } = template
  const given = params?.flatMap((value, task) => (value === undefined ? [] : [[task, canonical(value)]])) ?? []
  // Whole columns at a time: a definition of a hundred thousand tasks is hashed in milliseconds.
  const frame: Json[] = [name, version, output, template.types.map(shapeOf), template.namedTypes, given, ids, inFrom.length]
  const { joins, conditions } = template
  // Only where there is such a thing: what was hashed before there were any keeps its hash.
  if (joins !== undefined) frame.push(['joins', ...joins].flat() as Json)
  if (conditions !== undefined) frame.push(['when', ...[...conditions].flatMap(([task, program]) => [task, program.length, ...program])])
  const hash = createHash('sha256').update(JSON.stringify(frame))
  for (const column of [typeOf, inStart, inFrom, inKind]) hash.update(new Uint8Array(column.buffer, column.byteOffset, column.byteLength))
  return hash.digest('hex')
}

export function writeDefinition(writer: ByteWriter, template: Draft): ByteWriter {
  writeShape(writer, template)
  for (const type of template.types) {
    const functions = FUNCTION_FIELDS.reduce((bits, field, place) => bits | (isOfProgram(field, type[field]) ? 1 << place : 0), 0)
    writer.u8(functions).json(canonical(withoutFunctions(type)))
  }
  writeSparse(writer, template)
  return writer
}

/** A definition read back, and whether it had functions that only the program can supply. */
export function readDefinition(reader: ByteReader): { readonly template: CompiledTemplate; readonly hasFunctions: boolean } {
  const name = reader.string()
  const version = reader.string()
  const output = reader.i32()
  const typeCount = reader.u32()
  const namedTypes = reader.u32()
  const taskCount = reader.u32()
  const edgeCount = reader.u32()
  const ids: string[] = new Array(taskCount)
  const index = IdIndex.ofAll(ids)
  const typeOf = new Int32Array(taskCount)
  const inStart = new Int32Array(taskCount + 1)
  const inFrom = new Int32Array(edgeCount)
  const inKind = new Uint8Array(edgeCount)
  let length = 0
  for (let task = 0; task < taskCount; task++) {
    const id = reader.string()
    ids[task] = id
    typeOf[task] = reader.u32()
    for (let needs = reader.u32(); needs > 0; needs--) {
      const need = reader.u32()
      inFrom[length] = need >>> 2
      inKind[length++] = need & 3
    }
    inStart[task + 1] = length
  }
  const params = readParams(reader, taskCount)
  let hasFunctions = false
  const types: TaskType[] = new Array(typeCount)
  for (let place = 0; place < typeCount; place++) {
    hasFunctions = reader.u8() !== 0 || hasFunctions
    types[place] = reader.json() as TaskType
  }
  const draft = { name, version, output, types, namedTypes, ids, typeOf, params, inStart, inFrom, inKind, ...readSparse(reader) }
  const compilation = compileDraft(draft, index)
  if (!('template' in compilation)) {
    throw new SymphonyError({
      code: 'REGION_CORRUPT',
      component: '@symphony/dag',
      message: `The stored definition of "${name}" has a circle, so its bytes are damaged. Restore an older checkpoint.`,
    })
  }
  return { template: compilation.template, hasFunctions }
}

/** What few tasks have. Nothing is written when none has any: so it was before there were such things. */
function writeSparse(writer: ByteWriter, { joins, conditions }: Draft): void {
  if (joins === undefined && conditions === undefined) return
  writer.u32(joins?.size ?? 0)
  for (const [task, least] of joins ?? []) writer.u32(task).u32(least)
  writer.u32(conditions?.size ?? 0)
  for (const [task, program] of conditions ?? []) {
    writer.u32(task).u32(program.length)
    for (const word of program) writer.i32(word)
  }
}

function readSparse(reader: ByteReader): Pick<Draft, 'joins' | 'conditions'> {
  if (reader.remaining === 0) return { joins: undefined, conditions: undefined }
  const joins = new Map<number, number>()
  for (let left = reader.u32(); left > 0; left--) joins.set(reader.u32(), reader.u32())
  const conditions = new Map<number, Int32Array>()
  for (let left = reader.u32(); left > 0; left--) {
    const task = reader.u32()
    conditions.set(task, Int32Array.from({ length: reader.u32() }, () => reader.i32()))
  }
  return { joins: joins.size === 0 ? undefined : joins, conditions: conditions.size === 0 ? undefined : conditions }
}

/** A value with the keys of its objects sorted, so that two ways to write the same params are the same. */
export function canonical(value: Json): Json {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(canonical)
  const entries = Object.entries(value as { readonly [key: string]: Json })
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([key, item]) => [key, canonical(item)]))
}

/** What of a type shapes a run; the rest are knobs. */
export function shapeOf(type: TaskType): Json {
  const shape: Json[] = [type.name, type.version ?? DEFAULT_VERSION, type.model ?? null, type.waitFor ?? null, type.allowFailure ?? false]
  // When a wait fails is decided by replay as well, so it cannot be a knob.
  if (waitMsOf(type) > 0) shape.push(waitMsOf(type))
  // Ways that came later are added only where they are used: the hash of everything else stays what it was.
  if (type.workflow !== undefined) shape.push(['workflow', type.workflow])
  return shape
}

function writeShape(writer: ByteWriter, template: Draft): ByteWriter {
  const { ids, typeOf, inStart, inFrom, inKind, params } = template
  writer.string(template.name).string(template.version).i32(template.output).u32(template.types.length).u32(template.namedTypes)
  writer.u32(ids.length).u32(inFrom.length)
  for (let task = 0; task < ids.length; task++) {
    const end = inStart[task + 1] as number
    const start = inStart[task] as number
    writer.string(ids[task] as string).u32(typeOf[task] as number).u32(end - start)
    for (let edge = start; edge < end; edge++) writer.u32((inFrom[edge] as number) * 4 + (inKind[edge] as number))
  }
  let given = 0
  for (const value of params ?? []) if (value !== undefined) given++
  writer.u32(given)
  params?.forEach((value, task) => {
    if (value !== undefined) writer.u32(task).json(canonical(value))
  })
  return writer
}

function readParams(reader: ByteReader, taskCount: number): readonly (Json | undefined)[] | undefined {
  let given = reader.u32()
  if (given === 0) return undefined
  const params = new Array<Json | undefined>(taskCount).fill(undefined)
  for (; given > 0; given--) params[reader.u32()] = reader.json() as Json
  return params
}

function withoutFunctions(type: TaskType): Json {
  return Object.fromEntries(Object.entries(type).filter(([key, value]) => !isOfProgram(key, value) && !isSchema(value))) as Json
}
