import { CrashSignal, FAULT_KINDS, HONEST_CUT, SECTOR_BYTES, SimulatedFileSystem } from '@symphony/conformance/simulator'
import type { FaultKind, FaultPlan } from '@symphony/conformance/simulator'
import { describe, expect, it } from 'vitest'

const PATH = '/data/log'
const filled = (length: number, byte: number): Uint8Array => new Uint8Array(length).fill(byte)
const coded = (code: string): unknown => expect.objectContaining({ code })

/** A file of eight sectors of ones, forced, with its name. */
function withLog(plan: FaultPlan = {}): { readonly fs: SimulatedFileSystem; readonly file: number } {
  const fs = new SimulatedFileSystem(plan)
  fs.setBytes(PATH, filled(8 * SECTOR_BYTES, 1))
  return { fs, file: fs.open(PATH, 'r+') }
}

/** The first byte of each sector. */
const sectorsOf = (fs: SimulatedFileSystem): number[] => [...fs.bytesOf(PATH)].filter((_, at) => at % SECTOR_BYTES === 0)
const struck = (fs: SimulatedFileSystem): FaultKind[] => FAULT_KINDS.filter((kind) => fs.counts[kind] > 0 && kind !== 'kill' && kind !== 'power-cut')

describe('simulated files', () => {
  it('do what files do', () => {
    const fs = new SimulatedFileSystem()
    fs.makeFolder('/data/deep')
    const file = fs.open(PATH, 'wx+')
    fs.write(file, filled(3, 7), 2)
    fs.write(file, filled(2000, 8), 1000)
    fs.truncate(file, 1001)
    fs.truncate(file, 1003)
    const into = filled(10, 9)
    expect([fs.read(file, into, 0), ...into.subarray(0, 6)]).toEqual([10, 0, 0, 7, 7, 7, 0])
    expect([fs.read(file, into, 999), ...into.subarray(0, 4)]).toEqual([4, 0, 8, 0, 0])
    expect(fs.stat(PATH)).toMatchObject({ sizeBytes: 1003, isFile: true, isDirectory: false })
    expect(fs.list('/data')).toEqual(['deep', 'log'])
    fs.rename(PATH, '/data/deep/renamed')
    expect([fs.list('/data'), fs.list('/data/deep'), fs.stat(PATH)]).toEqual([['deep'], ['renamed'], undefined])
    fs.remove('/data/deep/renamed')
    fs.remove('/data/deep/renamed')
    expect([fs.read(file, into, 1000), fs.openFiles]).toEqual([3, 1])
    fs.close(file)
    expect(() => fs.read(file, into, 0)).toThrow('not open')
  })

  it('refuse what file systems refuse', () => {
    const { fs } = withLog()
    const reading = fs.open(PATH, 'r')
    expect(() => fs.write(reading, filled(1, 1), 0)).toThrow(coded('STORAGE_FAILED'))
    expect(() => fs.open(PATH, 'wx+')).toThrow(coded('ALREADY_EXISTS'))
    expect(() => fs.open('/data/none', 'r')).toThrow(coded('NOT_FOUND'))
    expect(() => fs.open('/none/log', 'wx+')).toThrow(coded('NOT_FOUND'))
    expect(() => fs.rename(PATH, '/none/log')).toThrow(coded('NOT_FOUND'))
    expect(() => fs.list('/none')).toThrow(coded('NOT_FOUND'))
    expect(() => fs.open('/data', 'r')).toThrow(coded('STORAGE_FAILED'))
    expect(() => fs.makeFolder(PATH)).toThrow(coded('ALREADY_EXISTS'))
    expect(struck(fs)).toEqual([])
  })

  it('of two lives do not know of each other', () => {
    const { fs, file } = withLog()
    const next = fs.killed()
    fs.write(file, filled(4, 2), 0)
    next.write(next.open(PATH, 'r+'), filled(4, 3), 512)
    expect([sectorsOf(fs).slice(0, 2), sectorsOf(next).slice(0, 2)]).toEqual([[2, 1], [1, 3]])
    expect(() => next.close(file + 5)).toThrow('not open')
  })
})

