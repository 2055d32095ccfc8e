//! Generated from the TypeScript layout "dag" by tooling/crates/src/generate-layout.ts. Do not edit.

use crate::bytes::{Bytes, Floats, Ints, Octets};
use crate::format::{LINE, column_stride};
use crate::header::{Mismatch, TableLine, check};

pub const NAME: &str = "dag";
pub const FINGERPRINT: u64 = 0x0c3159d8ad781279;
pub const TABLES: usize = 10;

pub const TASK_PENDING: i32 = 0;
pub const TASK_READY: i32 = 1;
pub const TASK_RUNNING: i32 = 2;
pub const TASK_WAITING: i32 = 3;
pub const TASK_SUCCEEDED: i32 = 4;
pub const TASK_FAILED: i32 = 5;
pub const TASK_SKIPPED: i32 = 6;
pub const TASK_CANCELLED: i32 = 7;
pub const RUN_RUNNING: i32 = 0;
pub const RUN_PAUSED: i32 = 1;
pub const RUN_QUARANTINED: i32 = 2;
pub const RUN_SUCCEEDED: i32 = 4;
pub const RUN_FAILED: i32 = 5;
pub const RUN_CANCELLED: i32 = 7;
pub const FLAG_ALLOW_FAILURE: i32 = 1;
pub const FLAG_WAITS: i32 = 2;
pub const FLAG_RECALLED: i32 = 4;
pub const FLAG_ABSORBED: i32 = 8;
pub const FLAG_DROPPED: i32 = 16;
pub const FLAG_JOINS: i32 = 32;
pub const FLAG_WHEN: i32 = 64;
pub const FLAG_ROUTED: i32 = 128;
pub const FLAG_TIMED: i32 = 256;
pub const FLAG_DEFAULTED: i32 = 512;
pub const FLAG_AWAITS_CHILD: i32 = 65536;
pub const FLAG_UNDONE: i32 = 131072;
pub const KIND_HARD: i32 = 0;
pub const KIND_SOFT: i32 = 1;
pub const KIND_OPTIONAL: i32 = 2;
pub const KIND_UNTAKEN: i32 = 3;
pub const OPERATOR_AND: i32 = -1;
pub const OPERATOR_OR: i32 = -2;
pub const OPERATOR_NOT: i32 = -3;
pub const TEST_STATES: [i32; 5] = [16, 32, 64, 128, 240];
pub const LEGAL_MOVES: [i32; 8] = [202, 252, 250, 242, 0, 0, 0, 0];
pub const NOT_QUEUED: i32 = 0;
pub const TAKEN: i32 = 1;
pub const FIRST_QUEUED: i32 = 2;

/// Rows reserved in each table.
pub struct Rows {
    pub tasks: usize,
    pub edges: usize,
    pub links: usize,
    pub runs: usize,
    pub counts: usize,
    pub chunks: usize,
    pub types: usize,
    pub due: usize,
    pub task_ranges: usize,
    pub edge_ranges: usize,
}

pub struct TasksOffsets {
    pub state: usize,
    pub run: usize,
    pub r#type: usize,
    pub attempt: usize,
    pub attempts_ended: usize,
    pub pending: usize,
    pub slack: usize,
    pub out_start: usize,
    pub out_count: usize,
    pub extra_out: usize,
    pub extra_in: usize,
    pub node: usize,
    pub flags: usize,
    pub queue_next: usize,
    pub queue_prev: usize,
    pub token: usize,
    pub rank_ms: usize,
    pub ready_at_ms: usize,
    pub started_at_ms: usize,
    pub ended_at_ms: usize,
    pub due_at_ms: usize,
}

pub struct EdgesOffsets {
    pub target: usize,
}

pub struct LinksOffsets {
    pub from: usize,
    pub to: usize,
    pub kind: usize,
    pub next_out: usize,
    pub next_in: usize,
}

pub struct RunsOffsets {
    pub state: usize,
    pub durable_state: usize,
    pub task_base: usize,
    pub task_capacity: usize,
    pub task_count: usize,
    pub chunk_head: usize,
    pub chunk_tail: usize,
    pub tasks_total: usize,
    pub tasks_open: usize,
    pub failures: usize,
    pub recalled: usize,
    pub defaulted: usize,
    pub template: usize,
    pub tenant: usize,
    pub priority: usize,
    pub ended_next: usize,
    pub ended_prev: usize,
    pub order: usize,
    pub started_at_ms: usize,
    pub ended_at_ms: usize,
    pub transitions: usize,
}

pub struct CountsOffsets {
    pub tasks: usize,
}

pub struct ChunksOffsets {
    pub base: usize,
    pub capacity: usize,
    pub count: usize,
    pub next: usize,
}

pub struct TypesOffsets {
    pub mean_ms: usize,
    pub samples: usize,
}

