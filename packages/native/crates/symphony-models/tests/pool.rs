//! The lock-free part of a pool: who takes, gives back, takes away and closes, at once. Each model is the least that can go wrong.

use loom::sync::Arc;
use loom::sync::atomic::AtomicI32;
use loom::sync::atomic::Ordering::{Relaxed, SeqCst};
use loom::thread;
use symphony_core::pool::slot_words::{SLOT_BITS, SharedWords, SlotWords};

/// A column of loom's words. Loom looks for the last access to a word before a write, to try the two the other way round; where a thread
/// reads before it writes, that is its own, and what others have read is missed. So each word has a mark beside it, which every access
/// changes, in an order that tells nobody of anything.
struct Column {
    words: Vec<AtomicI32>,
    marks: Vec<AtomicI32>,
}

impl Column {
    fn of(rows: usize, value: i32) -> Self {
        let all = |value: i32| (0..rows).map(|_| AtomicI32::new(value)).collect();
        Self { words: all(value), marks: all(0) }
    }

    fn at(&self, row: usize) -> &AtomicI32 {
        self.marks[row].fetch_add(1, Relaxed);
        &self.words[row]
    }
}

impl SharedWords for &Column {
    fn get(self, row: usize) -> i32 {
        self.at(row).load(Relaxed)
    }

    fn set(self, row: usize, value: i32) {
        self.at(row).store(value, Relaxed);
    }

    fn load(self, row: usize) -> i32 {
        self.at(row).load(SeqCst)
    }

    fn store(self, row: usize, value: i32) {
        self.at(row).store(value, SeqCst);
    }

    fn exchange(self, row: usize, expected: i32, value: i32) -> bool {
        self.at(row).compare_exchange(expected, value, SeqCst, SeqCst).is_ok()
    }

    fn or(self, row: usize, bits: i32) -> i32 {
        self.at(row).fetch_or(bits, SeqCst)
    }

    fn and(self, row: usize, bits: i32) -> i32 {
        self.at(row).fetch_and(bits, SeqCst)
    }

    fn add(self, row: usize, change: i32) -> i32 {
        self.at(row).fetch_add(change, SeqCst)
    }
}

/// One gate, and who is in which of its slots as the slots' users see it.
struct Room {
    free: Column,
    tokens: Column,
    eras: Column,
    holders: Column,
    inside: Vec<AtomicI32>,
}

impl Room {
    fn of(slots: usize, token: i32) -> Arc<Self> {
        Arc::new(Self {
            free: Column::of(1, (1 << slots) - 1),
            tokens: Column::of(slots, token),
            eras: Column::of(slots, 0),
            holders: Column::of(slots, 0),
            inside: (0..slots).map(|_| AtomicI32::new(0)).collect(),
        })
    }

    fn words(&self) -> SlotWords<&Column> {
        SlotWords { free: &self.free, tokens: &self.tokens, eras: &self.eras, holders: &self.holders }
    }

    /// Takes the lowest free slot, if there is one to be had.
    fn take(&self, holder: i32) -> Option<(usize, i32)> {
        let bit = self.words().claim(0, 1);
        (bit != 0).then(|| bit.trailing_zeros() as usize).map(|slot| (slot, self.words().begin(slot, holder)))
    }

    fn enter(&self, slot: usize) {
        assert_eq!(self.inside[slot].fetch_add(1, Relaxed), 0, "a slot is nobody's twice");
    }

    fn leave(&self, slot: usize) {
        self.inside[slot].fetch_sub(1, Relaxed);
    }

    /// Ends a lease whose holder has left, and lets everybody have the slot. Returns whether this call did it.
    fn release(&self, slot: usize, word: i32, ender: i32) -> bool {
        let has_ended = self.words().end(slot, word, ender);
        if has_ended {
            self.words().give(0, 1 << slot);
        }
        has_ended
    }

    /// Takes a slot, is in it, and gives it back: the word of the lease.
    fn use_one(&self, holder: i32) -> Option<i32> {
        let (slot, word) = self.take(holder)?;
        self.enter(slot);
        self.leave(slot);
        assert!(self.release(slot, word, holder), "nobody takes it away");
        Some(word)
    }
}

/// A model in which threads are interrupted so many times at most: all orders of it would take hours.
fn switching_at_most(times: usize, model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(times);
    builder.check(model);
}

/// Runs `other` on a thread of its own beside `own`.
fn beside<A, B: 'static>(room: &Arc<Room>, other: impl FnOnce(&Room) -> B + 'static, own: impl FnOnce(&Room) -> A) -> (A, B) {
    let theirs = room.clone();
    let thread = thread::spawn(move || other(&theirs));
    let result = own(room);
    (result, thread.join().expect("a thread of a model ends"))
}

