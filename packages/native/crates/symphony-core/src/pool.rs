//! Slots and leases: the twin of `packages/pool/src/backend.ts`. Any thread may have one of its own over the same region.

mod checks;
pub mod slot_words;

use crate::refusal::Refusal;
use slot_words::{SLOT_BITS, SlotWords, places};
use symphony_layout::bytes::{Bytes, Ints};
use symphony_layout::header::{Mismatch, row, word as number};
use symphony_layout::pool::{Region, SLOTS_PER_GATE};

/// What a thread does to a pool's slots.
pub struct Pool<'r> {
    region: Region<'r>,
    words: SlotWords<Ints<'r>>,
    /// 0 for the thread that runs the pool.
    holder: i32,
    /// By model: the gate that was free last.
    hints: Vec<usize>,
}

/// A lease as it begins.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub struct Taken {
    pub slot: usize,
    /// The low word of its token.
    pub word: i32,
}

impl<'r> Pool<'r> {
    /// Looks at a region. Copies nothing, whatever its size.
    pub fn attach(bytes: Bytes<'r>) -> Result<Self, Mismatch> {
        let region = Region::attach(bytes)?;
        if region.slots.rows >> 5 < region.gates.rows {
            return Err(Mismatch::Corrupt);
        }
        let words = SlotWords { free: region.gates.free, tokens: region.slots.token, eras: region.slots.era, holders: region.slots.holder };
        Ok(Self { region, words, holder: 0, hints: vec![0; region.models.rows] })
    }

    /// The same for a thread that does not run the pool, under the number it got when it attached.
    pub fn held_by(self, holder: usize) -> Result<Self, Refusal> {
        let attached = row(self.region.words.attached_threads.get(0));
        if holder > attached {
            return Err(Refusal::Argument(format!("there is no holder {holder}; {attached} threads have attached")));
        }
        Ok(Self { holder: number(holder), ..self })
    }

    /// Takes a free slot of a hot instance and begins a lease on it.
    pub fn take_slot(&mut self, model: usize) -> Result<Option<Taken>, Refusal> {
        self.check_model(model)?;
        while let Some(gate) = self.open_gate(model) {
            let bit = self.words.claim(gate, 1);
            if bit != 0 {
                let slot = gate << 5 | bit.trailing_zeros() as usize;
                return Ok(Some(Taken { slot, word: self.words.begin(slot, self.holder) }));
            }
        }
        Ok(None)
    }

    /// Takes up to `count` free slots and begins leases on them: fills in slots and words, and returns how many.
    pub fn take_slots(&mut self, model: usize, slots: Ints<'_>, words: Ints<'_>, count: usize) -> Result<usize, Refusal> {
        self.check_model(model)?;
        if slots.length() < count || words.length() < count {
            return Err(Refusal::Argument(format!("there is room for {} slots and {} words, not {count}", slots.length(), words.length())));
        }
        // Where calls spread over instances, each slot comes of the one that is roomiest then.
        let most = if self.spreads(model) { 1 } else { SLOTS_PER_GATE as usize };
        let mut taken = 0;
        while taken < count {
            let Some(gate) = self.open_gate(model) else { break };
            for place in places(self.words.claim(gate, most.min(count - taken))) {
                let slot = gate << 5 | place;
                slots.set(taken, number(slot));
                words.set(taken, self.words.begin(slot, self.holder));
                taken += 1;
            }
        }
        Ok(taken)
    }

    /// Ends the lease that began with this word; false when it is over already. An even word names no lease.
    pub fn end_lease(&self, slot: usize, word: i32) -> Result<bool, Refusal> {
        self.check_slot(slot)?;
        Ok(word & 1 == 1 && self.words.end(slot, word, self.holder))
    }

    /// Ends whatever lease is on a slot and returns its word, or 0 when there is none.
    pub fn take_back(&self, slot: usize) -> Result<i32, Refusal> {
        self.check_slot(slot)?;
        Ok(self.words.take_back(slot, self.holder))
    }