describe('what was not forced', () => {
  const write = ({ fs, file }: ReturnType<typeof withLog>): SimulatedFileSystem => {
    for (const sector of [5, 2, 6]) fs.write(file, filled(SECTOR_BYTES, sector), sector * SECTOR_BYTES)
    return fs
  }

  it('survives a kill, is no more durable for it, and is lost by a power cut', () => {
    const next = write(withLog()).killed()
    expect(sectorsOf(next)).toEqual([1, 1, 2, 1, 1, 5, 6, 1])
    expect(sectorsOf(next.powerCut())).toEqual(filledSectors())
    expect(next.counts).toMatchObject({ kill: 1, 'power-cut': 1, 'lost-write': 1 })
  })

  it('is safe once it was forced', () => {
    const { fs, file } = withLog()
    write({ fs, file }).syncData(file)
    expect(sectorsOf(fs.powerCut({ lost: 1 }))).toEqual([1, 1, 2, 1, 1, 5, 6, 1])
    expect(struck(fs)).toEqual([])
  })

  it('comes with the size it had, or without', () => {
    const { fs, file } = withLog()
    fs.truncate(file, 700)
    fs.truncate(file, 5000)
    expect(fs.powerCut({ lost: 1 }).bytesOf(PATH)).toEqual(filled(8 * SECTOR_BYTES, 1))
    const arrived = fs.powerCut({ arrived: 1 }).bytesOf(PATH)
    expect([arrived.length, arrived.lastIndexOf(1)]).toEqual([5000, 699])
  })

  it('can arrive in any order: sector by sector, whichever was written first', () => {
    const written = [5, 2, 6]
    const outcomes = Array.from({ length: 60 }, (_, seed) => {
      const left = write(withLog({ seed, cut: { reordered: 1 } })).powerCut()
      const isThere = written.map((sector) => sectorsOf(left)[sector] === sector)
      const isReordered = isThere.lastIndexOf(true) > isThere.indexOf(false) && isThere.includes(false)
      expect([left.counts['reordered-write'], left.counts['lost-write']]).toEqual(isReordered ? [1, 0] : [0, isThere.includes(false) ? 1 : 0])
      return isThere.join()
    })
    expect(new Set(outcomes).size).toBe(8)
  })

  it('can be torn: what was written first is whole, then a part of a sector, then nothing', () => {
    for (let seed = 0; seed < 40; seed++) {
      const { fs, file } = withLog({ seed, cut: { torn: 1 } })
      fs.write(file, filled(3 * SECTOR_BYTES, 9), 2 * SECTOR_BYTES)
      const left = fs.powerCut()
      const bytes = left.bytesOf(PATH).subarray(2 * SECTOR_BYTES, 5 * SECTOR_BYTES)
      const kept = [0, 1, 2].map((sector) => bytes.subarray(sector * SECTOR_BYTES, (sector + 1) * SECTOR_BYTES).filter((byte) => byte === 9).length)
      expect(kept.join()).toMatch(/^(512,){0,2}\d+(,0){0,2}$/)
      expect(left.counts['torn-write']).toBe(1)
    }
  })

  it('can land at another place, where that is allowed and nowhere else', () => {
    const outcomes = Array.from({ length: 60 }, (_, seed) => {
      const { fs, file } = withLog({ seed, cut: { misdirected: 1 }, mayLand: (path, at) => path === PATH && at >= 6 * SECTOR_BYTES })
      fs.write(file, filled(SECTOR_BYTES, 9), 2 * SECTOR_BYTES)
      const left = fs.powerCut()
      return [sectorsOf(left).join(), left.counts['misdirected-write'], left.counts['lost-write']].join(' ')
    })
    expect([...new Set(outcomes)].sort()).toEqual(['1,1,1,1,1,1,1,1 0 1', '1,1,1,1,1,1,1,9 1 0', '1,1,1,1,1,1,9,1 1 0'])
  })

  it('can be told what the device has spoilt, and looked at without it', () => {
    for (let seed = 0; seed < 20; seed++) {
      const { fs, file } = withLog({ seed, cut: { misdirected: 1 }, mayLand: () => true })
      fs.write(file, filled(2 * SECTOR_BYTES, 9), 2 * SECTOR_BYTES)
      const left = fs.powerCut()
      left.rot(PATH, 10, 3)
      expect(sectorsOf(left)).not.toEqual(filledSectors())
      expect(left.damages.map(({ path, was }) => [path, was.length, was[0]])).toEqual([[PATH, SECTOR_BYTES, 1], [PATH, SECTOR_BYTES, 1], [PATH, 1, expect.any(Number)]])
      expect([...left.mended().bytesOf(PATH)]).toEqual([...filled(8 * SECTOR_BYTES, 1)])
      expect([left.mended().damages, left.killed().damages]).toEqual([[], []])
    }
  })

  it('can rot anywhere, in any kind of file as likely as in another', () => {
    const fs = new SimulatedFileSystem({ seed: 3 })
    for (let at = 0; at < 9; at++) fs.setBytes(`/data/${at}.log`, filled(4, 1))
    fs.setBytes('/data/one.ckpt', filled(4, 1))
    for (let times = 0; times < 400; times++) fs.rotSomewhere()
    const spoilt = fs.damages.filter(({ path }) => path.endsWith('.ckpt')).length
    expect(spoilt).toBeGreaterThan(120)
    expect(spoilt).toBeLessThan(280)
    expect([...fs.mended().bytesOf('/data/one.ckpt')]).toEqual([1, 1, 1, 1])
  })

  it('is the same for the same seed', () => {
    const left = (seed: number): string => sectorsOf(write(withLog({ seed, cut: HONEST_CUT })).powerCut()).join()
    expect(Array.from({ length: 20 }, (_, seed) => left(seed))).toEqual(Array.from({ length: 20 }, (_, seed) => left(seed)))
    expect(new Set(Array.from({ length: 20 }, (_, seed) => left(seed))).size).toBeGreaterThan(3)
  })
})

