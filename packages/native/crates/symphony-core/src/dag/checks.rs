//! What is looked at before anything is written. Rows come from outside, and may be forged, stale or out of range.

use super::Dag;
use crate::refusal::Refusal;
use symphony_layout::bytes::Ints;
use symphony_layout::dag::{LEGAL_MOVES, TASK_SUCCEEDED, TASK_WAITING};
use symphony_layout::header::row;

/// What a task has to be for a command.
#[derive(Clone, Copy)]
pub(super) enum Wanted {
    State(i32),
    MoveTo(i32),
    WaitingOrMoveTo(i32),
}

impl Dag<'_> {
    pub(super) fn check(&self, task: usize, wanted: Wanted) -> Result<(), Refusal> {
        self.check_row(task)?;
        let state = self.region.tasks.state.get(task);
        let may = |to: i32| LEGAL_MOVES.get(row(state)).is_some_and(|moves| (moves >> to) & 1 == 1);
        let fits = match wanted {
            Wanted::State(expected) => state == expected,
            Wanted::MoveTo(to) => may(to),
            Wanted::WaitingOrMoveTo(to) => state == TASK_WAITING || may(to),
        };
        if fits { Ok(()) } else { Err(Refusal::TaskState(format!("task row {task} is in state {state}, which does not allow this"))) }
    }

    /// A row that is somebody's.
    fn check_row(&self, task: usize) -> Result<(), Refusal> {
        let used = self.region.tasks.line.used();
        if task >= used || task >= self.region.tasks.rows {
            return Err(Refusal::Argument(format!("there is no task row {task}; {used} are in use")));
        }
        let run = self.region.tasks.run.get(task);
        if row(run) >= self.region.runs.rows { Err(Refusal::TaskState(format!("task row {task} belongs to no run"))) } else { Ok(()) }
    }

    pub(super) fn check_rows(&self, tasks: Ints<'_>, count: usize) -> Result<(), Refusal> {
        if tasks.length() < count {
            return Err(Refusal::Argument(format!("there are {} rows, not {count}", tasks.length())));
        }
        (0..count).try_for_each(|place| self.check_row(row(tasks.get(place))))
    }

    /// Rows whose open ones are somebody's.
    pub(super) fn check_range(&self, first: usize, count: usize) -> Result<(), Refusal> {
        let used = self.region.tasks.line.used().min(self.region.tasks.rows);
        if first.checked_add(count).is_none_or(|end| end > used) {
            return Err(Refusal::Argument(format!("there are no task rows {first} to {first} + {count}; {used} are in use")));
        }
        (first..first + count).filter(|task| self.region.tasks.state.get(*task) < TASK_SUCCEEDED).try_for_each(|task| self.check_row(task))
    }

    pub(super) fn check_run(&self, run: usize) -> Result<(), Refusal> {
        let used = self.region.runs.line.used();
        if run < used && run < self.region.runs.rows {
            Ok(())
        } else {
            Err(Refusal::Argument(format!("there is no run row {run}; {used} are in use")))
        }
    }
}
