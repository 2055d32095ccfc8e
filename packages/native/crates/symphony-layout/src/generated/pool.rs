//! Generated from the TypeScript layout "pool" by tooling/crates/src/generate-layout.ts. Do not edit.

use crate::bytes::{Bytes, Floats, Ints};
use crate::format::{LINE, column_stride};
use crate::header::{Mismatch, TableLine, check};

pub const NAME: &str = "pool";
pub const FINGERPRINT: u64 = 0x49da0e838a916b5e;
pub const TABLES: usize = 6;

pub const SLOTS_PER_GATE: i32 = 31;

/// Rows reserved in each table.
pub struct Rows {
    pub models: usize,
    pub instances: usize,
    pub gates: usize,
    pub slots: usize,
    pub waits: usize,
    pub loads: usize,
}

pub struct ModelsOffsets {
    pub instance_first: usize,
    pub instances: usize,
    pub slots_per_instance: usize,
    pub gate_first: usize,
    pub gates: usize,
    pub gates_per_instance: usize,
    pub waiting: usize,
}

pub struct InstancesOffsets {
    pub state: usize,
    pub model: usize,
    pub gate_first: usize,
    pub failures: usize,
    pub last_used_at_ms: usize,
    pub load_ms: usize,
    pub memory_bytes: usize,
}

pub struct GatesOffsets {
    pub free: usize,
    pub instance: usize,
}

pub struct SlotsOffsets {
    pub token: usize,
    pub era: usize,
    pub holder: usize,
}

pub struct WaitsOffsets {
    pub count: usize,
}

pub struct LoadsOffsets {
    pub count: usize,
}

pub struct WordsOffsets {
    pub attached_threads: usize,
    pub attention: usize,
    pub bell: usize,
    pub leases_waited: usize,
    pub leases_expired: usize,
    pub loads: usize,
    pub load_failures: usize,
    pub evictions: usize,
    pub memory_bytes: usize,
}

/// Bytes from the beginning of a region.
pub struct Offsets {
    pub words: WordsOffsets,
    pub models: ModelsOffsets,
    pub instances: InstancesOffsets,
    pub gates: GatesOffsets,
    pub slots: SlotsOffsets,
    pub waits: WaitsOffsets,
    pub loads: LoadsOffsets,
    /// Length of the whole.
    pub bytes: usize,
}

pub const fn offsets(rows: &Rows) -> Offsets {
    let at = LINE * (1 + TABLES);
    let word_attached_threads = at;
    let at = at + LINE;
    let word_attention = at;
    let at = at + LINE;
    let word_bell = at;
    let at = at + LINE;
    let word_leases_waited = at;
    let at = at + LINE;
    let word_leases_expired = at;
    let at = at + LINE;
    let word_loads = at;
    let at = at + LINE;
    let word_load_failures = at;
    let at = at + LINE;
    let word_evictions = at;
    let at = at + LINE;
    let word_memory_bytes = at;
    let at = at + LINE;
    let models_instance_first = at;
    let at = at + column_stride(4, rows.models);
    let models_instances = at;
    let at = at + column_stride(4, rows.models);
    let models_slots_per_instance = at;
    let at = at + column_stride(4, rows.models);
    let models_gate_first = at;
    let at = at + column_stride(4, rows.models);
    let models_gates = at;
    let at = at + column_stride(4, rows.models);
    let models_gates_per_instance = at;
    let at = at + column_stride(4, rows.models);
    let models_waiting = at;
    let at = at + column_stride(4, rows.models);
    let instances_state = at;
    let at = at + column_stride(4, rows.instances);
    let instances_model = at;
    let at = at + column_stride(4, rows.instances);
    let instances_gate_first = at;
    let at = at + column_stride(4, rows.instances);
    let instances_failures = at;
    let at = at + column_stride(4, rows.instances);
    let instances_last_used_at_ms = at;
    let at = at + column_stride(8, rows.instances);
    let instances_load_ms = at;
    let at = at + column_stride(8, rows.instances);
    let instances_memory_bytes = at;
    let at = at + column_stride(8, rows.instances);
    let gates_free = at;
    let at = at + column_stride(4, rows.gates);
    let gates_instance = at;
    let at = at + column_stride(4, rows.gates);
    let slots_token = at;
    let at = at + column_stride(4, rows.slots);
    let slots_era = at;
    let at = at + column_stride(4, rows.slots);
    let slots_holder = at;
    let at = at + column_stride(4, rows.slots);
    let waits_count = at;
    let at = at + column_stride(4, rows.waits);
    let loads_count = at;
    let at = at + column_stride(4, rows.loads);
    Offsets {
        words: WordsOffsets {
            attached_threads: word_attached_threads,
            attention: word_attention,
            bell: word_bell,
            leases_waited: word_leases_waited,
            leases_expired: word_leases_expired,
            loads: word_loads,
            load_failures: word_load_failures,
            evictions: word_evictions,
            memory_bytes: word_memory_bytes,
        },
        models: ModelsOffsets {
            instance_first: models_instance_first,
            instances: models_instances,
            slots_per_instance: models_slots_per_instance,
            gate_first: models_gate_first,
            gates: models_gates,
            gates_per_instance: models_gates_per_instance,
            waiting: models_waiting,
        },
        instances: InstancesOffsets {
            state: instances_state,
            model: instances_model,
            gate_first: instances_gate_first,
            failures: instances_failures,
            last_used_at_ms: instances_last_used_at_ms,
            load_ms: instances_load_ms,
            memory_bytes: instances_memory_bytes,
        },
        gates: GatesOffsets {
            free: gates_free,
            instance: gates_instance,
        },
        slots: SlotsOffsets {
            token: slots_token,
            era: slots_era,
            holder: slots_holder,
        },
        waits: WaitsOffsets {
            count: waits_count,
        },
        loads: LoadsOffsets {
            count: loads_count,
        },
        bytes: at,
    }
}