pub struct DueOffsets {
    pub task: usize,
}

pub struct TaskRangesOffsets {
    pub taken: usize,
}

pub struct EdgeRangesOffsets {
    pub taken: usize,
}

pub struct WordsOffsets {
    pub ready_head: usize,
    pub ready_tail: usize,
    pub ready_count: usize,
    pub due_count: usize,
    pub ended_head: usize,
    pub ended_tail: usize,
    pub ended_count: usize,
    pub late_results: usize,
    pub merging: usize,
    pub epoch: usize,
    pub runs_started: usize,
}

/// Bytes from the beginning of a region.
pub struct Offsets {
    pub words: WordsOffsets,
    pub tasks: TasksOffsets,
    pub edges: EdgesOffsets,
    pub links: LinksOffsets,
    pub runs: RunsOffsets,
    pub counts: CountsOffsets,
    pub chunks: ChunksOffsets,
    pub types: TypesOffsets,
    pub due: DueOffsets,
    pub task_ranges: TaskRangesOffsets,
    pub edge_ranges: EdgeRangesOffsets,
    /// Length of the whole.
    pub bytes: usize,
}

pub const fn offsets(rows: &Rows) -> Offsets {
    let at = LINE * (1 + TABLES);
    let word_ready_head = at;
    let at = at + LINE;
    let word_ready_tail = at;
    let at = at + LINE;
    let word_ready_count = at;
    let at = at + LINE;
    let word_due_count = at;
    let at = at + LINE;
    let word_ended_head = at;
    let at = at + LINE;
    let word_ended_tail = at;
    let at = at + LINE;
    let word_ended_count = at;
    let at = at + LINE;
    let word_late_results = at;
    let at = at + LINE;
    let word_merging = at;
    let at = at + LINE;
    let word_epoch = at;
    let at = at + LINE;
    let word_runs_started = at;
    let at = at + LINE;
    let tasks_state = at;
    let at = at + column_stride(4, rows.tasks);
    let tasks_run = at;
    let at = at + column_stride(4, rows.tasks);
    let tasks_type = at;
    let at = at + column_stride(4, rows.tasks);
    let tasks_attempt = at;
    let at = at + column_stride(4, rows.tasks);
    let tasks_attempts_ended = at;
    let at = at + column_stride(4, rows.tasks);
    let tasks_pending = at;
    let at = at + column_stride(4, rows.tasks);
    let tasks_slack = at;
    let at = at + column_stride(4, rows.tasks);
    let tasks_out_start = at;
    let at = at + column_stride(4, rows.tasks);
    let tasks_out_count = at;
    let at = at + column_stride(4, rows.tasks);
    let tasks_extra_out = at;
    let at = at + column_stride(4, rows.tasks);
    let tasks_extra_in = at;
    let at = at + column_stride(4, rows.tasks);
    let tasks_node = at;
    let at = at + column_stride(4, rows.tasks);
    let tasks_flags = at;
    let at = at + column_stride(4, rows.tasks);
    let tasks_queue_next = at;
    let at = at + column_stride(4, rows.tasks);
    let tasks_queue_prev = at;
    let at = at + column_stride(4, rows.tasks);
    let tasks_token = at;
    let at = at + column_stride(8, rows.tasks);
    let tasks_rank_ms = at;
    let at = at + column_stride(8, rows.tasks);
    let tasks_ready_at_ms = at;
    let at = at + column_stride(8, rows.tasks);
    let tasks_started_at_ms = at;
    let at = at + column_stride(8, rows.tasks);
    let tasks_ended_at_ms = at;
    let at = at + column_stride(8, rows.tasks);
    let tasks_due_at_ms = at;
    let at = at + column_stride(8, rows.tasks);
    let edges_target = at;
    let at = at + column_stride(4, rows.edges);
    let links_from = at;
    let at = at + column_stride(4, rows.links);
    let links_to = at;
    let at = at + column_stride(4, rows.links);
    let links_kind = at;
    let at = at + column_stride(4, rows.links);
    let links_next_out = at;
    let at = at + column_stride(4, rows.links);
    let links_next_in = at;
    let at = at + column_stride(4, rows.links);
    let runs_state = at;
    let at = at + column_stride(4, rows.runs);
    let runs_durable_state = at;
    let at = at + column_stride(4, rows.runs);
    let runs_task_base = at;
    let at = at + column_stride(4, rows.runs);
    let runs_task_capacity = at;
    let at = at + column_stride(4, rows.runs);
    let runs_task_count = at;
    let at = at + column_stride(4, rows.runs);
    let runs_chunk_head = at;
    let at = at + column_stride(4, rows.runs);
    let runs_chunk_tail = at;
    let at = at + column_stride(4, rows.runs);
    let runs_tasks_total = at;
    let at = at + column_stride(4, rows.runs);
    let runs_tasks_open = at;
    let at = at + column_stride(4, rows.runs);
    let runs_failures = at;
    let at = at + column_stride(4, rows.runs);
    let runs_recalled = at;
    let at = at + column_stride(4, rows.runs);
    let runs_defaulted = at;
    let at = at + column_stride(4, rows.runs);
    let runs_template = at;
    let at = at + column_stride(4, rows.runs);
    let runs_tenant = at;
    let at = at + column_stride(4, rows.runs);
    let runs_priority = at;
    let at = at + column_stride(4, rows.runs);
    let runs_ended_next = at;
    let at = at + column_stride(4, rows.runs);
    let runs_ended_prev = at;
    let at = at + column_stride(4, rows.runs);
    let runs_order = at;
    let at = at + column_stride(8, rows.runs);
    let runs_started_at_ms = at;
    let at = at + column_stride(8, rows.runs);
    let runs_ended_at_ms = at;
    let at = at + column_stride(8, rows.runs);
    let runs_transitions = at;
    let at = at + column_stride(8, rows.runs);
    let counts_tasks = at;
    let at = at + column_stride(4, rows.counts);
    let chunks_base = at;
    let at = at + column_stride(4, rows.chunks);
    let chunks_capacity = at;
    let at = at + column_stride(4, rows.chunks);
    let chunks_count = at;
    let at = at + column_stride(4, rows.chunks);
    let chunks_next = at;
    let at = at + column_stride(4, rows.chunks);
    let types_mean_ms = at;
    let at = at + column_stride(8, rows.types);
    let types_samples = at;
    let at = at + column_stride(4, rows.types);
    let due_task = at;
    let at = at + column_stride(4, rows.due);
    let task_ranges_taken = at;
    let at = at + column_stride(1, rows.task_ranges);
    let edge_ranges_taken = at;
    let at = at + column_stride(1, rows.edge_ranges);
    Offsets {
        words: WordsOffsets {
            ready_head: word_ready_head,
            ready_tail: word_ready_tail,
            ready_count: word_ready_count,
            due_count: word_due_count,
            ended_head: word_ended_head,
            ended_tail: word_ended_tail,
            ended_count: word_ended_count,
            late_results: word_late_results,
            merging: word_merging,
            epoch: word_epoch,
            runs_started: word_runs_started,
        },
        tasks: TasksOffsets {
            state: tasks_state,
            run: tasks_run,
            r#type: tasks_type,
            attempt: tasks_attempt,
            attempts_ended: tasks_attempts_ended,
            pending: tasks_pending,
            slack: tasks_slack,
            out_start: tasks_out_start,
            out_count: tasks_out_count,
            extra_out: tasks_extra_out,
            extra_in: tasks_extra_in,
            node: tasks_node,
            flags: tasks_flags,
            queue_next: tasks_queue_next,
            queue_prev: tasks_queue_prev,
            token: tasks_token,
            rank_ms: tasks_rank_ms,
            ready_at_ms: tasks_ready_at_ms,
            started_at_ms: tasks_started_at_ms,
            ended_at_ms: tasks_ended_at_ms,
            due_at_ms: tasks_due_at_ms,
        },
        edges: EdgesOffsets {
            target: edges_target,
        },
        links: LinksOffsets {
            from: links_from,
            to: links_to,
            kind: links_kind,
            next_out: links_next_out,
            next_in: links_next_in,
        },
        runs: RunsOffsets {
            state: runs_state,
            durable_state: runs_durable_state,
            task_base: runs_task_base,
            task_capacity: runs_task_capacity,
            task_count: runs_task_count,
            chunk_head: runs_chunk_head,
            chunk_tail: runs_chunk_tail,
            tasks_total: runs_tasks_total,
            tasks_open: runs_tasks_open,
            failures: runs_failures,
            recalled: runs_recalled,
            defaulted: runs_defaulted,
            template: runs_template,
            tenant: runs_tenant,
            priority: runs_priority,
            ended_next: runs_ended_next,
            ended_prev: runs_ended_prev,
            order: runs_order,
            started_at_ms: runs_started_at_ms,
            ended_at_ms: runs_ended_at_ms,
            transitions: runs_transitions,
        },
        counts: CountsOffsets {
            tasks: counts_tasks,
        },
        chunks: ChunksOffsets {
            base: chunks_base,
            capacity: chunks_capacity,
            count: chunks_count,
            next: chunks_next,
        },
        types: TypesOffsets {
            mean_ms: types_mean_ms,
            samples: types_samples,
        },
        due: DueOffsets {
            task: due_task,
        },
        task_ranges: TaskRangesOffsets {
            taken: task_ranges_taken,
        },
        edge_ranges: EdgeRangesOffsets {
            taken: edge_ranges_taken,
        },
        bytes: at,
    }
}

