//! What threads do to the words they compete for: the lock-free part of a pool, apart from where the words lie.
//!
//! A gate word holds a bit for each free slot, and the sign bit while it is closed. A token is odd while its slot is leased and rises by
//! one with every begin and end of a lease. Who clears a slot's bit begins the lease, who moves its token on ends it, and only who ended
//! it may begin the next one or set the bit again.

use std::sync::atomic::Ordering::SeqCst;
use symphony_layout::bytes::Ints;

/// The sign bit of a gate word.
pub const CLOSED: i32 = i32::MIN;
/// The bits of a gate word that stand for slots.
pub const SLOT_BITS: i32 = i32::MAX;

/// A column of such words: of a region, or of a model checker's.
pub trait SharedWords: Copy {
    /// A plain read, whose value may be old.
    fn get(self, row: usize) -> i32;
    /// A plain write of a word that is this thread's for now.
    fn set(self, row: usize, value: i32);
    fn load(self, row: usize) -> i32;
    fn store(self, row: usize, value: i32);
    /// True when the word was `expected` and is `value` now.
    fn exchange(self, row: usize, expected: i32, value: i32) -> bool;
    /// These three return what was there before.
    fn or(self, row: usize, bits: i32) -> i32;
    fn and(self, row: usize, bits: i32) -> i32;
    fn add(self, row: usize, change: i32) -> i32;
}

impl SharedWords for Ints<'_> {
    #[inline(always)]
    fn get(self, row: usize) -> i32 {
        Ints::get(self, row)
    }

    #[inline(always)]
    fn set(self, row: usize, value: i32) {
        Ints::set(self, row, value);
    }

    #[inline(always)]
    fn load(self, row: usize) -> i32 {
        self.atomic(row).load(SeqCst)
    }

    #[inline(always)]
    fn store(self, row: usize, value: i32) {
        self.atomic(row).store(value, SeqCst);
    }

    #[inline(always)]
    fn exchange(self, row: usize, expected: i32, value: i32) -> bool {
        self.atomic(row).compare_exchange(expected, value, SeqCst, SeqCst).is_ok()
    }

    #[inline(always)]
    fn or(self, row: usize, bits: i32) -> i32 {
        self.atomic(row).fetch_or(bits, SeqCst)
    }

    #[inline(always)]
    fn and(self, row: usize, bits: i32) -> i32 {
        self.atomic(row).fetch_and(bits, SeqCst)
    }

    #[inline(always)]
    fn add(self, row: usize, change: i32) -> i32 {
        self.atomic(row).fetch_add(change, SeqCst)
    }
}

#[derive(Clone, Copy)]
pub struct SlotWords<W> {
    /// By gate.
    pub free: W,
    /// These three by slot.
    pub tokens: W,
    pub eras: W,
    pub holders: W,
}

impl<W: SharedWords> SlotWords<W> {
    /// Takes up to so many free slots of a gate. Returns their bits: none when nothing is free, or when another thread was faster.
    #[inline]
    pub fn claim(self, gate: usize, most: usize) -> i32 {
        let word = self.free.get(gate);
        if word <= 0 {
            return 0;
        }
        let rest = without_lowest(word, most);
        if self.free.exchange(gate, word, rest) { word ^ rest } else { 0 }
    }

    /// Begins a lease on a slot that is this thread's alone. Returns the low word of its token.
    #[inline]
    pub fn begin(self, slot: usize, holder: i32) -> i32 {
        let word = self.tokens.get(slot).wrapping_add(1);
        self.holders.set(slot, holder);
        // Nobody else ends the leases of the pool's own thread. Another thread's may be taken back at once: who sees the token has to
        // see the holder.
        if holder == 0 {
            self.tokens.set(slot, word)
        } else {
            self.tokens.store(slot, word)
        }
        word
    }

    /// Ends the lease that began with this word; false when it is over already.
    #[inline]
    pub fn end(self, slot: usize, word: i32, ender: i32) -> bool {
        let next = word.wrapping_add(1);
        // Who still holds the slot counts the wrap; if the lease is taken back this very moment, the era skips a number and tokens still rise.
        if next == 0 && self.tokens.load(slot) == word {
            self.eras.add(slot, 1);
        }
        if ender == 0 && self.holders.get(slot) == 0 {
            // The gate that is set afterwards shows the token to all.
            if self.tokens.get(slot) != word {
                return false;
            }
            self.tokens.set(slot, next);
            return true;
        }
        self.tokens.exchange(slot, word, next)
    }

    /// Ends whatever lease is on a slot and returns its word, or 0 when there is none.
    pub fn take_back(self, slot: usize, ender: i32) -> i32 {
        loop {
            let word = self.tokens.load(slot);
            if word & 1 == 0 {
                return 0;
            }
            if self.end(slot, word, ender) {
                return word;
            }
        }
    }

    /// Lets everybody have slots whose leases were ended. True when their gate is closed.
    #[inline]
    pub fn give(self, gate: usize, bits: i32) -> bool {
        self.free.or(gate, bits) < 0
    }

    pub fn open(self, gate: usize) {
        self.free.and(gate, SLOT_BITS);
    }

    pub fn close(self, gate: usize) {
        self.free.or(gate, CLOSED);
    }
}

/// A word without its lowest `count` bits that are set.
fn without_lowest(word: i32, count: usize) -> i32 {
    if count >= word.count_ones() as usize {
        return 0;
    }
    (0..count).fold(word, |rest, _| rest & (rest - 1))
}

/// The places of the bits that are set, from the lowest on.
pub fn places(bits: i32) -> impl Iterator<Item = usize> {
    let first = (bits != 0).then_some(bits);
    std::iter::successors(first, |rest| Some(rest & rest.wrapping_sub(1)).filter(|rest| *rest != 0))
        .map(|rest| rest.trailing_zeros() as usize)
}
