//! Runs the programs of conditions: postfix, operands `node * 8 + test`, operators negative. The open values are the bits of one number.

use super::{Dag, Heap};
use symphony_layout::dag::{FLAG_ROUTED, KIND_UNTAKEN, OPERATOR_AND, OPERATOR_NOT, TASK_SKIPPED, TEST_STATES};
use symphony_layout::header::{row, word};

impl Dag<'_> {
    /// Whether the condition of a task holds, as things are now.
    pub(super) fn condition_holds(&self, task: usize, heap: &mut dyn Heap) -> bool {
        let (tasks, edges) = (self.region.tasks, self.region.edges);
        if tasks.node.get(task) < 0 {
            return heap.added_condition_holds(task);
        }
        let base = row(self.region.runs.task_base.get(row(tasks.run.get(task))));
        let at = row(tasks.out_start.get(task)) + row(tasks.out_count.get(task)) + 1;
        let length = row(edges.target.get(at - 1));
        let mut values: u32 = 0;
        for place in at..at + length {
            let program_word = edges.target.get(place);
            if program_word >= 0 {
                let outcome = self.outcome_for(base + row(program_word >> 3), task);
                values = (values << 1) | ((TEST_STATES[row(program_word & 7)] >> outcome) & 1).cast_unsigned();
            } else if program_word == OPERATOR_NOT {
                values ^= 1;
            } else {
                let last = values & 1;
                values >>= 1;
                values = if program_word == OPERATOR_AND { values & (last | !1) } else { values | last };
            }
        }
        values & 1 == 1
    }

    /// State of a need as its dependent sees it: one that took another way might as well have been skipped.
    pub(super) fn outcome_for(&self, need: usize, dependent: usize) -> i32 {
        let tasks = self.region.tasks;
        if tasks.flags.get(need) & FLAG_ROUTED != 0 && self.is_untaken(need, dependent) { TASK_SKIPPED } else { tasks.state.get(need) }
    }

    fn is_untaken(&self, need: usize, dependent: usize) -> bool {
        let links = self.region.links;
        let mut link = self.region.tasks.extra_in.get(dependent);
        let mut left = links.line.used();
        while link != 0 {
            left = left.checked_sub(1).expect("the links of a task form no circle");
            let at = row(link - 1);
            if links.kind.get(at) == KIND_UNTAKEN && links.from.get(at) == word(need) {
                return true;
            }
            link = links.next_in.get(at);
        }
        false
    }
}
