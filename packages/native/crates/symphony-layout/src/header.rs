//! What is looked at before anything else: whether these bytes are the region they should be.

use crate::bytes::{Bytes, Ints};
use crate::format::{
    FORMAT, HEADER_FINGERPRINT_HIGH, HEADER_FINGERPRINT_LOW, HEADER_FORMAT, HEADER_MAGIC, LINE, LINE_FREE, LINE_LIVE, LINE_ROWS, LINE_USED,
    MAGIC,
};

/// Why bytes cannot be worked on.
#[derive(Debug, PartialEq, Eq)]
pub enum Mismatch {
    /// They are no region, or it is not as long as its header says.
    Corrupt,
    /// They were laid out otherwise.
    Layout { expected: u64, found: u64 },
}

/// Checks the header. Whoever passes may read the lines of `tables` tables.
pub fn check(bytes: Bytes<'_>, fingerprint: u64, tables: usize) -> Result<(), Mismatch> {
    if bytes.length() < LINE * (1 + tables) {
        return Err(Mismatch::Corrupt);
    }
    let header = bytes.ints(0, LINE / 4);
    if header.get(HEADER_MAGIC) != MAGIC || header.get(HEADER_FORMAT) != FORMAT {
        return Err(Mismatch::Corrupt);
    }
    let half = |place: usize| u64::from(header.get(place).cast_unsigned());
    let found = (half(HEADER_FINGERPRINT_HIGH) << 32) | half(HEADER_FINGERPRINT_LOW);
    if found != fingerprint {
        return Err(Mismatch::Layout { expected: fingerprint, found });
    }
    Ok(())
}

/// A table's own line: how many rows there are, and which are in use.
#[derive(Clone, Copy)]
pub struct TableLine<'r>(Ints<'r>);

impl<'r> TableLine<'r> {
    pub fn of(bytes: Bytes<'r>, table: usize) -> Self {
        Self(bytes.ints(LINE * (1 + table), LINE / 4))
    }

    /// Rows reserved. @see `check`: a negative number is not one.
    pub fn rows(self) -> Result<usize, Mismatch> {
        usize::try_from(self.0.get(LINE_ROWS)).ok().filter(|rows| *rows > 0).ok_or(Mismatch::Corrupt)
    }

    #[inline(always)]
    pub fn used(self) -> usize {
        row(self.0.get(LINE_USED))
    }

    pub fn set_used(self, rows: usize) {
        self.0.set(LINE_USED, word(rows));
    }

    /// First free row + 1, 0 for none.
    pub fn free(self) -> i32 {
        self.0.get(LINE_FREE)
    }

    pub fn set_free(self, link: i32) {
        self.0.set(LINE_FREE, link);
    }

    pub fn live(self) -> usize {
        row(self.0.get(LINE_LIVE))
    }

    pub fn set_live(self, rows: usize) {
        self.0.set(LINE_LIVE, word(rows));
    }
}

/// A number of a region as an index. Negative ones become so large that no column has them, and the look-up panics.
#[inline(always)]
pub fn row(value: i32) -> usize {
    value as isize as usize
}

/// An index as a number of a region; there are never more than 2^31 rows.
#[inline(always)]
pub fn word(row: usize) -> i32 {
    row as i32
}
