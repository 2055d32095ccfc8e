//! The transitions. Each is one function of the region and its arguments; what happened is left in `trace`.

use super::checks::Wanted;
use super::{Dag, Heap};
use crate::refusal::Refusal;
use symphony_layout::bytes::Ints;
use symphony_layout::dag::{
    FLAG_ABSORBED, FLAG_ALLOW_FAILURE, FLAG_AWAITS_CHILD, LEGAL_MOVES, TASK_CANCELLED, TASK_FAILED, TASK_READY, TASK_RUNNING, TASK_SKIPPED,
    TASK_SUCCEEDED, TASK_WAITING,
};
use symphony_layout::header::{row, word};

/// Every state from here on is final.
const FIRST_FINAL: i32 = TASK_SUCCEEDED;

impl Dag<'_> {
    /// The ready queue turned a task into an attempt.
    pub fn begin(&mut self, task: usize, token: f64, now_ms: f64) -> Result<(), Refusal> {
        self.check(task, Wanted::State(TASK_READY))?;
        self.begin_one(task, token, now_ms);
        Ok(())
    }

    /// The same for many; what is not READY any more gets the token 0. The others get those after `token`, in order.
    pub fn begin_many(
        &mut self,
        tasks: Ints<'_>,
        count: usize,
        tokens: symphony_layout::bytes::Floats<'_>,
        token: f64,
        now_ms: f64,
    ) -> Result<usize, Refusal> {
        self.check_rows(tasks, count)?;
        if tokens.length() < count {
            return Err(Refusal::Argument(format!("there are {} tokens for {count} tasks", tokens.length())));
        }
        let mut begun: usize = 0;
        for place in 0..count {
            let task = row(tasks.get(place));
            tokens.set(place, 0.0);
            if self.region.tasks.state.get(task) != TASK_READY {
                continue;
            }
            begun += 1;
            let own = token + begun as f64;
            tokens.set(place, own);
            self.begin_one(task, own, now_ms);
        }
        Ok(begun)
    }

    fn begin_one(&mut self, task: usize, token: f64, now_ms: f64) {
        self.unqueue(task);
        self.shift(task, TASK_READY, TASK_RUNNING);
        let tasks = self.region.tasks;
        tasks.attempt.add(task, 1);
        tasks.token.set(task, token);
        tasks.started_at_ms.set(task, now_ms);
    }

    pub fn complete(&mut self, task: usize, now_ms: f64, heap: &mut dyn Heap) -> Result<(), Refusal> {
        self.check(task, Wanted::MoveTo(TASK_SUCCEEDED))?;
        self.complete_one(task, now_ms, heap);
        Ok(())
    }

    /// The same for many attempts that run, one after the other. Refused before the first when one of them does not.
    pub fn complete_many(&mut self, tasks: &[usize], now_ms: f64, heap: &mut dyn Heap) -> Result<(), Refusal> {
        for task in tasks {
            self.check(*task, Wanted::State(TASK_RUNNING))?;
        }
        for task in tasks {
            // The completion of one never changes another one that runs: not to be running any more means to be there twice.
            assert!(self.region.tasks.state.get(*task) == TASK_RUNNING, "a task completes once");
            self.complete_one(*task, now_ms, heap);
        }
        Ok(())
    }

    fn complete_one(&mut self, task: usize, now_ms: f64, heap: &mut dyn Heap) {
        self.leave_line(task);
        self.close(task, TASK_SUCCEEDED, now_ms);
        self.release_success(task, now_ms, heap);
        self.settle(self.run_of(task), now_ms, heap);
    }

    pub fn fail(&mut self, task: usize, now_ms: f64, heap: &mut dyn Heap) -> Result<(), Refusal> {
        self.check(task, Wanted::MoveTo(TASK_FAILED))?;
        self.leave_line(task);
        self.close(task, TASK_FAILED, now_ms);
        let run = self.run_of(task);
        let flags = self.region.tasks.flags.get(task);
        if flags & FLAG_ALLOW_FAILURE == 0 {
            if self.has_forgiving_dependent(task) {
                self.region.tasks.flags.set(task, flags | FLAG_ABSORBED);
            } else {
                self.region.runs.failures.add(run, 1);
            }
        }
        self.release(task, false, now_ms, heap);
        self.settle(run, now_ms, heap);
        Ok(())
    }

    /// A failed attempt that will be made again at `due_at_ms`, or a task that lets time pass until then.
    pub fn postpone(&mut self, task: usize, due_at_ms: f64) -> Result<(), Refusal> {
        self.check(task, Wanted::WaitingOrMoveTo(TASK_WAITING))?;
        self.leave_line(task);
        let tasks = self.region.tasks;
        let state = tasks.state.get(task);
        if state != TASK_WAITING {
            self.shift(task, state, TASK_WAITING);
        }
        tasks.flags.set(task, tasks.flags.get(task) & !FLAG_AWAITS_CHILD);
        tasks.token.set(task, 0.0);
        self.wait_until(task, due_at_ms);
        Ok(())
    }

    /// WAITING to READY.
    pub fn wake(&mut self, task: usize, now_ms: f64, heap: &mut dyn Heap) -> Result<(), Refusal> {
        self.check(task, Wanted::State(TASK_WAITING))?;
        self.remove_due(task);
        self.region.tasks.due_at_ms.set(task, 0.0);
        self.region.tasks.started_at_ms.set(task, 0.0);
        self.make_ready(task, now_ms, heap);
        Ok(())
    }

    pub fn skip(&mut self, task: usize, now_ms: f64, heap: &mut dyn Heap) -> Result<(), Refusal> {
        self.check(task, Wanted::MoveTo(TASK_SKIPPED))?;
        self.skip_one(task, now_ms, heap);
        self.settle(self.run_of(task), now_ms, heap);
        Ok(())
    }

    /// Cancels every open task of a range.
    pub fn cancel(&mut self, first: usize, count: usize, now_ms: f64) -> Result<(), Refusal> {
        self.check_range(first, count)?;
        for task in first..first + count {
            if self.region.tasks.state.get(task) >= FIRST_FINAL {
                continue;
            }
            self.leave_line(task);
            self.forget_attempt(task);
            self.close(task, TASK_CANCELLED, now_ms);
        }
        Ok(())
    }

    pub(super) fn skip_one(&mut self, task: usize, now_ms: f64, heap: &mut dyn Heap) {
        self.leave_line(task);
        self.forget_attempt(task);
        self.close(task, TASK_SKIPPED, now_ms);
        self.release(task, false, now_ms, heap);
    }

    #[inline(always)]
    fn close(&mut self, task: usize, state: i32, now_ms: f64) {
        self.shift(task, self.region.tasks.state.get(task), state);
        self.region.tasks.ended_at_ms.set(task, now_ms);
        self.region.runs.tasks_open.add(self.run_of(task), -1);
    }

    /// Writes a state, keeps the run's counters and leaves a trace.
    #[inline(always)]
    pub(super) fn shift(&mut self, task: usize, from: i32, to: i32) {
        assert!(
            (LEGAL_MOVES[row(from)] >> to) & 1 == 1,
            "a task only moves as the table of transitions allows, not from state {from} to {to}"
        );
        let counts = self.run_of(task) * 8;
        self.region.tasks.state.set(task, to);
        self.region.counts.tasks.add(counts + row(from), -1);
        self.region.counts.tasks.add(counts + row(to), 1);
        self.trace.extend_from_slice(&[word(task), from * 16 + to]);
    }

    pub(super) fn wait_until(&self, task: usize, due_at_ms: f64) {
        self.region.tasks.due_at_ms.set(task, due_at_ms);
        self.push_due(task);
    }

    /// Takes a task out of the ready queue or the heap of due ones.
    fn leave_line(&self, task: usize) {
        match self.region.tasks.state.get(task) {
            TASK_READY => self.unqueue(task),
            TASK_WAITING => self.remove_due(task),
            _ => {}
        }
    }

    /// An attempt that ends without a record of its own leaves nothing durable behind.
    fn forget_attempt(&self, task: usize) {
        let tasks = self.region.tasks;
        tasks.attempt.set(task, tasks.attempts_ended.get(task));
        tasks.started_at_ms.set(task, 0.0);
        tasks.due_at_ms.set(task, 0.0);
    }

    #[inline(always)]
    pub(super) fn run_of(&self, task: usize) -> usize {
        row(self.region.tasks.run.get(task))
    }
}
