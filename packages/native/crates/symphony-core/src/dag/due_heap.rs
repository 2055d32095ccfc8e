//! A binary heap of WAITING tasks by due time, ties by row. A task knows its place, so that it can leave from the middle.

use super::Dag;
use symphony_layout::header::{row, word};

impl Dag<'_> {
    pub(super) fn push_due(&self, task: usize) {
        let at = row(self.region.words.due_count.get(0));
        self.region.words.due_count.add(0, 1);
        self.sift_up(at, task);
    }

    /// Does nothing for a task that waits for no time.
    pub(super) fn remove_due(&self, task: usize) {
        let place = self.region.tasks.queue_next.get(task);
        if place == 0 {
            return;
        }
        self.region.tasks.queue_next.set(task, 0);
        self.region.words.due_count.add(0, -1);
        let last = row(self.region.words.due_count.get(0));
        let moved = self.due(last);
        if moved == task {
            return;
        }
        let at = row(place - 1);
        if at > 0 && self.is_before(moved, self.due((at - 1) >> 1)) {
            self.sift_up(at, moved);
        } else {
            self.sift_down(at, moved);
        }
    }

    fn due(&self, at: usize) -> usize {
        row(self.region.due.task.get(at))
    }

    fn sift_up(&self, from: usize, task: usize) {
        let mut at = from;
        while at > 0 {
            let parent = (at - 1) >> 1;
            let other = self.due(parent);
            if !self.is_before(task, other) {
                break;
            }
            self.place(at, other);
            at = parent;
        }
        self.place(at, task);
    }

    fn sift_down(&self, from: usize, task: usize) {
        let count = row(self.region.words.due_count.get(0));
        let mut at = from;
        loop {
            let mut child = at * 2 + 1;
            if child >= count {
                break;
            }
            if child + 1 < count && self.is_before(self.due(child + 1), self.due(child)) {
                child += 1;
            }
            let other = self.due(child);
            if !self.is_before(other, task) {
                break;
            }
            self.place(at, other);
            at = child;
        }
        self.place(at, task);
    }

    fn place(&self, at: usize, task: usize) {
        self.region.due.task.set(at, word(task));
        self.region.tasks.queue_next.set(task, word(at) + 1);
    }

    fn is_before(&self, a: usize, b: usize) -> bool {
        let (a_ms, b_ms) = (self.region.tasks.due_at_ms.get(a), self.region.tasks.due_at_ms.get(b));
        a_ms < b_ms || (a_ms == b_ms && a < b)
    }
}
