//! Runs: a template copied into rows, and the rows given back.

use super::Dag;
use crate::ranges::capacity_for;
use crate::refusal::Refusal;
use symphony_layout::bytes::{Floats, Ints};
use symphony_layout::dag::{RUN_QUARANTINED, RUN_RUNNING, RUN_SUCCEEDED, TASK_PENDING};
use symphony_layout::header::{row, word};

/// Columns of a template, to be copied into the rows of a run.
pub struct StartColumns<'a> {
    pub task_count: usize,
    pub pending: Ints<'a>,
    /// None when every task needs all its needs.
    pub slack: Option<Ints<'a>>,
    pub out_start: Ints<'a>,
    pub out_count: Ints<'a>,
    pub flags: Ints<'a>,
    pub nodes: Ints<'a>,
    pub types: Ints<'a>,
    pub ranks: Floats<'a>,
    /// Tasks that wait for a signal, but not for ever: pairs of node and ms.
    pub timeouts: Floats<'a>,
}

pub struct RunInit {
    pub template: i32,
    pub tenant: i32,
    pub priority: i32,
    pub now_ms: f64,
}

impl StartColumns<'_> {
    fn check(&self) -> Result<(), Refusal> {
        let count = self.task_count;
        let ints = [self.pending, self.out_start, self.out_count, self.flags, self.nodes, self.types];
        let shortest = ints.iter().map(|column| column.length()).chain(self.slack.map(Ints::length)).fold(self.ranks.length(), usize::min);
        if shortest < count {
            return Err(Refusal::Argument(format!("a column of the template has {shortest} rows, not {count}")));
        }
        let nodes = (0..self.timeouts.length() / 2).map(|pair| self.timeouts.get(pair * 2));
        for node in nodes {
            if !(node >= 0.0 && node < count as f64) {
                return Err(Refusal::Argument(format!("a wait names node {node} of {count}")));
            }
        }
        Ok(())
    }
}

