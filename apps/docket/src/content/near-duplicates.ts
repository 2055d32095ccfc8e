/** Numbers of a signature. 64 put the estimate of a similarity of 0.8 within 0.05 of the truth in two cases of three. */
export const SIGNATURE_LENGTH = 64
const SHINGLE_WORDS = 5
/** 16 bands of 4 rows: texts with a similarity of 0.8 share a band in 9,998 cases of 10,000, texts with 0.3 in 12 of 100. */
const BANDS = 16
const ROWS = SIGNATURE_LENGTH / BANDS
const NEAR = 0.8

/** A document to compare. */
export interface SignedDocument {
  readonly id: string
  /** From {@link signature}; an empty one is like nothing. */
  readonly signature: readonly number[]
}

/** Documents that say almost the same. */
export interface NearDuplicates {
  /** The first of them in the order given; the others are compared with it. */
  readonly leader: string
  readonly members: readonly { readonly id: string, readonly similarity: number }[]
}

/**
 * The MinHash signature of a text over its runs of five words (Broder, "On the resemblance and containment of documents", 1997):
 * the share of equal numbers in two signatures estimates the share of runs the texts have in common. Case and punctuation do not count.
 * Equal texts give equal signatures on every machine; a text without words gives an empty one.
 */
export function signature(text: string): readonly number[] {
  const words = hashWords(text)
  if (words.length === 0) return []
  const least = new Uint32Array(SIGNATURE_LENGTH).fill(0xffffffff)
  const runs = Math.max(1, words.length - SHINGLE_WORDS + 1)
  for (let start = 0; start < runs; start += 1) {
    let run = 0
    for (let at = start; at < Math.min(words.length, start + SHINGLE_WORDS); at += 1) run = (Math.imul(run, 0x01000193) ^ (words[at] as number)) >>> 0
    lower(least, scramble(run))
  }
  return Array.from(least)
}

/**
 * Groups documents whose similarity is at least `threshold`. Each joins the most similar leader before it, or becomes one, so
 * that no chain of small steps ties together what differs.
 *
 * Candidates come from locality-sensitive hashing and are checked on the whole signature; equal input gives equal groups.
 *
 * @example
 * nearDuplicates([{ id: 'a', signature: signature(first) }, { id: 'b', signature: signature(second) }])
 */
export function nearDuplicates(documents: readonly SignedDocument[], threshold: number = NEAR): readonly NearDuplicates[] {
  const leaders = new Map<number, { readonly id: string, readonly similarity: number }[]>()
  const buckets = new Map<string, number[]>()
  for (const [index, document] of documents.entries()) {
    if (document.signature.length !== SIGNATURE_LENGTH) continue
    const bands = bandKeys(document.signature)
    const found = mostSimilar(document.signature, new Set(bands.flatMap((band) => buckets.get(band) ?? [])), documents)
    if (found !== undefined && found.similarity >= threshold) {
      leaders.get(found.leader)?.push({ id: document.id, similarity: Math.round(found.similarity * 1000) / 1000 })
      continue
    }
    leaders.set(index, [])
    for (const band of bands) {
      const bucket = buckets.get(band)
      if (bucket === undefined) buckets.set(band, [index])
      else bucket.push(index)
    }
  }
  return [...leaders].filter(([, members]) => members.length > 0).map(([index, members]) => ({ leader: documents[index]?.id ?? '', members }))
}

/** The estimated share of runs of words that two texts have in common, 0 to 1. */
export function similarity(a: readonly number[], b: readonly number[]): number {
  if (a.length !== SIGNATURE_LENGTH || b.length !== SIGNATURE_LENGTH) return 0
  let equal = 0
  for (let at = 0; at < SIGNATURE_LENGTH; at += 1) if (a[at] === b[at]) equal += 1
  return equal / SIGNATURE_LENGTH
}

function mostSimilar(
  own: readonly number[],
  candidates: ReadonlySet<number>,
  documents: readonly SignedDocument[],
): { readonly leader: number, readonly similarity: number } | undefined {
  let best: { readonly leader: number, readonly similarity: number } | undefined
  for (const leader of [...candidates].sort((a, b) => a - b)) {
    const found = similarity(own, documents[leader]?.signature ?? [])
    if (best === undefined || found > best.similarity) best = { leader, similarity: found }
  }
  return best
}

function bandKeys(own: readonly number[]): readonly string[] {
  return Array.from({ length: BANDS }, (_, band) => `${band}:${own.slice(band * ROWS, (band + 1) * ROWS).join(',')}`)
}

/** One 32-bit number a word (FNV-1a over lower-case letters and digits). */
function hashWords(text: string): Uint32Array {
  const hashes: number[] = []
  for (const [word] of text.toLowerCase().matchAll(/[\p{L}\p{N}]+/gu)) {
    let hash = 0x811c9dc5
    for (let at = 0; at < word.length; at += 1) hash = Math.imul(hash ^ word.charCodeAt(at), 0x01000193)
    hashes.push(hash >>> 0)
  }
  return Uint32Array.from(hashes)
}

/** The final mix of MurmurHash3: spreads every bit over all. */
function scramble(value: number): number {
  let mixed = value
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}

/** The permutations: odd multipliers and offsets from a fixed seed, so that signatures of different runs compare. */
const MULTIPLIERS = Uint32Array.from({ length: SIGNATURE_LENGTH }, (_, at) => scramble(at * 2 + 0x9e3779b9) | 1)
const OFFSETS = Uint32Array.from({ length: SIGNATURE_LENGTH }, (_, at) => scramble(at * 2 + 1 + 0x7f4a7c15))

function lower(least: Uint32Array, hash: number): void {
  for (let at = 0; at < SIGNATURE_LENGTH; at += 1) {
    const permuted = (Math.imul(hash, MULTIPLIERS[at] as number) + (OFFSETS[at] as number)) >>> 0
    if (permuted < (least[at] as number)) least[at] = permuted
  }
}
