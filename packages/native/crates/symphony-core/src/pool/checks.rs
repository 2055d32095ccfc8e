//! What is looked at before anything is written. Numbers come from outside, and may be forged, stale or out of range.

use super::Pool;
use super::slot_words::{SLOT_BITS, places};
use crate::refusal::Refusal;
use symphony_layout::header::row;
use symphony_layout::pool::SLOTS_PER_GATE;

impl Pool<'_> {
    pub(super) fn check_model(&self, model: usize) -> Result<(), Refusal> {
        let rows = self.region.models.rows;
        if model < rows { Ok(()) } else { Err(Refusal::Argument(format!("there is no model {model}; there are {rows} rows"))) }
    }

    /// An instance that is some model's.
    pub(super) fn check_instance(&self, instance: usize) -> Result<(), Refusal> {
        let used = self.region.instances.line.used();
        if instance < used && instance < self.region.instances.rows {
            return Ok(());
        }
        Err(Refusal::Argument(format!("there is no instance {instance}; {used} are in use")))
    }

    /// A slot of a gate that is some instance's.
    pub(super) fn check_slot(&self, slot: usize) -> Result<(), Refusal> {
        self.check_gate(slot >> 5)?;
        let has_slot = self.slot_bits(slot >> 5) >> (slot & 31) & 1 == 1;
        if has_slot { Ok(()) } else { Err(Refusal::Argument(format!("slot {slot} is none of its instance"))) }
    }

    /// Slots that belong to nobody but who ended their leases.
    pub(super) fn check_ended(&self, gate: usize, bits: i32) -> Result<(), Refusal> {
        self.check_gate(gate)?;
        if bits & !self.slot_bits(gate) != 0 {
            return Err(Refusal::Argument(format!("gate {gate} has not all of the slots {bits:#b}")));
        }
        if bits & self.words.free.get(gate) != 0 {
            return Err(Refusal::Argument(format!("some of the slots {bits:#b} of gate {gate} are free already")));
        }
        match places(bits).find(|place| self.words.tokens.get(gate << 5 | place) & 1 == 1) {
            Some(place) => Err(Refusal::Argument(format!("slot {} is leased; end its lease first", gate << 5 | place))),
            None => Ok(()),
        }
    }

    fn check_gate(&self, gate: usize) -> Result<(), Refusal> {
        let used = self.region.gates.line.used();
        if gate < used && gate < self.region.gates.rows {
            return Ok(());
        }
        Err(Refusal::Argument(format!("there is no gate {gate}; {used} are in use")))
    }

    /// Bits of a gate that stand for a slot.
    fn slot_bits(&self, gate: usize) -> i32 {
        let instance = row(self.region.gates.instance.get(gate));
        let model = row(self.region.instances.model.get(instance));
        let place = gate.saturating_sub(row(self.region.instances.gate_first.get(instance)));
        let before = place.saturating_mul(SLOTS_PER_GATE as usize);
        let slots = row(self.region.models.slots_per_instance.get(model)).saturating_sub(before);
        if slots >= SLOTS_PER_GATE as usize { SLOT_BITS } else { (1 << slots) - 1 }
    }
}
