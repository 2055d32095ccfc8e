mod support;

use std::sync::atomic::AtomicI32;
use std::sync::atomic::Ordering::SeqCst;

use support::{Chance, ints, pool_region};
use symphony_core::pool::{Pool, Taken};
use symphony_core::refusal::Refusal;
use symphony_layout::bytes::Bytes;
use symphony_layout::format::LINE;
use symphony_layout::header::Mismatch;
use symphony_layout::pool::Region;

const MODELS: [(usize, usize); 4] = [(1, 1), (3, 4), (2, 40), (4, 1)];

fn open(models: &[(usize, usize)]) -> (Bytes<'static>, Region<'static>) {
    let bytes = pool_region(models);
    let region = Region::attach(bytes).expect("these bytes are a region");
    let pool = pool(bytes, 0);
    (0..region.instances.line.used()).for_each(|instance| pool.open_instance(instance).expect("it is some model's"));
    (bytes, region)
}

fn pool(bytes: Bytes<'static>, holder: usize) -> Pool<'static> {
    Pool::attach(bytes).expect("these bytes are a region").held_by(holder).expect("it has attached")
}

/// The rules as plainly as they can be written.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Slot {
    Free,
    /// Its lease was ended, and it is nobody's yet.
    Ended,
    Leased(i32),
}

struct Reference {
    /// By slot; the slots of each model.
    slots: Vec<(usize, Slot)>,
    tokens: Vec<i64>,
    is_closed: Vec<bool>,
}

impl Reference {
    fn of(region: Region<'static>) -> Self {
        let mut slots = Vec::new();
        for gate in 0..region.gates.line.used() {
            let bits = region.gates.free.get(gate) & i32::MAX;
            let places = (0..32).filter(|place| bits >> place & 1 == 1 && *place < 31);
            slots.extend(places.map(|place| (gate << 5 | place, Slot::Free)));
        }
        let tokens = vec![i64::MIN; slots.len()];
        Self { slots, tokens, is_closed: vec![false; region.instances.line.used()] }
    }

    fn place(&self, slot: usize) -> usize {
        self.slots.iter().position(|(own, _)| *own == slot).expect("it is a slot")
    }

    fn begin(&mut self, region: Region<'static>, taken: Taken) {
        let place = self.place(taken.slot);
        let token = i64::from(region.slots.era.get(taken.slot)) * (1 << 32) + i64::from(taken.word.cast_unsigned());
        assert!(taken.word & 1 == 1 && token > self.tokens[place], "tokens of a slot rise");
        self.tokens[place] = token;
        self.slots[place].1 = Slot::Leased(taken.word);
    }

    fn check(&self, region: Region<'static>, pool: &Pool<'static>) {
        let instance_of = |slot: usize| region.gates.instance.get(slot >> 5) as usize;
        for (slot, state) in &self.slots {
            let is_free = region.gates.free.get(slot >> 5) >> (slot & 31) & 1 == 1;
            assert_eq!(is_free, *state == Slot::Free, "slot {slot}");
            assert_eq!(region.slots.token.get(*slot) & 1 == 1, matches!(state, Slot::Leased(_)), "slot {slot}");
        }
        for (instance, is_closed) in self.is_closed.iter().enumerate() {
            let used = self.slots.iter().filter(|(slot, state)| instance_of(*slot) == instance && *state != Slot::Free).count();
            assert_eq!(pool.used_slots(instance), Ok(used));
            let gates = self.slots.iter().filter(|(slot, _)| instance_of(*slot) == instance).map(|(slot, _)| slot >> 5);
            gates.for_each(|gate| assert_eq!(region.gates.free.get(gate) < 0, *is_closed));
        }
        for model in 0..MODELS.len() {
            let is_models = |slot: usize| region.instances.model.get(instance_of(slot)) as usize == model;
            let free =
                self.slots.iter().filter(|(slot, state)| is_models(*slot) && *state == Slot::Free && !self.is_closed[instance_of(*slot)]);
            assert_eq!(pool.free_slots(model), Ok(free.count()));
        }
    }
}