const filledSectors = (): number[] => Array.from({ length: 8 }, () => 1)

describe('names', () => {
  const changed = (plan: FaultPlan): SimulatedFileSystem => {
    const fs = withLog(plan).fs
    fs.close(fs.open('/data/new', 'wx+'))
    fs.rename('/data/new', '/data/newer')
    fs.remove(PATH)
    return fs
  }

  it('that went to another folder for good do not come back', () => {
    for (let seed = 0; seed < 20; seed++) {
      const { fs } = withLog({ seed, namesKept: 1 })
      fs.makeFolder('/data/tmp')
      fs.syncFolder('/data')
      fs.close(fs.open('/data/tmp/1', 'wx+'))
      fs.rename('/data/tmp/1', '/data/named')
      if (seed % 2 === 0) fs.syncFolder('/data')
      const left = fs.powerCut()
      expect([left.list('/data').includes('named'), left.list('/data/tmp').length]).toEqual([true, 0])
    }
  })

  it('that were not forced are as they were after a power cut', () => {
    const fs = changed({})
    expect(fs.killed().list('/data')).toEqual(['newer'])
    const left = fs.powerCut()
    expect(left.list('/data')).toEqual(['log'])
    expect(sectorsOf(left)).toEqual(filledSectors())
    expect(struck(fs)).toEqual(['lost-name'])
  })

  it('that were forced stay, also those made before the kill of a process', () => {
    const fs = changed({}).killed()
    fs.syncFolder('/data')
    expect(fs.powerCut().list('/data')).toEqual(['newer'])
  })

  it('may survive without being forced, the first changes first', () => {
    const seen = new Set(Array.from({ length: 60 }, (_, seed) => changed({ seed, namesKept: 0.8 }).powerCut().list('/data').join()))
    expect([...seen].sort()).toEqual(['log', 'log,new', 'log,newer', 'newer'])
  })

  it('are gone with their folder', () => {
    const fs = new SimulatedFileSystem()
    fs.makeFolder('/state/deep')
    fs.close(fs.open('/state/deep/file', 'wx+'))
    fs.syncFolder('/state/deep')
    fs.syncFolder('/state')
    expect(fs.powerCut().list('/')).toEqual([])
    fs.syncFolder('/')
    expect(fs.powerCut().list('/state/deep')).toEqual(['file'])
  })
})

