//! Regions of our own, and chance that can be repeated.
#![allow(dead_code)]

use symphony_core::dag::{Heap, RunInit, StartColumns};
use symphony_layout::bytes::{Bytes, Floats, Ints};
use symphony_layout::dag::{FINGERPRINT, Region, Rows, TABLES, offsets};
use symphony_layout::format::{FORMAT, HEADER_FINGERPRINT_HIGH, HEADER_FINGERPRINT_LOW, HEADER_FORMAT, HEADER_MAGIC, LINE, MAGIC};
use symphony_layout::pool;

pub fn dag_region(tasks: usize, runs: usize) -> Bytes<'static> {
    let edges = tasks * 4;
    let nodes = |rows: usize| rows.next_power_of_two() * 2;
    let counts = [tasks, edges, edges, runs, runs * 8, runs, 8, tasks, nodes(tasks), nodes(edges)];
    let rows = Rows {
        tasks: counts[0],
        edges: counts[1],
        links: counts[2],
        runs: counts[3],
        counts: counts[4],
        chunks: counts[5],
        types: counts[6],
        due: counts[7],
        task_ranges: counts[8],
        edge_ranges: counts[9],
    };
    assert_eq!(TABLES, counts.len());
    with_header(Bytes::leak(offsets(&rows).bytes), FINGERPRINT, &counts)
}

fn with_header(bytes: Bytes<'static>, fingerprint: u64, counts: &[usize]) -> Bytes<'static> {
    let header = bytes.ints(0, LINE / 4);
    header.set(HEADER_FORMAT, FORMAT);
    header.set(HEADER_FINGERPRINT_LOW, fingerprint as u32 as i32);
    header.set(HEADER_FINGERPRINT_HIGH, (fingerprint >> 32) as u32 as i32);
    for (table, count) in counts.iter().enumerate() {
        bytes.ints(LINE * (1 + table), 1).set(0, *count as i32);
    }
    header.set(HEADER_MAGIC, MAGIC);
    bytes
}

/// A pool with these models, each of so many instances of so many slots. All gates are closed; three threads have attached.
pub fn pool_region(models: &[(usize, usize)]) -> Bytes<'static> {
    let gates_per = |slots: usize| slots.div_ceil(31);
    let instances = models.iter().map(|(instances, _)| instances).sum::<usize>() + 2;
    let gates = models.iter().map(|(instances, slots)| instances * gates_per(*slots)).sum::<usize>() + 2;
    let counts = [models.len() + 1, instances, gates, gates * 32, 592, 592];
    let rows =
        pool::Rows { models: counts[0], instances: counts[1], gates: counts[2], slots: counts[3], waits: counts[4], loads: counts[5] };
    assert_eq!(pool::TABLES, counts.len());
    let bytes = with_header(Bytes::leak(pool::offsets(&rows).bytes), pool::FINGERPRINT, &counts);
    let region = pool::Region::attach(bytes).expect("these bytes are a region");
    region.words.attached_threads.set(0, 3);
    let (mut instance, mut gate) = (0, 0);
    for (model, (count, slots)) in models.iter().enumerate() {
        region.models.instance_first.set(model, instance as i32);
        region.models.instances.set(model, *count as i32);
        region.models.slots_per_instance.set(model, *slots as i32);
        region.models.gate_first.set(model, gate as i32);
        region.models.gates.set(model, (count * gates_per(*slots)) as i32);
        region.models.gates_per_instance.set(model, gates_per(*slots) as i32);
        for _ in 0..*count {
            region.instances.model.set(instance, model as i32);
            region.instances.gate_first.set(instance, gate as i32);
            for first in (0..*slots).step_by(31) {
                region.gates.instance.set(gate, instance as i32);
                region.gates.free.set(gate, i32::MIN | ((1i64 << (slots - first).min(31)) - 1) as i32);
                gate += 1;
            }
            instance += 1;
        }
    }
    region.models.line.set_used(models.len());
    region.instances.line.set_used(instance);
    region.gates.line.set_used(gate);
    region.slots.line.set_used(gate * 32);
    bytes
}

pub fn views(bytes: Bytes<'static>) -> Region<'static> {
    Region::attach(bytes).expect("these bytes are a region")
}

pub fn ints(values: &[i32]) -> Ints<'static> {
    let column = Bytes::leak(values.len() * 4).ints(0, values.len());
    values.iter().enumerate().for_each(|(at, value)| column.set(at, *value));
    column
}

pub fn floats(values: &[f64]) -> Floats<'static> {
    let column = Bytes::leak(values.len() * 8).floats(0, values.len());
    values.iter().enumerate().for_each(|(at, value)| column.set(at, *value));
    column
}

/// Tasks in layers, each needing some of the layer before; `edges` are written from `edge_base` on.
pub fn layers(region: Region<'static>, edge_base: usize, layers: usize, width: usize, chance: &mut Chance) -> StartColumns<'static> {
    let count = layers * width;
    let mut pending = vec![0; count];
    let (mut out_start, mut out_count) = (vec![0; count], vec![0; count]);
    let mut next = edge_base;
    for task in 0..count {
        out_start[task] = next as i32;
        for dependent in (task / width + 1) * width..((task / width + 2) * width).min(count) {
            if chance.below(2) == 0 {
                let kind = chance.below(3) as i32;
                region.edges.target.set(next, dependent as i32 * 4 + kind);
                next += 1;
                out_count[task] += 1;
                if kind < 2 {
                    pending[dependent] += 1;
                }
            }
        }
    }
    let flags: Vec<i32> = (0..count).map(|_| i32::from(chance.below(8) == 0)).collect();
    StartColumns {
        task_count: count,
        pending: ints(&pending),
        slack: None,
        out_start: ints(&out_start),
        out_count: ints(&out_count),
        flags: ints(&flags),
        nodes: ints(&(0..count as i32).collect::<Vec<_>>()),
        types: ints(&vec![0; count]),
        ranks: floats(&vec![1.0; count]),
        timeouts: floats(&[]),
    }
}

pub const INIT: RunInit = RunInit { template: 0, tenant: 0, priority: 0, now_ms: 1.0 };

/// Nothing was added at run time.
pub struct NoHeap;

impl Heap for NoHeap {
    fn added_condition_holds(&mut self, _task: usize) -> bool {
        unreachable!("no task was added")
    }
}

/// Xorshift (Marsaglia 2003).
pub struct Chance(pub u64);

impl Chance {
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }
}