#[derive(Clone, Copy)]
pub struct Models<'r> {
    pub line: TableLine<'r>,
    pub rows: usize,
    pub instance_first: Ints<'r>,
    pub instances: Ints<'r>,
    pub slots_per_instance: Ints<'r>,
    pub gate_first: Ints<'r>,
    pub gates: Ints<'r>,
    pub gates_per_instance: Ints<'r>,
    pub waiting: Ints<'r>,
}

impl Models<'_> {
    /// Zeroes rows in all columns.
    pub fn zero(self, rows: std::ops::Range<usize>) {
        self.instance_first.fill(rows.clone(), 0);
        self.instances.fill(rows.clone(), 0);
        self.slots_per_instance.fill(rows.clone(), 0);
        self.gate_first.fill(rows.clone(), 0);
        self.gates.fill(rows.clone(), 0);
        self.gates_per_instance.fill(rows.clone(), 0);
        self.waiting.fill(rows.clone(), 0);
    }
}

#[derive(Clone, Copy)]
pub struct Instances<'r> {
    pub line: TableLine<'r>,
    pub rows: usize,
    pub state: Ints<'r>,
    pub model: Ints<'r>,
    pub gate_first: Ints<'r>,
    pub failures: Ints<'r>,
    pub last_used_at_ms: Floats<'r>,
    pub load_ms: Floats<'r>,
    pub memory_bytes: Floats<'r>,
}

impl Instances<'_> {
    /// Zeroes rows in all columns.
    pub fn zero(self, rows: std::ops::Range<usize>) {
        self.state.fill(rows.clone(), 0);
        self.model.fill(rows.clone(), 0);
        self.gate_first.fill(rows.clone(), 0);
        self.failures.fill(rows.clone(), 0);
        self.last_used_at_ms.fill(rows.clone(), 0.0);
        self.load_ms.fill(rows.clone(), 0.0);
        self.memory_bytes.fill(rows.clone(), 0.0);
    }
}

#[derive(Clone, Copy)]
pub struct Gates<'r> {
    pub line: TableLine<'r>,
    pub rows: usize,
    pub free: Ints<'r>,
    pub instance: Ints<'r>,
}

impl Gates<'_> {
    /// Zeroes rows in all columns.
    pub fn zero(self, rows: std::ops::Range<usize>) {
        self.free.fill(rows.clone(), 0);
        self.instance.fill(rows.clone(), 0);
    }
}

#[derive(Clone, Copy)]
pub struct Slots<'r> {
    pub line: TableLine<'r>,
    pub rows: usize,
    pub token: Ints<'r>,
    pub era: Ints<'r>,
    pub holder: Ints<'r>,
}

