//! How a region is laid out, whatever is in it. The twin of `packages/shared-memory/src/region.ts` and `layout.ts`; the offsets that
//! both compute are compared when this crate is compiled.

/// Width of a cache line. Columns and words start on one.
pub const LINE: usize = 64;
/// First word of every region.
pub const MAGIC: i32 = 0x524d_5953;
pub const FORMAT: i32 = 2;

/// Places of the header's words, counted in `i32`.
pub const HEADER_MAGIC: usize = 0;
pub const HEADER_FORMAT: usize = 1;
pub const HEADER_FINGERPRINT_LOW: usize = 2;
pub const HEADER_FINGERPRINT_HIGH: usize = 3;
pub const HEADER_VERSION: usize = 4;

/// Places of the words of a table's line, counted in `i32`.
pub const LINE_ROWS: usize = 0;
pub const LINE_USED: usize = 1;
pub const LINE_FREE: usize = 2;
pub const LINE_LIVE: usize = 3;

/// Shorter columns are packed.
const STAGGER_BYTES_MIN: usize = 4096;
/// Longer ones are moved apart by an odd number of lines, so that one row's columns do not fall on the same lines of the cache.
const STAGGER_LINES: usize = 49;

/// Bytes from the beginning of a column to that of the next.
pub const fn column_stride(element_bytes: usize, rows: usize) -> usize {
    let bytes = (rows * element_bytes).div_ceil(LINE) * LINE;
    if bytes < STAGGER_BYTES_MIN { bytes } else { bytes + STAGGER_LINES * LINE }
}