describe('failures', () => {
  it('refuse the operation they count, once or for ever, and only that', () => {
    const { fs, file } = withLog({ failures: [{ operation: 'write', at: 2, code: 'STORAGE_FULL', partBytes: 3 }, { operation: 'sync', at: 1, code: 'STORAGE_FAILED', isForEver: true }] })
    fs.write(file, filled(5, 2), 0)
    expect(() => fs.syncData(file)).toThrow(coded('STORAGE_FAILED'))
    expect(() => fs.write(file, filled(5, 3), 0)).toThrow(coded('STORAGE_FULL'))
    fs.write(file, filled(5, 4), 512)
    expect(() => fs.syncFolder('/data')).toThrow(coded('STORAGE_FAILED'))
    expect([...fs.bytesOf(PATH).subarray(0, 6)]).toEqual([3, 3, 3, 2, 2, 1])
    expect(struck(fs)).toEqual(['failing-sync-for-ever', 'full-disk-once', 'partial-write'])
    fs.arm({})
    fs.syncData(file)
  })

  it('of a forcing leave what can be read and is not on the device, whatever is forced later', () => {
    const { fs, file } = withLog({ failures: [{ operation: 'sync', at: 1, code: 'STORAGE_FAILED' }] })
    fs.write(file, filled(2 * SECTOR_BYTES, 2), 0)
    expect(() => fs.syncData(file)).toThrow(coded('STORAGE_FAILED'))
    fs.write(file, filled(1, 3), SECTOR_BYTES)
    fs.write(file, filled(1, 4), 4 * SECTOR_BYTES)
    fs.syncData(file)
    expect(sectorsOf(fs)).toEqual([2, 3, 1, 1, 4, 1, 1, 1])
    expect(sectorsOf(fs.killed().powerCut())).toEqual([1, 3, 1, 1, 4, 1, 1, 1])
  })

  it('end with the life they were planned for', () => {
    const { fs } = withLog({ failures: [{ at: 1, code: 'STORAGE_FAILED', isForEver: true }], crash: { at: 9, moment: 'before' } })
    const next = fs.powerCut()
    next.makeFolder('/other')
    expect(() => fs.makeFolder('/other')).toThrow(coded('STORAGE_FAILED'))
  })
})

describe('a crash', () => {
  it.each([
    ['before', [1, 1, 1]],
    ['within', [9, 1, 1]],
    ['after', [9, 9, 1]],
  ] as const)('%s an operation ends the process: nothing it does later counts', (moment, expected) => {
    const { fs, file } = withLog({ crash: { at: 2, moment } })
    fs.syncData(file)
    expect(() => fs.write(file, filled(2 * SECTOR_BYTES, 9), 0)).toThrow(CrashSignal)
    expect(fs.hasCrashed).toBe(true)
    for (const late of [() => fs.write(file, filled(1, 5), 0), () => fs.close(file), () => fs.list('/data'), () => fs.syncData(file)]) expect(late).toThrow(CrashSignal)
    const next = fs.killed()
    expect(sectorsOf(next).slice(0, 3)).toEqual(expected)
    expect([next.hasCrashed, next.operations, struck(next)]).toEqual([false, 0, [`crash-${moment}`]])
  })
})

describe('damage and delay', () => {
  it('flips one bit of what is on the device, where it may', () => {
    let rotten = 0
    for (let seed = 0; seed < 60; seed++) {
      const { fs, file } = withLog({ seed, rot: 0.7, mayRot: (_, at) => at < 2048 })
      fs.write(file, filled(1024, 1), 1024)
      const left = fs.killed().powerCut({ arrived: 1 })
      const changed = [...left.bytesOf(PATH)].flatMap((byte, at) => (byte === 1 ? [] : [at]))
      expect(changed.length).toBe(left.counts['bit-rot'])
      rotten += changed.length
      for (const at of changed) expect(at).toBeLessThan(2048)
    }
    expect(rotten).toBeGreaterThan(5)
  })

  it('flips one bit on the way, where it may, and whoever reads it back sees it', () => {
    const { fs, file } = withLog({ garbled: 1, mayGarble: (path) => path === PATH })
    const other = fs.open('/data/other', 'wx+')
    for (const to of [file, other]) fs.write(to, filled(100, 0), 0)
    const changed = [...fs.bytesOf(PATH).subarray(0, 100)].filter((byte) => byte !== 0)
    expect([changed.length, Math.log2(changed[0] as number) % 1, fs.counts['garbled-write']]).toEqual([1, 0, 1])
    expect(fs.bytesOf('/data/other')).toEqual(filled(100, 0))
  })

  it('tells how long an operation took', () => {
    let tookMs = 0
    const fs = new SimulatedFileSystem({ slow: 0.5, slowMs: 30 }, { slow: (ms) => (tookMs += ms) })
    for (let index = 0; index < 50; index++) fs.makeFolder(`/f${index}`)
    expect(tookMs).toBe(fs.counts['slow-operation'] * 30)
    expect(tookMs).toBeGreaterThan(0)
  })
})