impl Slots<'_> {
    /// Zeroes rows in all columns.
    pub fn zero(self, rows: std::ops::Range<usize>) {
        self.token.fill(rows.clone(), 0);
        self.era.fill(rows.clone(), 0);
        self.holder.fill(rows.clone(), 0);
    }
}

#[derive(Clone, Copy)]
pub struct Waits<'r> {
    pub line: TableLine<'r>,
    pub rows: usize,
    pub count: Ints<'r>,
}

impl Waits<'_> {
    /// Zeroes rows in all columns.
    pub fn zero(self, rows: std::ops::Range<usize>) {
        self.count.fill(rows.clone(), 0);
    }
}

#[derive(Clone, Copy)]
pub struct Loads<'r> {
    pub line: TableLine<'r>,
    pub rows: usize,
    pub count: Ints<'r>,
}

impl Loads<'_> {
    /// Zeroes rows in all columns.
    pub fn zero(self, rows: std::ops::Range<usize>) {
        self.count.fill(rows.clone(), 0);
    }
}

/// Columns of one row each.
#[derive(Clone, Copy)]
pub struct Words<'r> {
    pub attached_threads: Ints<'r>,
    pub attention: Ints<'r>,
    pub bell: Ints<'r>,
    pub leases_waited: Floats<'r>,
    pub leases_expired: Floats<'r>,
    pub loads: Floats<'r>,
    pub load_failures: Floats<'r>,
    pub evictions: Floats<'r>,
    pub memory_bytes: Floats<'r>,
}

/// The columns of a region.
#[derive(Clone, Copy)]
pub struct Region<'r> {
    pub words: Words<'r>,
    pub models: Models<'r>,
    pub instances: Instances<'r>,
    pub gates: Gates<'r>,
    pub slots: Slots<'r>,
    pub waits: Waits<'r>,
    pub loads: Loads<'r>,
}

impl<'r> Region<'r> {
    /// Looks at bytes through this layout. Copies nothing.
    pub fn attach(bytes: Bytes<'r>) -> Result<Self, Mismatch> {
        check(bytes, FINGERPRINT, TABLES)?;
        let rows = Rows {
            models: TableLine::of(bytes, 0).rows()?,
            instances: TableLine::of(bytes, 1).rows()?,
            gates: TableLine::of(bytes, 2).rows()?,
            slots: TableLine::of(bytes, 3).rows()?,
            waits: TableLine::of(bytes, 4).rows()?,
            loads: TableLine::of(bytes, 5).rows()?,
        };
        let at = offsets(&rows);
        if at.bytes != bytes.length() {
            return Err(Mismatch::Corrupt);
        }
        Ok(Self {
            words: Words {
                attached_threads: bytes.ints(at.words.attached_threads, 1),
                attention: bytes.ints(at.words.attention, 1),
                bell: bytes.ints(at.words.bell, 1),
                leases_waited: bytes.floats(at.words.leases_waited, 1),
                leases_expired: bytes.floats(at.words.leases_expired, 1),
                loads: bytes.floats(at.words.loads, 1),
                load_failures: bytes.floats(at.words.load_failures, 1),
                evictions: bytes.floats(at.words.evictions, 1),
                memory_bytes: bytes.floats(at.words.memory_bytes, 1),
            },
            models: Models {
                line: TableLine::of(bytes, 0),
                rows: rows.models,
                instance_first: bytes.ints(at.models.instance_first, rows.models),
                instances: bytes.ints(at.models.instances, rows.models),
                slots_per_instance: bytes.ints(at.models.slots_per_instance, rows.models),
                gate_first: bytes.ints(at.models.gate_first, rows.models),
                gates: bytes.ints(at.models.gates, rows.models),
                gates_per_instance: bytes.ints(at.models.gates_per_instance, rows.models),
                waiting: bytes.ints(at.models.waiting, rows.models),
            },
            instances: Instances {
                line: TableLine::of(bytes, 1),
                rows: rows.instances,
                state: bytes.ints(at.instances.state, rows.instances),
                model: bytes.ints(at.instances.model, rows.instances),
                gate_first: bytes.ints(at.instances.gate_first, rows.instances),
                failures: bytes.ints(at.instances.failures, rows.instances),
                last_used_at_ms: bytes.floats(at.instances.last_used_at_ms, rows.instances),
                load_ms: bytes.floats(at.instances.load_ms, rows.instances),
                memory_bytes: bytes.floats(at.instances.memory_bytes, rows.instances),
            },
            gates: Gates {
                line: TableLine::of(bytes, 2),
                rows: rows.gates,
                free: bytes.ints(at.gates.free, rows.gates),
                instance: bytes.ints(at.gates.instance, rows.gates),
            },
            slots: Slots {
                line: TableLine::of(bytes, 3),
                rows: rows.slots,
                token: bytes.ints(at.slots.token, rows.slots),
                era: bytes.ints(at.slots.era, rows.slots),
                holder: bytes.ints(at.slots.holder, rows.slots),
            },
            waits: Waits {
                line: TableLine::of(bytes, 4),
                rows: rows.waits,
                count: bytes.ints(at.waits.count, rows.waits),
            },
            loads: Loads {
                line: TableLine::of(bytes, 5),
                rows: rows.loads,
                count: bytes.ints(at.loads.count, rows.loads),
            },
        })
    }
}