#[test]
fn random_commands_do_what_the_plain_rules_say() {
    for seed in 1..80u64 {
        let mut chance = Chance(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let (bytes, region) = open(&MODELS);
        // A few leases before the wrap.
        (0..region.slots.rows).for_each(|slot| region.slots.token.set(slot, -2 * chance.below(4) as i32));
        let mut reference = Reference::of(region);
        let mut threads: Vec<Pool<'static>> = (0..3).map(|holder| pool(bytes, holder)).collect();
        for _ in 0..500 {
            step(&mut threads, &mut reference, region, &mut chance);
            reference.check(region, &threads[0]);
        }
    }
}

fn step(threads: &mut [Pool<'static>], reference: &mut Reference, region: Region<'static>, chance: &mut Chance) {
    let holder = chance.below(3);
    let pool = &mut threads[holder];
    let model = chance.below(MODELS.len());
    let place = chance.below(reference.slots.len());
    let (slot, state) = reference.slots[place];
    let instance = region.gates.instance.get(slot >> 5) as usize;
    match (chance.below(9), state) {
        (0, _) => {
            let free = pool.free_slots(model).expect("it is a model");
            let taken = pool.take_slot(model).expect("it is a model");
            assert_eq!(taken.is_some(), free > 0);
            taken.into_iter().for_each(|taken| reference.begin(region, taken));
        }
        (1, _) => {
            let count = chance.below(50);
            let free = pool.free_slots(model).expect("it is a model");
            let (slots, words) = (ints(&[0; 50]), ints(&[0; 50]));
            let taken = pool.take_slots(model, slots, words, count).expect("there is room");
            assert_eq!(taken, free.min(count));
            (0..taken).for_each(|at| reference.begin(region, Taken { slot: slots.get(at) as usize, word: words.get(at) }));
        }
        (2 | 3, Slot::Leased(word)) => {
            let held_by = region.slots.holder.get(slot) as usize;
            let ender = if held_by == 0 { 0 } else { [0, held_by][chance.below(2)] };
            assert_eq!(threads[ender].end_lease(slot, word.wrapping_add(2)), Ok(false));
            assert_eq!(threads[ender].end_lease(slot, word), Ok(true));
            assert_eq!(threads[ender].end_lease(slot, word), Ok(false));
            reference.slots[place].1 = Slot::Ended;
        }
        (4, Slot::Leased(word)) => {
            assert_eq!(threads[0].take_back(slot), Ok(word));
            reference.slots[place].1 = Slot::Ended;
        }
        (4, _) => assert_eq!(threads[0].take_back(slot), Ok(0)),
        (5, Slot::Ended) => {
            assert_eq!(pool.free_slot(slot), Ok(reference.is_closed[instance]));
            reference.slots[place].1 = Slot::Free;
        }
        (6, Slot::Ended) => {
            let word = pool.relet(slot).expect("its lease was ended");
            reference.begin(region, Taken { slot, word });
        }
        (5 | 6, _) => {
            assert!(matches!(pool.free_slot(slot), Err(Refusal::Argument(_))), "only who ended a lease may free its slot");
            assert!(matches!(pool.relet(slot), Err(Refusal::Argument(_))));
        }
        (7, _) => {
            let bits =
                reference.slots.iter_mut().filter(|(own, state)| own >> 5 == slot >> 5 && *state == Slot::Ended).fold(0, |bits, own| {
                    own.1 = Slot::Free;
                    bits | 1 << (own.0 & 31)
                });
            assert_eq!(pool.free_gate_slots(slot >> 5, bits), Ok(reference.is_closed[instance]));
        }
        (8, _) => {
            let is_closed = chance.below(2) == 0;
            let done = if is_closed { pool.close_instance(instance) } else { pool.open_instance(instance) };
            done.expect("it is some model's");
            reference.is_closed[instance] = is_closed;
        }
        _ => {}
    }
}

#[test]
fn wrong_numbers_are_refused_and_nothing_is_written() {
    let (bytes, region) = open(&MODELS);
    let mut pool = pool(bytes, 0);
    let taken = pool.take_slot(0).expect("it is a model").expect("it is free");
    let ended = pool.take_slot(1).expect("it is a model").expect("it is free");
    assert_eq!(pool.end_lease(ended.slot, ended.word), Ok(true));
    let words = bytes.ints(0, bytes.length() / 4);
    let before: Vec<i32> = (0..words.length()).map(|at| words.get(at)).collect();
    let slots = ints(&[0; 2]);
    let gates = region.gates.line.used();
    for wrong in [taken.slot + 1, 31, gates * 32, region.slots.rows, usize::MAX] {
        assert!(matches!(pool.end_lease(wrong, 1), Err(Refusal::Argument(_))), "{wrong}");
        assert!(matches!(pool.take_back(wrong), Err(Refusal::Argument(_))));
        assert!(matches!(pool.free_slot(wrong), Err(Refusal::Argument(_))));
        assert!(matches!(pool.relet(wrong), Err(Refusal::Argument(_))));
    }
    for wrong in [region.instances.line.used(), region.instances.rows, usize::MAX] {
        assert!(matches!(pool.open_instance(wrong), Err(Refusal::Argument(_))));
        assert!(matches!(pool.close_instance(wrong), Err(Refusal::Argument(_))));
        assert!(matches!(pool.used_slots(wrong), Err(Refusal::Argument(_))));
    }
    for wrong in [region.models.rows, usize::MAX] {
        assert!(matches!(pool.take_slot(wrong), Err(Refusal::Argument(_))));
        assert!(matches!(pool.take_slots(wrong, slots, slots, 1), Err(Refusal::Argument(_))));
        assert!(matches!(pool.free_slots(wrong), Err(Refusal::Argument(_))));
    }
    assert_eq!(pool.take_slot(MODELS.len()), Ok(None), "a row that is no model's yet has nothing to give");
    assert!(matches!(pool.take_slots(1, slots, slots, 3), Err(Refusal::Argument(_))));
    for (gate, bits) in [(0, 1), (0, 2), (0, -1), (gates, 1), (usize::MAX, 1), (ended.slot >> 5, 0b10000)] {
        assert!(matches!(pool.free_gate_slots(gate, bits), Err(Refusal::Argument(_))), "{gate} {bits}");
    }
    assert_eq!(pool.end_lease(ended.slot, ended.word.wrapping_add(1)), Ok(false), "an even word names no lease");
    assert!(Pool::attach(bytes).expect("it is a region").held_by(4).is_err());
    assert_eq!(before, (0..words.length()).map(|at| words.get(at)).collect::<Vec<_>>());
}

#[test]
fn a_region_that_was_written_over_makes_a_panic_at_most() {
    for seed in 1..400u64 {
        let mut chance = Chance(seed * 0xdead_beef);
        let (bytes, _) = open(&MODELS);
        let mut pool = pool(bytes, 1);
        let words = bytes.ints(0, bytes.length() / 4);
        // The header is what attach has read; everything behind it may be anything.
        let first = LINE * 7 / 4;
        for _ in 0..60 {
            words.set(first + chance.below(words.length() - first), [-1, i32::MIN, i32::MAX, 5, 0][chance.below(5)]);
        }
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            for model in 0..MODELS.len() {
                let Ok(Some(taken)) = pool.take_slot(model) else { continue };
                let _ = pool.end_lease(taken.slot, taken.word);
                let _ = pool.free_slot(taken.slot);
                let _ = pool.close_instance(chance.below(10));
                let _ = pool.free_slots(model);
            }
        }));
        drop(outcome);
    }
}

