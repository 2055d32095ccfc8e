//! Ranges of rows: the twin of `RangeAllocator`, a buddy allocator whose free blocks are found through a complete binary tree, one byte
//! a node. What a byte says, and why, is told there.

use symphony_layout::bytes::Octets;
use symphony_layout::header::TableLine;

/// Of a table that is handed out in ranges.
pub const ROWS_MAX: usize = 1 << 28;
/// Below so many rows `used` is left where it is.
const SHRINK_ROWS_MIN: usize = 16_384;

#[derive(Clone, Copy)]
pub struct RangeAllocator<'r> {
    line: TableLine<'r>,
    rows: usize,
    taken: Octets<'r>,
    /// Node of row 0.
    leaf: usize,
}

/// Rows a request for `count` really gets.
pub fn capacity_for(count: usize) -> usize {
    1 << class_of(count)
}

/// The power of two a number is rounded up to.
fn class_of(count: usize) -> u32 {
    if count <= 1 { 0 } else { usize::BITS - (count - 1).leading_zeros() }
}

impl<'r> RangeAllocator<'r> {
    pub fn new(line: TableLine<'r>, rows: usize, taken: Octets<'r>) -> Self {
        let leaf = capacity_for(rows);
        assert!(rows <= ROWS_MAX && taken.length() >= leaf * 2, "the tree has two nodes for each row of the table");
        Self { line, rows, taken, leaf }
    }

    pub fn used(self) -> usize {
        self.line.used()
    }

    pub fn has_room(self, count: usize) -> bool {
        count <= ROWS_MAX && self.find(class_of(count)).is_some()
    }

    /// First row of a range of `capacity_for(count)` rows.
    pub fn allocate(self, count: usize) -> Option<usize> {
        let class = class_of(count);
        let row = self.find(class)?;
        let end = row + (1 << class);
        if end > self.used() {
            self.grow(end);
        }
        self.mark(row, end, true);
        self.line.set_live(self.line.live() + (1 << class));
        Some(row)
    }

    /// Takes a range back. Returns the rows that must be zeroed in all columns, if the table gave some up.
    #[must_use]
    pub fn release(self, row: usize, count: usize) -> Option<std::ops::Range<usize>> {
        let capacity = capacity_for(count);
        let used = self.used();
        assert!(row + capacity <= used, "only ranges that were handed out come back");
        self.mark(row, row + capacity, false);
        let live = self.line.live() - capacity;
        self.line.set_live(live);
        if used >= SHRINK_ROWS_MIN && live <= used >> 1 && class_of(live) < class_of(live + capacity) { self.shrink(used) } else { None }
    }

    /// First row of the lowest free block of a class.
    fn find(self, class: u32) -> Option<usize> {
        let height = class_of(self.used());
        let mut node = self.leaf >> height;
        let mut row = 1 << class.max(height);
        let root = self.taken.get(node);
        if root == 0 {
            row = 0;
        } else if class <= height && u32::from(root) <= height - class {
            for room in (0..height - class).rev() {
                node += node;
                if u32::from(self.taken.get(node)) > room {
                    node += 1;
                }
            }
            row = (node << class) - self.leaf;
        }
        (row + (1 << class) <= self.rows).then_some(row)
    }

    /// Moves the end on, and makes the nodes above what was in use before.
    fn grow(self, end: usize) {
        let top = self.leaf >> class_of(end);
        let mut node = self.leaf >> (class_of(self.used()) + 1);
        while node >= top && node > 0 {
            self.taken.set(node, u8::from(self.taken.get(node * 2) != 0));
            node >>= 1;
        }
        self.line.set_used(end);
    }

    /// Takes or frees the aligned blocks a range consists of.
    fn mark(self, first: usize, end: usize, is_taken: bool) {
        let top = self.leaf >> class_of(self.used());
        let mut row = first;
        while row < end {
            let largest = usize::BITS - 1 - (end - row).leading_zeros();
            let aligned = if row == 0 { largest } else { row.trailing_zeros() };
            let class = aligned.min(largest);
            let node = (self.leaf + row) >> class;
            let whole = u8::try_from(class + 1).unwrap_or(u8::MAX);
            assert!(self.taken.get(node) == if is_taken { 0 } else { whole }, "a range is taken once, and comes back once");
            self.taken.set(node, if is_taken { whole } else { 0 });
            self.update_above(node, top);
            row += 1 << class;
        }
    }

    /// Brings the nodes above one that changed up to date, as far as anything changes.
    fn update_above(self, node: usize, top: usize) {
        let mut above = node >> 1;
        while above >= top {
            let left = self.taken.get(above * 2);
            let right = self.taken.get(above * 2 + 1);
            let value = if left | right == 0 { 0 } else { left.min(right) + 1 };
            if self.taken.get(above) == value {
                return;
            }
            self.taken.set(above, value);
            above >>= 1;
        }
    }

    fn shrink(self, used: usize) -> Option<std::ops::Range<usize>> {
        let end = self.end();
        if end > used >> 1 {
            return None;
        }
        self.line.set_used(end);
        Some(end..used)
    }

    /// The row behind the last one that is taken.
    fn end(self) -> usize {
        let mut class = class_of(self.used());
        let mut node = self.leaf >> class;
        if self.taken.get(node) == 0 {
            return 0;
        }
        while u32::from(self.taken.get(node)) != class + 1 {
            node += node;
            if self.taken.get(node + 1) != 0 {
                node += 1;
            }
            class -= 1;
        }
        ((node + 1) << class) - self.leaf
    }
}