    /// Lets everybody have a slot whose lease was ended. True when its instance is closed.
    pub fn free_slot(&mut self, slot: usize) -> Result<bool, Refusal> {
        self.check_slot(slot)?;
        self.free_gate_slots(slot >> 5, 1 << (slot & 31))
    }

    /// The same for the slots of one gate whose bits are set.
    pub fn free_gate_slots(&mut self, gate: usize, bits: i32) -> Result<bool, Refusal> {
        self.check_ended(gate, bits)?;
        let model = self.model_of(row(self.region.gates.instance.get(gate)));
        self.hints[model] = gate;
        Ok(self.words.give(gate, bits))
    }

    /// Begins the next lease on a slot whose lease was ended, without letting go of it. Returns its word.
    pub fn relet(&self, slot: usize) -> Result<i32, Refusal> {
        self.check_slot(slot)?;
        self.check_ended(slot >> 5, 1 << (slot & 31))?;
        Ok(self.words.begin(slot, self.holder))
    }

    pub fn open_instance(&self, instance: usize) -> Result<(), Refusal> {
        self.check_instance(instance)?;
        self.gates_of(instance).for_each(|gate| self.words.open(gate));
        Ok(())
    }

    pub fn close_instance(&self, instance: usize) -> Result<(), Refusal> {
        self.check_instance(instance)?;
        self.gates_of(instance).for_each(|gate| self.words.close(gate));
        Ok(())
    }

    pub fn used_slots(&self, instance: usize) -> Result<usize, Refusal> {
        self.check_instance(instance)?;
        let slots = row(self.region.models.slots_per_instance.get(self.model_of(instance)));
        let free: usize = self.gates_of(instance).map(|gate| ones(self.words.free.get(gate) & SLOT_BITS)).sum();
        Ok(slots.saturating_sub(free))
    }

    /// Free slots on open instances.
    pub fn free_slots(&self, model: usize) -> Result<usize, Refusal> {
        self.check_model(model)?;
        Ok(self.model_gates(model).map(|gate| ones(self.words.free.get(gate).max(0))).sum())
    }

    fn model_of(&self, instance: usize) -> usize {
        row(self.region.instances.model.get(instance))
    }

    fn gates_of(&self, instance: usize) -> std::ops::Range<usize> {
        let first = row(self.region.instances.gate_first.get(instance));
        first..first + row(self.region.models.gates_per_instance.get(self.model_of(instance)))
    }

    fn model_gates(&self, model: usize) -> std::ops::Range<usize> {
        let first = row(self.region.models.gate_first.get(model));
        first..first + row(self.region.models.gates.get(model))
    }

    /// A gate that has something to give, as far as a plain read can tell.
    fn open_gate(&self, model: usize) -> Option<usize> {
        if self.spreads(model) {
            return self.roomiest_gate(model);
        }
        let gates = self.model_gates(model);
        let is_open = |gate: &usize| self.words.free.get(*gate) > 0;
        Some(self.hints[model]).filter(|hint| gates.contains(hint) && is_open(hint)).or_else(|| gates.clone().find(is_open))
    }

    fn spreads(&self, model: usize) -> bool {
        self.region.models.slots_per_instance.get(model) > 1 && self.region.models.instances.get(model) > 1
    }

    fn roomiest_gate(&self, model: usize) -> Option<usize> {
        let per_instance = row(self.region.models.gates_per_instance.get(model));
        let mut best = None;
        let mut best_room = 0;
        for first in self.model_gates(model).step_by(per_instance) {
            let mut room = 0;
            let mut open = None;
            for gate in first..first + per_instance {
                let word = self.words.free.get(gate);
                if word > 0 {
                    room += ones(word);
                    open = Some(gate);
                }
            }
            if room > best_room {
                best = open;
                best_room = room;
            }
        }
        best
    }
}

fn ones(word: i32) -> usize {
    word.count_ones() as usize
}
