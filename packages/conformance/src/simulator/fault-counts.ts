/** Every kind of fault the simulated storage knows, in the order in which it is reported. */
export const FAULT_KINDS = [
  /** Acknowledged by `write`, gone at the power cut. */
  'lost-write',
  /** A later write survived the power cut, an earlier one did not. */
  'reordered-write',
  /** A write of which only the front, or within a sector only a part, survived. */
  'torn-write',
  /** A write that went to another place of the same file. */
  'misdirected-write',
  /** One bit of what is on the device. */
  'bit-rot',
  /** One bit flipped on the way to the file: what is read back is not what was written. */
  'garbled-write',
  /** A created, renamed or removed name whose folder had not been forced, back as it was. */
  'lost-name',
  /** Refused once; the next one works. */
  'failing-write-once',
  'failing-write-for-ever',
  'failing-sync-once',
  'failing-sync-for-ever',
  'full-disk-once',
  'full-disk-for-ever',
  /** A write of which a part arrived before it was refused, whatever the reason. */
  'partial-write',
  'slow-operation',
  'crash-before',
  'crash-within',
  'crash-after',
  'kill',
  'power-cut',
] as const

export type FaultKind = (typeof FAULT_KINDS)[number]

/** How often each kind struck: not how often it was planned. */
export type FaultCounts = Record<FaultKind, number>

export function zeroFaults(): FaultCounts {
  return Object.fromEntries(FAULT_KINDS.map((kind) => [kind, 0])) as FaultCounts
}

/** Adds what struck in one run to a total. */
export function addFaults(total: FaultCounts, more: Readonly<FaultCounts>): void {
  for (const kind of FAULT_KINDS) total[kind] += more[kind]
}