#[derive(Clone, Copy)]
pub struct Tasks<'r> {
    pub line: TableLine<'r>,
    pub rows: usize,
    pub state: Ints<'r>,
    pub run: Ints<'r>,
    pub r#type: Ints<'r>,
    pub attempt: Ints<'r>,
    pub attempts_ended: Ints<'r>,
    pub pending: Ints<'r>,
    pub slack: Ints<'r>,
    pub out_start: Ints<'r>,
    pub out_count: Ints<'r>,
    pub extra_out: Ints<'r>,
    pub extra_in: Ints<'r>,
    pub node: Ints<'r>,
    pub flags: Ints<'r>,
    pub queue_next: Ints<'r>,
    pub queue_prev: Ints<'r>,
    pub token: Floats<'r>,
    pub rank_ms: Floats<'r>,
    pub ready_at_ms: Floats<'r>,
    pub started_at_ms: Floats<'r>,
    pub ended_at_ms: Floats<'r>,
    pub due_at_ms: Floats<'r>,
}

impl Tasks<'_> {
    /// Zeroes rows in all columns.
    pub fn zero(self, rows: std::ops::Range<usize>) {
        self.state.fill(rows.clone(), 0);
        self.run.fill(rows.clone(), 0);
        self.r#type.fill(rows.clone(), 0);
        self.attempt.fill(rows.clone(), 0);
        self.attempts_ended.fill(rows.clone(), 0);
        self.pending.fill(rows.clone(), 0);
        self.slack.fill(rows.clone(), 0);
        self.out_start.fill(rows.clone(), 0);
        self.out_count.fill(rows.clone(), 0);
        self.extra_out.fill(rows.clone(), 0);
        self.extra_in.fill(rows.clone(), 0);
        self.node.fill(rows.clone(), 0);
        self.flags.fill(rows.clone(), 0);
        self.queue_next.fill(rows.clone(), 0);
        self.queue_prev.fill(rows.clone(), 0);
        self.token.fill(rows.clone(), 0.0);
        self.rank_ms.fill(rows.clone(), 0.0);
        self.ready_at_ms.fill(rows.clone(), 0.0);
        self.started_at_ms.fill(rows.clone(), 0.0);
        self.ended_at_ms.fill(rows.clone(), 0.0);
        self.due_at_ms.fill(rows.clone(), 0.0);
    }
}

