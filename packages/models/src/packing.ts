/** From this size on it is cheaper to move bytes than to copy them. */
const TRANSFER_BYTES_MIN = 16_384

/** A value ready to be posted. */
export interface Packed {
  readonly value: unknown
  readonly transfer: readonly ArrayBuffer[]
}

const nothing: readonly ArrayBuffer[] = []

/**
 * Prepares bytes for the way to another thread: a value itself, the items of an array, and the fields of a plain object.
 *
 * Large arrays that have their buffer to themselves are moved if `moves` says so, and are gone here afterwards. A view of part
 * of a larger buffer is cut out first, because posting a view copies all of the buffer behind it. What is shared stays shared.
 */
export function pack(value: unknown, moves: boolean): Packed {
  if (typeof value !== 'object' || value === null) return { value, transfer: nothing }
  const transfer: ArrayBuffer[] = []
  const ready = packOne(value, moves, transfer)
  if (ready !== value || transfer.length > 0 || isBytes(value)) return { value: ready, transfer }
  return { value: packFields(value, moves, transfer), transfer }
}

function packFields(value: object, moves: boolean, transfer: ArrayBuffer[]): unknown {
  if (Array.isArray(value)) {
    if (!value.some(isBytes)) return value
    return value.map((item) => packOne(item, moves, transfer))
  }
  const prototype = Object.getPrototypeOf(value) as unknown
  if (prototype !== Object.prototype && prototype !== null) return value
  let copy: Record<string, unknown> | undefined
  for (const key in value) {
    const field = (value as Record<string, unknown>)[key]
    if (!isBytes(field)) continue
    const ready = packOne(field, moves, transfer)
    if (ready !== field) (copy ??= { ...value })[key] = ready
  }
  return copy ?? value
}

function packOne(value: unknown, moves: boolean, transfer: ArrayBuffer[]): unknown {
  if (value instanceof ArrayBuffer) {
    if (moves && value.byteLength >= TRANSFER_BYTES_MIN) addOnce(transfer, value)
    return value
  }
  if (!ArrayBuffer.isView(value) || !(value.buffer instanceof ArrayBuffer)) return value
  if (value.byteLength < value.buffer.byteLength) {
    if (value instanceof DataView) return value
    const cut = (value as Uint8Array).slice()
    // A slice of a small Buffer lies in the common slab again; a plain array does not.
    const own = cut.byteLength < cut.buffer.byteLength ? new Uint8Array(cut) : cut
    return packOne(own, moves, transfer)
  }
  if (moves && value.byteLength >= TRANSFER_BYTES_MIN) addOnce(transfer, value.buffer)
  return value
}

function addOnce(transfer: ArrayBuffer[], buffer: ArrayBuffer): void {
  if (!transfer.includes(buffer)) transfer.push(buffer)
}

function isBytes(value: unknown): boolean {
  return value instanceof ArrayBuffer || ArrayBuffer.isView(value)
}
