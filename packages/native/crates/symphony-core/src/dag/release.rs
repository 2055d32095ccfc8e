//! What the end of a task means to those that need it.

use super::{Dag, Heap};
use symphony_layout::dag::{
    FLAG_DROPPED, FLAG_ROUTED, FLAG_WAITS, FLAG_WHEN, KIND_HARD, KIND_OPTIONAL, KIND_SOFT, RUN_FAILED, RUN_RUNNING, RUN_SUCCEEDED,
    TASK_PENDING, TASK_READY, TASK_SUCCEEDED, TASK_WAITING,
};
use symphony_layout::header::row;

impl Dag<'_> {
    /// Tells the dependents of an ended task; each edge is visited once in the life of an attempt.
    pub(super) fn release(&mut self, task: usize, succeeded: bool, now_ms: f64, heap: &mut dyn Heap) {
        self.each_dependent(task, |dag, dependent, kind| dag.resolve(dependent, kind, succeeded, now_ms, heap));
    }

    /// The same for a task that may have chosen whom it goes on to.
    pub(super) fn release_success(&mut self, task: usize, now_ms: f64, heap: &mut dyn Heap) {
        if self.region.tasks.flags.get(task) & FLAG_ROUTED == 0 {
            self.release(task, true, now_ms, heap);
            return;
        }
        self.each_dependent(task, |dag, dependent, kind| {
            let succeeded = dag.outcome_for(task, dependent) == TASK_SUCCEEDED;
            dag.resolve(dependent, kind, succeeded, now_ms, heap);
        });
    }

    /// Visits the edges of the template, then the links that were added.
    fn each_dependent(&mut self, task: usize, mut visit: impl FnMut(&mut Self, usize, i32)) {
        let (tasks, edges, links) = (self.region.tasks, self.region.edges, self.region.links);
        let base = row(self.region.runs.task_base.get(row(tasks.run.get(task))));
        let start = row(tasks.out_start.get(task));
        for edge in start..start + row(tasks.out_count.get(task)) {
            let target = edges.target.get(edge);
            visit(self, base + row(target >> 2), target & 3);
        }
        let mut link = tasks.extra_out.get(task);
        let mut left = links.line.used();
        while link != 0 {
            left = left.checked_sub(1).expect("the links of a task form no circle");
            let at = row(link - 1);
            visit(self, row(links.to.get(at)), links.kind.get(at));
            link = links.next_out.get(at);
        }
    }

    #[inline(always)]
    fn resolve(&mut self, dependent: usize, kind: i32, succeeded: bool, now_ms: f64, heap: &mut dyn Heap) {
        let tasks = self.region.tasks;
        if kind >= KIND_OPTIONAL || tasks.state.get(dependent) != TASK_PENDING {
            return;
        }
        if !succeeded && kind == KIND_HARD {
            let slack = tasks.slack.get(dependent) - 1;
            tasks.slack.set(dependent, slack);
            if slack < 0 {
                self.doomed.push(dependent);
            }
            return;
        }
        let pending = tasks.pending.get(dependent) - 1;
        tasks.pending.set(dependent, pending);
        if pending == 0 {
            self.make_ready(dependent, now_ms, heap);
        }
    }

    /// A task whose needs are all met: to the ready queue, or to wait for its signal, or to be skipped if its condition does not hold.
    #[inline(always)]
    pub(super) fn make_ready(&mut self, task: usize, now_ms: f64, heap: &mut dyn Heap) {
        let tasks = self.region.tasks;
        let from = tasks.state.get(task);
        let flags = tasks.flags.get(task);
        if flags & FLAG_WHEN != 0 && from == TASK_PENDING && !self.condition_holds(task, heap) {
            self.doomed.push(task);
            return;
        }
        tasks.ready_at_ms.set(task, now_ms);
        if flags & FLAG_WAITS != 0 {
            self.shift(task, from, TASK_WAITING);
            let due_at_ms = tasks.due_at_ms.get(task);
            if due_at_ms < 0.0 {
                self.wait_until(task, now_ms - due_at_ms);
            }
            return;
        }
        self.shift(task, from, TASK_READY);
        if self.region.runs.state.get(row(tasks.run.get(task))) == RUN_RUNNING {
            self.enqueue(task);
        }
    }

    /// Skips what a failure has doomed, and what that dooms; then ends the run if nothing is open.
    pub(super) fn settle(&mut self, run: usize, now_ms: f64, heap: &mut dyn Heap) {
        while let Some(task) = self.doomed.pop() {
            if self.region.tasks.state.get(task) == TASK_PENDING {
                self.skip_one(task, now_ms, heap);
            }
        }
        let runs = self.region.runs;
        if runs.tasks_open.get(run) == 0 && runs.durable_state.get(run) < RUN_SUCCEEDED {
            let state = if runs.failures.get(run) > 0 { RUN_FAILED } else { RUN_SUCCEEDED };
            self.end_run(run, state, now_ms);
        }
    }

    /// Whether something goes on although this task failed.
    pub(super) fn has_forgiving_dependent(&mut self, task: usize) -> bool {
        let tasks = self.region.tasks;
        let start = row(tasks.out_start.get(task));
        let edges = start..start + row(tasks.out_count.get(task));
        if edges.into_iter().any(|edge| self.region.edges.target.get(edge) & 3 != KIND_HARD) {
            return true;
        }
        let links = self.region.links;
        let mut link = tasks.extra_out.get(task);
        let mut left = links.line.used();
        while link != 0 {
            left = left.checked_sub(1).expect("the links of a task form no circle");
            let at = row(link - 1);
            let kind = links.kind.get(at);
            let is_dropped = tasks.flags.get(row(links.to.get(at))) & FLAG_DROPPED != 0;
            if (kind == KIND_SOFT || kind == KIND_OPTIONAL) && !is_dropped {
                return true;
            }
            link = links.next_out.get(at);
        }
        false
    }
}
