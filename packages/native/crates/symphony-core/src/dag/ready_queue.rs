//! A doubly linked list through the task rows themselves.

use super::Dag;
use symphony_layout::bytes::Ints;
use symphony_layout::dag::{FIRST_QUEUED, NOT_QUEUED, TAKEN};
use symphony_layout::header::{row, word};

impl Dag<'_> {
    /// Appends a READY task.
    pub(super) fn enqueue(&self, task: usize) {
        let (words, tasks) = (self.region.words, self.region.tasks);
        let tail = words.ready_tail.get(0);
        tasks.queue_prev.set(task, tail + FIRST_QUEUED);
        tasks.queue_next.set(task, 0);
        if tail == 0 {
            words.ready_head.set(0, word(task) + 1);
        } else {
            tasks.queue_next.set(row(tail - 1), word(task) + 1);
        }
        words.ready_tail.set(0, word(task) + 1);
        words.ready_count.add(0, 1);
    }

    /// Takes a task out of the queue, or out of the hands of whoever took it. Does nothing when it is in neither.
    pub(super) fn unqueue(&self, task: usize) {
        let (words, tasks) = (self.region.words, self.region.tasks);
        let previous = tasks.queue_prev.get(task);
        if previous >= FIRST_QUEUED {
            let next = tasks.queue_next.get(task);
            if previous == FIRST_QUEUED {
                words.ready_head.set(0, next);
            } else {
                tasks.queue_next.set(row(previous - FIRST_QUEUED - 1), next);
            }
            if next == 0 {
                words.ready_tail.set(0, previous - FIRST_QUEUED);
            } else {
                tasks.queue_prev.set(row(next - 1), previous);
            }
            words.ready_count.add(0, -1);
        }
        tasks.queue_prev.set(task, NOT_QUEUED);
        tasks.queue_next.set(task, 0);
    }

    /// Moves up to as many tasks as `into` has room for from the head of the queue into it.
    pub fn take(&self, into: Ints<'_>) -> usize {
        let (words, tasks) = (self.region.words, self.region.tasks);
        let count = into.length().min(row(words.ready_count.get(0)));
        let mut head = words.ready_head.get(0);
        for place in 0..count {
            let task = row(head - 1);
            into.set(place, head - 1);
            head = tasks.queue_next.get(task);
            tasks.queue_next.set(task, 0);
            tasks.queue_prev.set(task, TAKEN);
        }
        words.ready_head.set(0, head);
        if head == 0 {
            words.ready_tail.set(0, 0);
        } else {
            tasks.queue_prev.set(row(head - 1), FIRST_QUEUED);
        }
        words.ready_count.add(0, -word(count));
        count
    }
}
