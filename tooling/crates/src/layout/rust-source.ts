import { attachRegion, createRegion } from '@symphony/shared-memory'
import type { Layout, LayoutDeclaration } from '@symphony/shared-memory'

/** A constant both sides have to agree on. */
export interface SharedConstant {
  readonly name: string
  readonly value: number | readonly number[]
}

const RUST_TYPES = { i32: 'Ints', u32: 'Ints', f64: 'Floats', u8: 'Octets' } as const
const READERS = { i32: 'ints', u32: 'ints', f64: 'floats', u8: 'octets' } as const
const BYTES = { i32: 4, u32: 4, f64: 8, u8: 1 } as const
const KEYWORDS = new Set(['type', 'move', 'in', 'for', 'use', 'match', 'mod'])

/** Row counts at which both sides' offsets are compared: few, so that columns are packed, and many, so that they are staggered. */
const SAMPLE_ROWS = [3, 1500] as const

/**
 * The Rust twin of a layout: the offset of every column as a function of the row counts, a struct of views, and assertions that the
 * offsets are those TypeScript computes.
 */
export function rustSource(layout: Layout, constants: readonly SharedConstant[]): string {
  const { declaration } = layout
  return [
    `//! Generated from the TypeScript layout "${declaration.name}" by tooling/crates/src/generate-layout.ts. Do not edit.`,
    '',
    'use crate::bytes::{Bytes, Floats, Ints, Octets};'.replace(/Octets/, usesBytes(declaration) ? 'Octets' : '').replace(', }', '}'),
    'use crate::format::{LINE, column_stride};',
    'use crate::header::{Mismatch, TableLine, check};',
    '',
    `pub const NAME: &str = "${declaration.name}";`,
    `pub const FINGERPRINT: u64 = 0x${fingerprintHex(layout)};`,
    `pub const TABLES: usize = ${Object.keys(declaration.tables).length};`,
    '',
    ...constants.map(constant),
    '',
    ...rowsStruct(declaration),
    ...offsetsStructs(declaration),
    ...offsetsFunction(declaration),
    ...viewStructs(declaration),
    ...attach(declaration),
    ...SAMPLE_ROWS.flatMap((rows) => assertions(layout, rows)),
  ].join('\n')
}

export function fingerprintHex({ fingerprintHigh, fingerprintLow }: Layout): string {
  return hex(fingerprintHigh) + hex(fingerprintLow)
}

const hex = (half: number): string => (half >>> 0).toString(16).padStart(8, '0')
const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
const field = (name: string): string => (KEYWORDS.has(snake(name)) ? `r#${snake(name)}` : snake(name))
const pascal = (name: string): string => name[0]?.toUpperCase() + name.slice(1)
const usesBytes = (declaration: LayoutDeclaration): boolean => Object.values(declaration.tables).some(({ columns }) => Object.values(columns).includes('u8'))

function constant({ name, value }: SharedConstant): string {
  return typeof value === 'number' ? `pub const ${name}: i32 = ${value};` : `pub const ${name}: [i32; ${value.length}] = [${value.join(', ')}];`
}

function rowsStruct({ tables }: LayoutDeclaration): readonly string[] {
  return ['/// Rows reserved in each table.', 'pub struct Rows {', ...Object.keys(tables).map((name) => `    pub ${field(name)}: usize,`), '}', '']
}

function offsetsStructs({ words, tables }: LayoutDeclaration): readonly string[] {
  const ofTables = Object.entries(tables).flatMap(([name, { columns }]) => [
    `pub struct ${pascal(name)}Offsets {`,
    ...Object.keys(columns).map((column) => `    pub ${field(column)}: usize,`),
    '}',
    '',
  ])
  return [
    ...ofTables,
    'pub struct WordsOffsets {',
    ...Object.keys(words).map((name) => `    pub ${field(name)}: usize,`),
    '}',
    '',
    '/// Bytes from the beginning of a region.',
    'pub struct Offsets {',
    '    pub words: WordsOffsets,',
    ...Object.keys(tables).map((name) => `    pub ${field(name)}: ${pascal(name)}Offsets,`),
    '    /// Length of the whole.',
    '    pub bytes: usize,',
    '}',
    '',
  ]
}

