//! The one place where raw memory is touched.
//!
//! A region is memory that JavaScript and other threads read and write while we do. In Rust that is defined only for atomics, so
//! everything here is seen through them, with relaxed order unless a caller asks for more; on the machines we know, a relaxed
//! load or store is a plain one. What is handed out are slices with a length, so that an index out of range is a panic, never
//! a read of somebody else's memory.
#![allow(unsafe_code)]

use std::marker::PhantomData;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicI32, AtomicU8, AtomicU64};

/// Shared memory of a known length. Whoever makes one vouches for the memory; whoever uses one cannot leave it.
#[derive(Clone, Copy)]
pub struct Bytes<'r> {
    base: *mut u8,
    length: usize,
    memory: PhantomData<&'r AtomicU8>,
}

impl<'r> Bytes<'r> {
    /// # Safety
    /// For as long as `'r` lasts, `length` bytes at `base` stay where they are, are never given back, and are only touched by
    /// JavaScript, by atomics, or through this type.
    pub unsafe fn over(base: *mut u8, length: usize) -> Self {
        Self { base, length, memory: PhantomData }
    }

    /// Memory of our own, zeroed, for tests and scratch. Lives as long as the process.
    pub fn leak(length: usize) -> Bytes<'static> {
        let words: Box<[AtomicU64]> = (0..length.div_ceil(8)).map(|_| AtomicU64::new(0)).collect();
        let words = Box::leak(words);
        // SAFETY: leaked memory stays for ever, and atomics may be written through a shared pointer.
        unsafe { Bytes::over(words.as_ptr().cast_mut().cast(), length) }
    }

    pub fn length(self) -> usize {
        self.length
    }

    pub fn ints(self, at: usize, rows: usize) -> Ints<'r> {
        // SAFETY: `place` has checked that the elements are inside and aligned; every bit pattern is an AtomicI32.
        Ints(unsafe { std::slice::from_raw_parts(self.place(at, rows, 4).cast(), rows) })
    }

    pub fn floats(self, at: usize, rows: usize) -> Floats<'r> {
        // SAFETY: as for `ints`, with eight bytes each.
        Floats(unsafe { std::slice::from_raw_parts(self.place(at, rows, 8).cast(), rows) })
    }

    pub fn octets(self, at: usize, rows: usize) -> Octets<'r> {
        // SAFETY: as for `ints`, with one byte each.
        Octets(unsafe { std::slice::from_raw_parts(self.place(at, rows, 1).cast(), rows) })
    }

    fn place(self, at: usize, rows: usize, element_bytes: usize) -> *const u8 {
        let end = rows.checked_mul(element_bytes).and_then(|bytes| bytes.checked_add(at));
        assert!(end.is_some_and(|end| end <= self.length), "a column lies inside its region");
        if rows == 0 {
            // An empty array may come without memory.
            return std::ptr::NonNull::<u64>::dangling().as_ptr().cast();
        }
        // SAFETY: `at` is inside, as was just checked.
        let place = unsafe { self.base.add(at) };
        assert!((place as usize).is_multiple_of(element_bytes), "a column is aligned");
        place
    }
}

/// A column of `i32`. Plain reads and writes for the one thread that writes rows; `atomic` for the words threads compete for.
#[derive(Clone, Copy)]
pub struct Ints<'r>(&'r [AtomicI32]);

impl<'r> Ints<'r> {
    #[inline(always)]
    pub fn get(self, row: usize) -> i32 {
        self.0[row].load(Relaxed)
    }

    #[inline(always)]
    pub fn set(self, row: usize, value: i32) {
        self.0[row].store(value, Relaxed);
    }

    /// Of the one writer: no other thread's change is lost, because there is none.
    #[inline(always)]
    pub fn add(self, row: usize, change: i32) {
        let cell = &self.0[row];
        cell.store(cell.load(Relaxed) + change, Relaxed);
    }

    pub fn fill(self, rows: std::ops::Range<usize>, value: i32) {
        for cell in &self.0[rows] {
            cell.store(value, Relaxed);
        }
    }

    /// Copies the first `count` values of another column to `at`.
    pub fn copy(self, at: usize, from: Ints<'_>, count: usize) {
        for (cell, value) in self.0[at..at + count].iter().zip(&from.0[..count]) {
            cell.store(value.load(Relaxed), Relaxed);
        }
    }

    #[inline(always)]
    pub fn atomic(self, row: usize) -> &'r AtomicI32 {
        &self.0[row]
    }

    pub fn length(self) -> usize {
        self.0.len()
    }
}

/// A column of `f64`, read and written by their bits.
#[derive(Clone, Copy)]
pub struct Floats<'r>(&'r [AtomicU64]);

impl Floats<'_> {
    #[inline(always)]
    pub fn get(self, row: usize) -> f64 {
        f64::from_bits(self.0[row].load(Relaxed))
    }

    #[inline(always)]
    pub fn set(self, row: usize, value: f64) {
        self.0[row].store(value.to_bits(), Relaxed);
    }

    pub fn fill(self, rows: std::ops::Range<usize>, value: f64) {
        for cell in &self.0[rows] {
            cell.store(value.to_bits(), Relaxed);
        }
    }

    pub fn copy(self, at: usize, from: Floats<'_>, count: usize) {
        for (cell, value) in self.0[at..at + count].iter().zip(&from.0[..count]) {
            cell.store(value.load(Relaxed), Relaxed);
        }
    }

    pub fn length(self) -> usize {
        self.0.len()
    }
}

/// A column of bytes.
#[derive(Clone, Copy)]
pub struct Octets<'r>(&'r [AtomicU8]);

impl Octets<'_> {
    #[inline(always)]
    pub fn get(self, row: usize) -> u8 {
        self.0[row].load(Relaxed)
    }

    #[inline(always)]
    pub fn set(self, row: usize, value: u8) {
        self.0[row].store(value, Relaxed);
    }

    pub fn fill(self, rows: std::ops::Range<usize>, value: u8) {
        for cell in &self.0[rows] {
            cell.store(value, Relaxed);
        }
    }

    pub fn length(self) -> usize {
        self.0.len()
    }
}