#[derive(Clone, Copy)]
pub struct Edges<'r> {
    pub line: TableLine<'r>,
    pub rows: usize,
    pub target: Ints<'r>,
}

impl Edges<'_> {
    /// Zeroes rows in all columns.
    pub fn zero(self, rows: std::ops::Range<usize>) {
        self.target.fill(rows.clone(), 0);
    }
}

#[derive(Clone, Copy)]
pub struct Links<'r> {
    pub line: TableLine<'r>,
    pub rows: usize,
    pub from: Ints<'r>,
    pub to: Ints<'r>,
    pub kind: Ints<'r>,
    pub next_out: Ints<'r>,
    pub next_in: Ints<'r>,
}

impl Links<'_> {
    /// Zeroes rows in all columns.
    pub fn zero(self, rows: std::ops::Range<usize>) {
        self.from.fill(rows.clone(), 0);
        self.to.fill(rows.clone(), 0);
        self.kind.fill(rows.clone(), 0);
        self.next_out.fill(rows.clone(), 0);
        self.next_in.fill(rows.clone(), 0);
    }
}

#[derive(Clone, Copy)]
pub struct Runs<'r> {
    pub line: TableLine<'r>,
    pub rows: usize,
    pub state: Ints<'r>,
    pub durable_state: Ints<'r>,
    pub task_base: Ints<'r>,
    pub task_capacity: Ints<'r>,
    pub task_count: Ints<'r>,
    pub chunk_head: Ints<'r>,
    pub chunk_tail: Ints<'r>,
    pub tasks_total: Ints<'r>,
    pub tasks_open: Ints<'r>,
    pub failures: Ints<'r>,
    pub recalled: Ints<'r>,
    pub defaulted: Ints<'r>,
    pub template: Ints<'r>,
    pub tenant: Ints<'r>,
    pub priority: Ints<'r>,
    pub ended_next: Ints<'r>,
    pub ended_prev: Ints<'r>,
    pub order: Floats<'r>,
    pub started_at_ms: Floats<'r>,
    pub ended_at_ms: Floats<'r>,
    pub transitions: Floats<'r>,
}