function offsetsFunction({ words, tables }: LayoutDeclaration): readonly string[] {
  const lines = ['pub const fn offsets(rows: &Rows) -> Offsets {', '    let at = LINE * (1 + TABLES);']
  for (const name of Object.keys(words)) lines.push(`    let word_${snake(name)} = at;`, '    let at = at + LINE;')
  for (const [table, { columns }] of Object.entries(tables)) {
    for (const [column, type] of Object.entries(columns)) {
      lines.push(`    let ${snake(table)}_${snake(column)} = at;`, `    let at = at + column_stride(${BYTES[type]}, rows.${field(table)});`)
    }
  }
  lines.push('    Offsets {', '        words: WordsOffsets {', ...Object.keys(words).map((name) => `            ${field(name)}: word_${snake(name)},`), '        },')
  for (const [table, { columns }] of Object.entries(tables)) {
    lines.push(`        ${field(table)}: ${pascal(table)}Offsets {`)
    lines.push(...Object.keys(columns).map((column) => `            ${field(column)}: ${snake(table)}_${snake(column)},`), '        },')
  }
  return [...lines, '        bytes: at,', '    }', '}', '']
}

function viewStructs({ words, tables }: LayoutDeclaration): readonly string[] {
  const ofTables = Object.entries(tables).flatMap(([name, { columns }]) => [
    '#[derive(Clone, Copy)]',
    `pub struct ${pascal(name)}<'r> {`,
    "    pub line: TableLine<'r>,",
    '    pub rows: usize,',
    ...Object.entries(columns).map(([column, type]) => `    pub ${field(column)}: ${RUST_TYPES[type]}<'r>,`),
    '}',
    '',
    `impl ${pascal(name)}<'_> {`,
    '    /// Zeroes rows in all columns.',
    '    pub fn zero(self, rows: std::ops::Range<usize>) {',
    ...Object.entries(columns).map(([column, type]) => `        self.${field(column)}.fill(rows.clone(), ${type === 'f64' ? '0.0' : '0'});`),
    '    }',
    '}',
    '',
  ])
  return [
    ...ofTables,
    '/// Columns of one row each.',
    '#[derive(Clone, Copy)]',
    "pub struct Words<'r> {",
    ...Object.entries(words).map(([name, type]) => `    pub ${field(name)}: ${RUST_TYPES[type]}<'r>,`),
    '}',
    '',
    '/// The columns of a region.',
    '#[derive(Clone, Copy)]',
    "pub struct Region<'r> {",
    "    pub words: Words<'r>,",
    ...Object.keys(tables).map((name) => `    pub ${field(name)}: ${pascal(name)}<'r>,`),
    '}',
    '',
  ]
}

function attach({ words, tables }: LayoutDeclaration): readonly string[] {
  const names = Object.keys(tables)
  const lines = [
    "impl<'r> Region<'r> {",
    '    /// Looks at bytes through this layout. Copies nothing.',
    "    pub fn attach(bytes: Bytes<'r>) -> Result<Self, Mismatch> {",
    '        check(bytes, FINGERPRINT, TABLES)?;',
    '        let rows = Rows {',
    ...names.map((name, place) => `            ${field(name)}: TableLine::of(bytes, ${place}).rows()?,`),
    '        };',
    '        let at = offsets(&rows);',
    '        if at.bytes != bytes.length() {',
    '            return Err(Mismatch::Corrupt);',
    '        }',
    '        Ok(Self {',
    '            words: Words {',
    ...Object.entries(words).map(([name, type]) => `                ${field(name)}: bytes.${READERS[type]}(at.words.${field(name)}, 1),`),
    '            },',
  ]
  for (const [place, name] of names.entries()) {
    lines.push(`            ${field(name)}: ${pascal(name)} {`, `                line: TableLine::of(bytes, ${place}),`, `                rows: rows.${field(name)},`)
    for (const [column, type] of Object.entries(tables[name]?.columns ?? {})) {
      lines.push(`                ${field(column)}: bytes.${READERS[type]}(at.${field(name)}.${field(column)}, rows.${field(name)}),`)
    }
    lines.push('            },')
  }
  return [...lines, '        })', '    }', '}', '']
}

/** What TypeScript finds at these row counts, said so that a Rust compiler that finds anything else stops. */
function assertions(layout: Layout, count: number): readonly string[] {
  const { words, tables } = layout.declaration
  // Each table another number of rows: two that were taken for each other would be found out.
  const counts = Object.fromEntries(Object.keys(tables).map((name, place) => [name, count + place * 7]))
  const region = attachRegion(layout, createRegion(layout, counts).buffer)
  const lines = ['const _: () = {', '    let at = offsets(&Rows {', ...Object.entries(counts).map(([name, rows]) => `        ${field(name)}: ${rows},`), '    });']
  for (const name of Object.keys(words)) lines.push(`    assert!(at.words.${field(name)} == ${region.words[name]?.byteOffset});`)
  for (const [table, { columns }] of Object.entries(tables)) {
    for (const column of Object.keys(columns)) lines.push(`    assert!(at.${field(table)}.${field(column)} == ${region.tables[table]?.columns[column]?.byteOffset});`)
  }
  return [...lines, `    assert!(at.bytes == ${region.buffer.byteLength});`, '};', '']
}
