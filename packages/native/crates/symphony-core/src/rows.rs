//! Single rows of a table: the twin of `RowAllocator`. The free list lies in the table's own bytes.

use symphony_layout::bytes::Ints;
use symphony_layout::header::{TableLine, row, word};

#[derive(Clone, Copy)]
pub struct RowAllocator<'r> {
    line: TableLine<'r>,
    rows: usize,
    links: Ints<'r>,
}

impl<'r> RowAllocator<'r> {
    /// `links` belongs to the allocator while a row is free.
    pub fn new(line: TableLine<'r>, rows: usize, links: Ints<'r>) -> Self {
        Self { line, rows, links }
    }

    pub fn live(self) -> usize {
        self.line.live()
    }

    pub fn has_room(self) -> bool {
        self.line.free() > 0 || self.line.used() < self.rows
    }

    /// A free row. Its columns hold what the last user left.
    pub fn allocate(self) -> usize {
        self.line.set_live(self.line.live() + 1);
        let free = self.line.free();
        if free > 0 {
            let taken = row(free - 1);
            self.line.set_free(self.links.get(taken));
            return taken;
        }
        let used = self.line.used();
        assert!(used < self.rows, "room was looked for before");
        self.line.set_used(used + 1);
        used
    }

    pub fn release(self, given: usize) {
        assert!(given < self.line.used(), "only rows that were handed out come back");
        self.links.set(given, self.line.free());
        self.line.set_free(word(given) + 1);
        self.line.set_live(self.line.live() - 1);
    }
}