impl Dag<'_> {
    /// Reserves the rows of a run and copies its template into them. Tasks without needs are still PENDING.
    pub fn start(&mut self, columns: &StartColumns<'_>, init: &RunInit) -> Result<usize, Refusal> {
        columns.check()?;
        if !self.runs.has_room() {
            return Err(Refusal::Capacity("runs"));
        }
        if !self.tasks_of.has_room(columns.task_count) {
            return Err(Refusal::Capacity("tasks"));
        }
        let run = self.runs.allocate();
        self.place_tasks(run, columns);
        let (runs, counts, words) = (self.region.runs, self.region.counts, self.region.words);
        let order = words.runs_started.get(0);
        words.runs_started.set(0, order + 1.0);
        runs.state.set(run, RUN_RUNNING);
        runs.durable_state.set(run, RUN_RUNNING);
        runs.tasks_total.set(run, word(columns.task_count));
        runs.tasks_open.set(run, word(columns.task_count));
        runs.failures.set(run, 0);
        runs.recalled.set(run, 0);
        runs.defaulted.set(run, 0);
        runs.template.set(run, init.template);
        runs.tenant.set(run, init.tenant);
        runs.priority.set(run, init.priority);
        runs.ended_next.set(run, 0);
        runs.ended_prev.set(run, -1);
        runs.order.set(run, order);
        runs.started_at_ms.set(run, init.now_ms);
        runs.ended_at_ms.set(run, 0.0);
        runs.transitions.set(run, 0.0);
        counts.tasks.fill(run * 8..run * 8 + 8, 0);
        counts.tasks.set(run * 8 + row(TASK_PENDING), word(columns.task_count));
        Ok(run)
    }

    fn place_tasks(&self, run: usize, columns: &StartColumns<'_>) {
        let (tasks, runs) = (self.region.tasks, self.region.runs);
        let count = columns.task_count;
        let before = self.tasks_of.used();
        let base = self.tasks_of.allocate(count).expect("room was looked for before");
        // Rows that are passed over look like what they are: nobody's.
        if base > before {
            tasks.run.fill(before..base, -1);
        }
        let capacity = capacity_for(count);
        runs.task_base.set(run, word(base));
        runs.task_capacity.set(run, word(capacity));
        runs.task_count.set(run, word(count));
        runs.chunk_head.set(run, 0);
        runs.chunk_tail.set(run, 0);
        self.copy_columns(columns, base);
        self.clear_tasks(run, base..base + count);
        for pair in 0..columns.timeouts.length() / 2 {
            tasks.due_at_ms.set(base + columns.timeouts.get(pair * 2) as usize, -columns.timeouts.get(pair * 2 + 1));
        }
        tasks.run.fill(base + count..base + capacity, -1);
    }

    fn copy_columns(&self, columns: &StartColumns<'_>, base: usize) {
        let tasks = self.region.tasks;
        let count = columns.task_count;
        tasks.pending.copy(base, columns.pending, count);
        match columns.slack {
            Some(slack) => tasks.slack.copy(base, slack, count),
            None => tasks.slack.fill(base..base + count, 0),
        }
        tasks.out_start.copy(base, columns.out_start, count);
        tasks.out_count.copy(base, columns.out_count, count);
        tasks.flags.copy(base, columns.flags, count);
        tasks.node.copy(base, columns.nodes, count);
        tasks.r#type.copy(base, columns.types, count);
        tasks.rank_ms.copy(base, columns.ranks, count);
    }

    /// Sets what does not depend on the template.
    fn clear_tasks(&self, run: usize, rows: std::ops::Range<usize>) {
        let tasks = self.region.tasks;
        tasks.state.fill(rows.clone(), TASK_PENDING);
        tasks.run.fill(rows.clone(), word(run));
        tasks.attempt.fill(rows.clone(), 0);
        tasks.attempts_ended.fill(rows.clone(), 0);
        tasks.extra_in.fill(rows.clone(), 0);
        tasks.ready_at_ms.fill(rows.clone(), 0.0);
        tasks.started_at_ms.fill(rows.clone(), 0.0);
        tasks.ended_at_ms.fill(rows.clone(), 0.0);
        tasks.due_at_ms.fill(rows, 0.0);
    }

    /// Puts a run among the ended ones.
    pub(super) fn end_run(&mut self, run: usize, state: i32, now_ms: f64) {
        let (runs, words) = (self.region.runs, self.region.words);
        runs.durable_state.set(run, state);
        if runs.state.get(run) != RUN_QUARANTINED || state >= RUN_SUCCEEDED {
            runs.state.set(run, state);
        }
        runs.ended_at_ms.set(run, now_ms);
        let tail = words.ended_tail.get(0);
        runs.ended_prev.set(run, tail);
        runs.ended_next.set(run, 0);
        if tail == 0 {
            words.ended_head.set(0, word(run) + 1);
        } else {
            runs.ended_next.set(row(tail - 1), word(run) + 1);
        }
        words.ended_tail.set(0, word(run) + 1);
        words.ended_count.add(0, 1);
        self.ended.push(word(run));
    }

    /// Gives the rows of an ended run back.
    pub fn free(&mut self, run: usize) -> Result<(), Refusal> {
        self.check_run(run)?;
        if self.region.runs.ended_prev.get(run) < 0 {
            return Err(Refusal::Argument(format!("run row {run} has not ended")));
        }
        self.unend_run(run);
        self.free_tasks(run);
        self.runs.release(run);
        Ok(())
    }

    /// Takes a run off the list of ended ones.
    fn unend_run(&self, run: usize) {
        let (runs, words) = (self.region.runs, self.region.words);
        let previous = runs.ended_prev.get(run);
        let next = runs.ended_next.get(run);
        if previous == 0 {
            words.ended_head.set(0, next);
        } else {
            runs.ended_next.set(row(previous - 1), next);
        }
        if next == 0 {
            words.ended_tail.set(0, previous);
        } else {
            runs.ended_prev.set(row(next - 1), previous);
        }
        runs.ended_prev.set(run, -1);
        runs.ended_next.set(run, 0);
        words.ended_count.add(0, -1);
    }

    fn free_tasks(&self, run: usize) {
        let (runs, chunks) = (self.region.runs, self.region.chunks);
        let used = self.tasks_of.used();
        self.free_range(runs.task_base.get(run), runs.task_count.get(run), runs.task_capacity.get(run));
        let mut chunk = runs.chunk_head.get(run);
        while chunk != 0 {
            let at = row(chunk - 1);
            let next = chunks.next.get(at);
            self.free_range(chunks.base.get(at), chunks.count.get(at), chunks.capacity.get(at));
            self.chunks.release(at);
            chunk = next;
        }
        // Rows the table has given up are zeroed, and run 0 is somebody.
        let left = self.tasks_of.used();
        if left < used {
            self.region.tasks.run.fill(left..used, -1);
        }
    }

    fn free_range(&self, base: i32, count: i32, capacity: i32) {
        let tasks = self.region.tasks;
        let rows = row(base)..row(base) + row(count);
        tasks.run.fill(rows.clone(), -1);
        // Most runs have no links, and mostly nobody has any.
        if self.links.live() > 0 {
            for task in rows {
                if tasks.extra_out.get(task) != 0 {
                    self.free_links(task);
                }
            }
        }
        if let Some(given_up) = self.tasks_of.release(row(base), row(capacity)) {
            tasks.zero(given_up);
        }
    }

    fn free_links(&self, task: usize) {
        let mut link = self.region.tasks.extra_out.get(task);
        while link != 0 {
            let at = row(link - 1);
            let next = self.region.links.next_out.get(at);
            self.links.release(at);
            link = next;
        }
        self.region.tasks.extra_out.set(task, 0);
    }
}