impl Runs<'_> {
    /// Zeroes rows in all columns.
    pub fn zero(self, rows: std::ops::Range<usize>) {
        self.state.fill(rows.clone(), 0);
        self.durable_state.fill(rows.clone(), 0);
        self.task_base.fill(rows.clone(), 0);
        self.task_capacity.fill(rows.clone(), 0);
        self.task_count.fill(rows.clone(), 0);
        self.chunk_head.fill(rows.clone(), 0);
        self.chunk_tail.fill(rows.clone(), 0);
        self.tasks_total.fill(rows.clone(), 0);
        self.tasks_open.fill(rows.clone(), 0);
        self.failures.fill(rows.clone(), 0);
        self.recalled.fill(rows.clone(), 0);
        self.defaulted.fill(rows.clone(), 0);
        self.template.fill(rows.clone(), 0);
        self.tenant.fill(rows.clone(), 0);
        self.priority.fill(rows.clone(), 0);
        self.ended_next.fill(rows.clone(), 0);
        self.ended_prev.fill(rows.clone(), 0);
        self.order.fill(rows.clone(), 0.0);
        self.started_at_ms.fill(rows.clone(), 0.0);
        self.ended_at_ms.fill(rows.clone(), 0.0);
        self.transitions.fill(rows.clone(), 0.0);
    }
}

#[derive(Clone, Copy)]
pub struct Counts<'r> {
    pub line: TableLine<'r>,
    pub rows: usize,
    pub tasks: Ints<'r>,
}

impl Counts<'_> {
    /// Zeroes rows in all columns.
    pub fn zero(self, rows: std::ops::Range<usize>) {
        self.tasks.fill(rows.clone(), 0);
    }
}

#[derive(Clone, Copy)]
pub struct Chunks<'r> {
    pub line: TableLine<'r>,
    pub rows: usize,
    pub base: Ints<'r>,
    pub capacity: Ints<'r>,
    pub count: Ints<'r>,
    pub next: Ints<'r>,
}

impl Chunks<'_> {
    /// Zeroes rows in all columns.
    pub fn zero(self, rows: std::ops::Range<usize>) {
        self.base.fill(rows.clone(), 0);
        self.capacity.fill(rows.clone(), 0);
        self.count.fill(rows.clone(), 0);
        self.next.fill(rows.clone(), 0);
    }
}

#[derive(Clone, Copy)]
pub struct Types<'r> {
    pub line: TableLine<'r>,
    pub rows: usize,
    pub mean_ms: Floats<'r>,
    pub samples: Ints<'r>,
}

impl Types<'_> {
    /// Zeroes rows in all columns.
    pub fn zero(self, rows: std::ops::Range<usize>) {
        self.mean_ms.fill(rows.clone(), 0.0);
        self.samples.fill(rows.clone(), 0);
    }
}

#[derive(Clone, Copy)]
pub struct Due<'r> {
    pub line: TableLine<'r>,
    pub rows: usize,
    pub task: Ints<'r>,
}

impl Due<'_> {
    /// Zeroes rows in all columns.
    pub fn zero(self, rows: std::ops::Range<usize>) {
        self.task.fill(rows.clone(), 0);
    }
}

#[derive(Clone, Copy)]
pub struct TaskRanges<'r> {
    pub line: TableLine<'r>,
    pub rows: usize,
    pub taken: Octets<'r>,
}

impl TaskRanges<'_> {
    /// Zeroes rows in all columns.
    pub fn zero(self, rows: std::ops::Range<usize>) {
        self.taken.fill(rows.clone(), 0);
    }
}

#[derive(Clone, Copy)]
pub struct EdgeRanges<'r> {
    pub line: TableLine<'r>,
    pub rows: usize,
    pub taken: Octets<'r>,
}

impl EdgeRanges<'_> {
    /// Zeroes rows in all columns.
    pub fn zero(self, rows: std::ops::Range<usize>) {
        self.taken.fill(rows.clone(), 0);
    }
}

/// Columns of one row each.
#[derive(Clone, Copy)]
pub struct Words<'r> {
    pub ready_head: Ints<'r>,
    pub ready_tail: Ints<'r>,
    pub ready_count: Ints<'r>,
    pub due_count: Ints<'r>,
    pub ended_head: Ints<'r>,
    pub ended_tail: Ints<'r>,
    pub ended_count: Ints<'r>,
    pub late_results: Ints<'r>,
    pub merging: Ints<'r>,
    pub epoch: Floats<'r>,
    pub runs_started: Floats<'r>,
}

/// The columns of a region.
#[derive(Clone, Copy)]
pub struct Region<'r> {
    pub words: Words<'r>,
    pub tasks: Tasks<'r>,
    pub edges: Edges<'r>,
    pub links: Links<'r>,
    pub runs: Runs<'r>,
    pub counts: Counts<'r>,
    pub chunks: Chunks<'r>,
    pub types: Types<'r>,
    pub due: Due<'r>,
    pub task_ranges: TaskRanges<'r>,
    pub edge_ranges: EdgeRanges<'r>,
}