const _: () = {
    let at = offsets(&Rows {
        models: 3,
        instances: 10,
        gates: 17,
        slots: 24,
        waits: 31,
        loads: 38,
    });
    assert!(at.words.attached_threads == 448);
    assert!(at.words.attention == 512);
    assert!(at.words.bell == 576);
    assert!(at.words.leases_waited == 640);
    assert!(at.words.leases_expired == 704);
    assert!(at.words.loads == 768);
    assert!(at.words.load_failures == 832);
    assert!(at.words.evictions == 896);
    assert!(at.words.memory_bytes == 960);
    assert!(at.models.instance_first == 1024);
    assert!(at.models.instances == 1088);
    assert!(at.models.slots_per_instance == 1152);
    assert!(at.models.gate_first == 1216);
    assert!(at.models.gates == 1280);
    assert!(at.models.gates_per_instance == 1344);
    assert!(at.models.waiting == 1408);
    assert!(at.instances.state == 1472);
    assert!(at.instances.model == 1536);
    assert!(at.instances.gate_first == 1600);
    assert!(at.instances.failures == 1664);
    assert!(at.instances.last_used_at_ms == 1728);
    assert!(at.instances.load_ms == 1856);
    assert!(at.instances.memory_bytes == 1984);
    assert!(at.gates.free == 2112);
    assert!(at.gates.instance == 2240);
    assert!(at.slots.token == 2368);
    assert!(at.slots.era == 2496);
    assert!(at.slots.holder == 2624);
    assert!(at.waits.count == 2752);
    assert!(at.loads.count == 2880);
    assert!(at.bytes == 3072);
};

const _: () = {
    let at = offsets(&Rows {
        models: 1500,
        instances: 1507,
        gates: 1514,
        slots: 1521,
        waits: 1528,
        loads: 1535,
    });
    assert!(at.words.attached_threads == 448);
    assert!(at.words.attention == 512);
    assert!(at.words.bell == 576);
    assert!(at.words.leases_waited == 640);
    assert!(at.words.leases_expired == 704);
    assert!(at.words.loads == 768);
    assert!(at.words.load_failures == 832);
    assert!(at.words.evictions == 896);
    assert!(at.words.memory_bytes == 960);
    assert!(at.models.instance_first == 1024);
    assert!(at.models.instances == 10176);
    assert!(at.models.slots_per_instance == 19328);
    assert!(at.models.gate_first == 28480);
    assert!(at.models.gates == 37632);
    assert!(at.models.gates_per_instance == 46784);
    assert!(at.models.waiting == 55936);
    assert!(at.instances.state == 65088);
    assert!(at.instances.model == 74304);
    assert!(at.instances.gate_first == 83520);
    assert!(at.instances.failures == 92736);
    assert!(at.instances.last_used_at_ms == 101952);
    assert!(at.instances.load_ms == 117184);
    assert!(at.instances.memory_bytes == 132416);
    assert!(at.gates.free == 147648);
    assert!(at.gates.instance == 156864);
    assert!(at.slots.token == 166080);
    assert!(at.slots.era == 175360);
    assert!(at.slots.holder == 184640);
    assert!(at.waits.count == 193920);
    assert!(at.loads.count == 203200);
    assert!(at.bytes == 212480);
};
