//! The tracker's transitions: the twin of `packages/dag/src/backend.ts`, `run-table.ts`, `ready-queue.ts` and `runs/due-heap.ts`.

mod checks;
mod condition;
mod due_heap;
mod ready_queue;
mod release;
mod runs;
mod tasks;

pub use runs::{RunInit, StartColumns};

use crate::ranges::RangeAllocator;
use crate::rows::RowAllocator;
use symphony_layout::bytes::Bytes;
use symphony_layout::dag::Region;
use symphony_layout::header::Mismatch;

/// What a command needs to know that is not in the region.
pub trait Heap {
    /// Whether the condition of a task that was added at run time holds. Reads, and changes nothing.
    fn added_condition_holds(&mut self, task: usize) -> bool;
}

/// The backend over one region. What it keeps besides the columns is scratch, empty between commands.
pub struct Dag<'r> {
    region: Region<'r>,
    tasks_of: RangeAllocator<'r>,
    links: RowAllocator<'r>,
    runs: RowAllocator<'r>,
    chunks: RowAllocator<'r>,
    /// Pairs of task row and move (state before * 16 + state after), for the caller to take.
    pub trace: Vec<i32>,
    /// Runs that reached a final state, for the caller to take.
    pub ended: Vec<i32>,
    /// Tasks doomed by the failure of a need, still to be skipped.
    doomed: Vec<usize>,
}

impl<'r> Dag<'r> {
    /// Looks at a region. Copies nothing, whatever its size.
    pub fn attach(bytes: Bytes<'r>) -> Result<Self, Mismatch> {
        let region = Region::attach(bytes)?;
        let Region { tasks, links, runs, chunks, task_ranges, .. } = region;
        Ok(Self {
            region,
            tasks_of: RangeAllocator::new(tasks.line, tasks.rows, task_ranges.taken),
            links: RowAllocator::new(links.line, links.rows, links.next_out),
            runs: RowAllocator::new(runs.line, runs.rows, runs.ended_next),
            chunks: RowAllocator::new(chunks.line, chunks.rows, chunks.next),
            trace: Vec::with_capacity(4096),
            ended: Vec::with_capacity(16),
            doomed: Vec::with_capacity(64),
        })
    }
}