#[test]
fn other_bytes_are_not_attached() {
    let (bytes, _) = open(&MODELS);
    let header = bytes.ints(0, LINE / 4);
    header.set(2, header.get(2) + 1);
    assert!(matches!(Pool::attach(bytes), Err(Mismatch::Layout { .. })));
    header.set(0, 0);
    assert!(matches!(Pool::attach(bytes), Err(Mismatch::Corrupt)));
    assert!(matches!(Pool::attach(Bytes::leak(0)), Err(Mismatch::Corrupt)));
}

#[test]
fn threads_never_hold_the_same_slot() {
    const ROUNDS: usize = 60_000;
    for models in [[(1, 1)], [(3, 5)], [(2, 40)]] {
        let (bytes, region) = open(&models);
        let claims: Vec<AtomicI32> = (0..region.slots.rows).map(|_| AtomicI32::new(0)).collect();
        std::thread::scope(|scope| {
            for holder in 1..4 {
                // The columns are slices of atomics, and may go anywhere; bytes are a pointer, and may not.
                let mut pool = pool(bytes, holder);
                let claims = &claims;
                scope.spawn(move || {
                    let mut done = 0;
                    while done < ROUNDS {
                        let Some(taken) = pool.take_slot(0).expect("it is a model") else { continue };
                        assert_eq!(claims[taken.slot].fetch_add(1, SeqCst), 0, "a slot is nobody's twice");
                        claims[taken.slot].fetch_sub(1, SeqCst);
                        assert_eq!(pool.end_lease(taken.slot, taken.word), Ok(true));
                        pool.free_slot(taken.slot).expect("its lease was ended");
                        done += 1;
                    }
                });
            }
        });
        let leases: i64 = (0..region.slots.rows).map(|slot| i64::from(region.slots.token.get(slot)) / 2).sum();
        assert_eq!(leases, 3 * ROUNDS as i64);
        assert_eq!(pool(bytes, 0).free_slots(0), Ok(models[0].0 * models[0].1));
    }
}