#[test]
fn one_slot_is_leased_to_one_at_a_time() {
    switching_at_most(3, || {
        let room = Room::of(1, 0);
        let (a, b) = beside(&room, |room| [room.use_one(1), room.use_one(1)], |room| [room.use_one(0), room.use_one(0)]);
        let mut words: Vec<i32> = a.into_iter().chain(b).flatten().collect();
        words.sort_unstable();
        assert!(!words.is_empty(), "somebody gets it");
        assert_eq!(words, (0..words.len() as i32).map(|lease| lease * 2 + 1).collect::<Vec<_>>(), "no two leases have a token in common");
        assert_eq!(room.free.load(0), 1, "no slot is lost");
    });
}

#[test]
fn three_threads_share_two_slots() {
    switching_at_most(2, || {
        let room = Room::of(2, 0);
        let threads = [1, 2].map(|holder| {
            let room = room.clone();
            thread::spawn(move || room.use_one(holder).is_some())
        });
        let own = room.use_one(0).is_some();
        let others = threads.map(|thread| thread.join().expect("a thread of a model ends"));
        assert!(own || others[0] || others[1]);
        assert_eq!(room.free.load(0), 0b11, "no slot is lost");
    });
}

#[test]
fn a_lease_that_is_taken_back_while_it_is_released_ends_once() {
    loom::model(|| {
        let room = Room::of(1, 0);
        // Once it was the pool's own.
        room.use_one(0);
        let take_back = |room: &Room| {
            let word = room.words().take_back(0, 0);
            if word != 0 {
                room.words().give(0, 1);
            }
            word != 0
        };
        let (was_taken, (was_leased, was_released)) = beside(
            &room,
            |room| match room.take(1) {
                Some((slot, word)) => (true, room.release(slot, word, 1)),
                None => (false, false),
            },
            take_back,
        );
        assert!(was_leased, "nobody else takes it");
        assert!(was_taken != was_released, "a lease ends once");
        assert_eq!((room.free.load(0), room.tokens.load(0)), (1, 4));
    });
}

#[test]
fn a_slot_that_is_taken_back_and_let_again_is_none_of_the_former_holders() {
    loom::model(|| {
        let room = Room::of(1, 0);
        let (slot, word) = room.take(1).expect("it is free");
        let (next, was_released) = beside(
            &room,
            move |room| room.release(slot, word, 1),
            |room| {
                let taken = room.words().take_back(0, 0);
                let next = if taken != 0 { Some(room.words().begin(0, 0)) } else { room.take(0).map(|(_, word)| word) };
                next.inspect(|_| {
                    room.enter(0);
                    room.leave(0);
                })
            },
        );
        if let Some(next) = next {
            assert_eq!(next, word + 2);
            assert!(!room.words().end(slot, word, 1), "it is over");
            assert!(room.release(0, next, 0));
        } else {
            assert!(was_released);
        }
        assert_eq!(room.free.load(0), 1, "no slot is lost");
    });
}

#[test]
fn who_closes_an_instance_or_who_gives_its_last_slot_back_sees_that_it_is_idle() {
    loom::model(|| {
        let room = Room::of(1, 0);
        let (slot, word) = room.take(1).expect("it is free");
        let (is_idle, is_closed) = beside(
            &room,
            move |room| {
                assert!(room.words().end(slot, word, 1));
                room.words().give(0, 1)
            },
            |room| {
                room.words().close(0);
                room.words().free.get(0) & SLOT_BITS == 1
            },
        );
        assert!(is_idle || is_closed, "somebody has to unload it");
        assert_eq!(room.take(2), None, "what is closed is nobody's");
        room.words().open(0);
        assert!(room.take(2).is_some());
    });
}

#[test]
fn tokens_rise_over_the_wrap_of_their_low_word() {
    loom::model(|| {
        let room = Room::of(1, -2);
        let token = |room: &Room, word: i32| (room.eras.load(0), word.cast_unsigned());
        let (slot, word) = room.take(1).expect("it is free");
        assert_eq!(word, -1);
        let last = token(&room, word);
        let (taken, _) = beside(&room, move |room| room.release(slot, word, 1), |room| room.words().take_back(0, 0));
        if taken != 0 {
            room.words().give(0, 1);
        }
        let (_, word) = room.take(0).expect("it came back");
        assert!(token(&room, word) > last);
    });
}