impl<'r> Region<'r> {
    /// Looks at bytes through this layout. Copies nothing.
    pub fn attach(bytes: Bytes<'r>) -> Result<Self, Mismatch> {
        check(bytes, FINGERPRINT, TABLES)?;
        let rows = Rows {
            tasks: TableLine::of(bytes, 0).rows()?,
            edges: TableLine::of(bytes, 1).rows()?,
            links: TableLine::of(bytes, 2).rows()?,
            runs: TableLine::of(bytes, 3).rows()?,
            counts: TableLine::of(bytes, 4).rows()?,
            chunks: TableLine::of(bytes, 5).rows()?,
            types: TableLine::of(bytes, 6).rows()?,
            due: TableLine::of(bytes, 7).rows()?,
            task_ranges: TableLine::of(bytes, 8).rows()?,
            edge_ranges: TableLine::of(bytes, 9).rows()?,
        };
        let at = offsets(&rows);
        if at.bytes != bytes.length() {
            return Err(Mismatch::Corrupt);
        }
        Ok(Self {
            words: Words {
                ready_head: bytes.ints(at.words.ready_head, 1),
                ready_tail: bytes.ints(at.words.ready_tail, 1),
                ready_count: bytes.ints(at.words.ready_count, 1),
                due_count: bytes.ints(at.words.due_count, 1),
                ended_head: bytes.ints(at.words.ended_head, 1),
                ended_tail: bytes.ints(at.words.ended_tail, 1),
                ended_count: bytes.ints(at.words.ended_count, 1),
                late_results: bytes.ints(at.words.late_results, 1),
                merging: bytes.ints(at.words.merging, 1),
                epoch: bytes.floats(at.words.epoch, 1),
                runs_started: bytes.floats(at.words.runs_started, 1),
            },
            tasks: Tasks {
                line: TableLine::of(bytes, 0),
                rows: rows.tasks,
                state: bytes.ints(at.tasks.state, rows.tasks),
                run: bytes.ints(at.tasks.run, rows.tasks),
                r#type: bytes.ints(at.tasks.r#type, rows.tasks),
                attempt: bytes.ints(at.tasks.attempt, rows.tasks),
                attempts_ended: bytes.ints(at.tasks.attempts_ended, rows.tasks),
                pending: bytes.ints(at.tasks.pending, rows.tasks),
                slack: bytes.ints(at.tasks.slack, rows.tasks),
                out_start: bytes.ints(at.tasks.out_start, rows.tasks),
                out_count: bytes.ints(at.tasks.out_count, rows.tasks),
                extra_out: bytes.ints(at.tasks.extra_out, rows.tasks),
                extra_in: bytes.ints(at.tasks.extra_in, rows.tasks),
                node: bytes.ints(at.tasks.node, rows.tasks),
                flags: bytes.ints(at.tasks.flags, rows.tasks),
                queue_next: bytes.ints(at.tasks.queue_next, rows.tasks),
                queue_prev: bytes.ints(at.tasks.queue_prev, rows.tasks),
                token: bytes.floats(at.tasks.token, rows.tasks),
                rank_ms: bytes.floats(at.tasks.rank_ms, rows.tasks),
                ready_at_ms: bytes.floats(at.tasks.ready_at_ms, rows.tasks),
                started_at_ms: bytes.floats(at.tasks.started_at_ms, rows.tasks),
                ended_at_ms: bytes.floats(at.tasks.ended_at_ms, rows.tasks),
                due_at_ms: bytes.floats(at.tasks.due_at_ms, rows.tasks),
            },
            edges: Edges {
                line: TableLine::of(bytes, 1),
                rows: rows.edges,
                target: bytes.ints(at.edges.target, rows.edges),
            },
            links: Links {
                line: TableLine::of(bytes, 2),
                rows: rows.links,
                from: bytes.ints(at.links.from, rows.links),
                to: bytes.ints(at.links.to, rows.links),
                kind: bytes.ints(at.links.kind, rows.links),
                next_out: bytes.ints(at.links.next_out, rows.links),
                next_in: bytes.ints(at.links.next_in, rows.links),
            },
            runs: Runs {
                line: TableLine::of(bytes, 3),
                rows: rows.runs,
                state: bytes.ints(at.runs.state, rows.runs),
                durable_state: bytes.ints(at.runs.durable_state, rows.runs),
                task_base: bytes.ints(at.runs.task_base, rows.runs),
                task_capacity: bytes.ints(at.runs.task_capacity, rows.runs),
                task_count: bytes.ints(at.runs.task_count, rows.runs),
                chunk_head: bytes.ints(at.runs.chunk_head, rows.runs),
                chunk_tail: bytes.ints(at.runs.chunk_tail, rows.runs),
                tasks_total: bytes.ints(at.runs.tasks_total, rows.runs),
                tasks_open: bytes.ints(at.runs.tasks_open, rows.runs),
                failures: bytes.ints(at.runs.failures, rows.runs),
                recalled: bytes.ints(at.runs.recalled, rows.runs),
                defaulted: bytes.ints(at.runs.defaulted, rows.runs),
                template: bytes.ints(at.runs.template, rows.runs),
                tenant: bytes.ints(at.runs.tenant, rows.runs),
                priority: bytes.ints(at.runs.priority, rows.runs),
                ended_next: bytes.ints(at.runs.ended_next, rows.runs),
                ended_prev: bytes.ints(at.runs.ended_prev, rows.runs),
                order: bytes.floats(at.runs.order, rows.runs),
                started_at_ms: bytes.floats(at.runs.started_at_ms, rows.runs),
                ended_at_ms: bytes.floats(at.runs.ended_at_ms, rows.runs),
                transitions: bytes.floats(at.runs.transitions, rows.runs),
            },
            counts: Counts {
                line: TableLine::of(bytes, 4),
                rows: rows.counts,
                tasks: bytes.ints(at.counts.tasks, rows.counts),
            },
            chunks: Chunks {
                line: TableLine::of(bytes, 5),
                rows: rows.chunks,
                base: bytes.ints(at.chunks.base, rows.chunks),
                capacity: bytes.ints(at.chunks.capacity, rows.chunks),
                count: bytes.ints(at.chunks.count, rows.chunks),
                next: bytes.ints(at.chunks.next, rows.chunks),
            },
            types: Types {
                line: TableLine::of(bytes, 6),
                rows: rows.types,
                mean_ms: bytes.floats(at.types.mean_ms, rows.types),
                samples: bytes.ints(at.types.samples, rows.types),
            },
            due: Due {
                line: TableLine::of(bytes, 7),
                rows: rows.due,
                task: bytes.ints(at.due.task, rows.due),
            },
            task_ranges: TaskRanges {
                line: TableLine::of(bytes, 8),
                rows: rows.task_ranges,
                taken: bytes.octets(at.task_ranges.taken, rows.task_ranges),
            },
            edge_ranges: EdgeRanges {
                line: TableLine::of(bytes, 9),
                rows: rows.edge_ranges,
                taken: bytes.octets(at.edge_ranges.taken, rows.edge_ranges),
            },
        })
    }
}

const _: () = {
    let at = offsets(&Rows {
        tasks: 3,
        edges: 10,
        links: 17,
        runs: 24,
        counts: 31,
        chunks: 38,
        types: 45,
        due: 52,
        task_ranges: 59,
        edge_ranges: 66,
    });
    assert!(at.words.ready_head == 704);
    assert!(at.words.ready_tail == 768);
    assert!(at.words.ready_count == 832);
    assert!(at.words.due_count == 896);
    assert!(at.words.ended_head == 960);
    assert!(at.words.ended_tail == 1024);
    assert!(at.words.ended_count == 1088);
    assert!(at.words.late_results == 1152);
    assert!(at.words.merging == 1216);
    assert!(at.words.epoch == 1280);
    assert!(at.words.runs_started == 1344);
    assert!(at.tasks.state == 1408);
    assert!(at.tasks.run == 1472);
    assert!(at.tasks.r#type == 1536);
    assert!(at.tasks.attempt == 1600);
    assert!(at.tasks.attempts_ended == 1664);
    assert!(at.tasks.pending == 1728);
    assert!(at.tasks.slack == 1792);
    assert!(at.tasks.out_start == 1856);
    assert!(at.tasks.out_count == 1920);
    assert!(at.tasks.extra_out == 1984);
    assert!(at.tasks.extra_in == 2048);
    assert!(at.tasks.node == 2112);
    assert!(at.tasks.flags == 2176);
    assert!(at.tasks.queue_next == 2240);
    assert!(at.tasks.queue_prev == 2304);
    assert!(at.tasks.token == 2368);
    assert!(at.tasks.rank_ms == 2432);
    assert!(at.tasks.ready_at_ms == 2496);
    assert!(at.tasks.started_at_ms == 2560);
    assert!(at.tasks.ended_at_ms == 2624);
    assert!(at.tasks.due_at_ms == 2688);
    assert!(at.edges.target == 2752);
    assert!(at.links.from == 2816);
    assert!(at.links.to == 2944);
    assert!(at.links.kind == 3072);
    assert!(at.links.next_out == 3200);
    assert!(at.links.next_in == 3328);
    assert!(at.runs.state == 3456);
    assert!(at.runs.durable_state == 3584);
    assert!(at.runs.task_base == 3712);
    assert!(at.runs.task_capacity == 3840);
    assert!(at.runs.task_count == 3968);
    assert!(at.runs.chunk_head == 4096);
    assert!(at.runs.chunk_tail == 4224);
    assert!(at.runs.tasks_total == 4352);
    assert!(at.runs.tasks_open == 4480);
    assert!(at.runs.failures == 4608);
    assert!(at.runs.recalled == 4736);
    assert!(at.runs.defaulted == 4864);
    assert!(at.runs.template == 4992);
    assert!(at.runs.tenant == 5120);
    assert!(at.runs.priority == 5248);
    assert!(at.runs.ended_next == 5376);
    assert!(at.runs.ended_prev == 5504);
    assert!(at.runs.order == 5632);
    assert!(at.runs.started_at_ms == 5824);
    assert!(at.runs.ended_at_ms == 6016);
    assert!(at.runs.transitions == 6208);
    assert!(at.counts.tasks == 6400);
    assert!(at.chunks.base == 6528);
    assert!(at.chunks.capacity == 6720);
    assert!(at.chunks.count == 6912);
    assert!(at.chunks.next == 7104);
    assert!(at.types.mean_ms == 7296);
    assert!(at.types.samples == 7680);
    assert!(at.due.task == 7872);
    assert!(at.task_ranges.taken == 8128);
    assert!(at.edge_ranges.taken == 8192);
    assert!(at.bytes == 8320);
};

const _: () = {
    let at = offsets(&Rows {
        tasks: 1500,
        edges: 1507,
        links: 1514,
        runs: 1521,
        counts: 1528,
        chunks: 1535,
        types: 1542,
        due: 1549,
        task_ranges: 1556,
        edge_ranges: 1563,
    });
    assert!(at.words.ready_head == 704);
    assert!(at.words.ready_tail == 768);
    assert!(at.words.ready_count == 832);
    assert!(at.words.due_count == 896);
    assert!(at.words.ended_head == 960);
    assert!(at.words.ended_tail == 1024);
    assert!(at.words.ended_count == 1088);
    assert!(at.words.late_results == 1152);
    assert!(at.words.merging == 1216);
    assert!(at.words.epoch == 1280);
    assert!(at.words.runs_started == 1344);
    assert!(at.tasks.state == 1408);
    assert!(at.tasks.run == 10560);
    assert!(at.tasks.r#type == 19712);
    assert!(at.tasks.attempt == 28864);
    assert!(at.tasks.attempts_ended == 38016);
    assert!(at.tasks.pending == 47168);
    assert!(at.tasks.slack == 56320);
    assert!(at.tasks.out_start == 65472);
    assert!(at.tasks.out_count == 74624);
    assert!(at.tasks.extra_out == 83776);
    assert!(at.tasks.extra_in == 92928);
    assert!(at.tasks.node == 102080);
    assert!(at.tasks.flags == 111232);
    assert!(at.tasks.queue_next == 120384);
    assert!(at.tasks.queue_prev == 129536);
    assert!(at.tasks.token == 138688);
    assert!(at.tasks.rank_ms == 153856);
    assert!(at.tasks.ready_at_ms == 169024);
    assert!(at.tasks.started_at_ms == 184192);
    assert!(at.tasks.ended_at_ms == 199360);
    assert!(at.tasks.due_at_ms == 214528);
    assert!(at.edges.target == 229696);
    assert!(at.links.from == 238912);
    assert!(at.links.to == 248128);
    assert!(at.links.kind == 257344);
    assert!(at.links.next_out == 266560);
    assert!(at.links.next_in == 275776);
    assert!(at.runs.state == 284992);
    assert!(at.runs.durable_state == 294272);
    assert!(at.runs.task_base == 303552);
    assert!(at.runs.task_capacity == 312832);
    assert!(at.runs.task_count == 322112);
    assert!(at.runs.chunk_head == 331392);
    assert!(at.runs.chunk_tail == 340672);
    assert!(at.runs.tasks_total == 349952);
    assert!(at.runs.tasks_open == 359232);
    assert!(at.runs.failures == 368512);
    assert!(at.runs.recalled == 377792);
    assert!(at.runs.defaulted == 387072);
    assert!(at.runs.template == 396352);
    assert!(at.runs.tenant == 405632);
    assert!(at.runs.priority == 414912);
    assert!(at.runs.ended_next == 424192);
    assert!(at.runs.ended_prev == 433472);
    assert!(at.runs.order == 442752);
    assert!(at.runs.started_at_ms == 458112);
    assert!(at.runs.ended_at_ms == 473472);
    assert!(at.runs.transitions == 488832);
    assert!(at.counts.tasks == 504192);
    assert!(at.chunks.base == 513472);
    assert!(at.chunks.capacity == 522752);
    assert!(at.chunks.count == 532032);
    assert!(at.chunks.next == 541312);
    assert!(at.types.mean_ms == 550592);
    assert!(at.types.samples == 566080);
    assert!(at.due.task == 575424);
    assert!(at.task_ranges.taken == 584768);
    assert!(at.edge_ranges.taken == 586368);
    assert!(at.bytes == 587968);
};
