mod support;

use support::{Chance, INIT, NoHeap, dag_region, floats, ints, layers, views};
use symphony_core::dag::Dag;
use symphony_core::refusal::Refusal;
use symphony_layout::bytes::Bytes;
use symphony_layout::dag::{Region, TASK_PENDING, TASK_READY, TASK_RUNNING, TASK_SUCCEEDED, TASK_WAITING};
use symphony_layout::format::LINE;
use symphony_layout::header::Mismatch;

const TASKS: usize = 512;

fn open(tasks: usize) -> (Dag<'static>, Region<'static>) {
    let bytes = dag_region(tasks, 16);
    (Dag::attach(bytes).expect("these bytes are a region"), views(bytes))
}

/// What a tracker does after a start: tasks without needs become ready. Here: by waking them out of a wait that is over.
fn ready_roots(dag: &mut Dag<'static>, region: Region<'static>, run: usize) {
    let base = region.runs.task_base.get(run) as usize;
    for task in base..base + region.runs.task_count.get(run) as usize {
        if region.tasks.pending.get(task) == 0 {
            dag.postpone(task, 1.0).expect("a pending task may wait");
            dag.wake(task, 2.0, &mut NoHeap).expect("what waits can be woken");
        }
    }
}

/// What must hold between any two commands.
fn check(region: Region<'static>) {
    let mut queued = 0;
    let mut link = region.words.ready_head.get(0);
    while link != 0 {
        assert_eq!(region.tasks.state.get(link as usize - 1), TASK_READY);
        queued += 1;
        link = region.tasks.queue_next.get(link as usize - 1);
    }
    assert_eq!(queued, region.words.ready_count.get(0));
    for place in 0..region.words.due_count.get(0) as usize {
        let task = region.due.task.get(place) as usize;
        assert_eq!(region.tasks.state.get(task), TASK_WAITING);
        assert_eq!(region.tasks.queue_next.get(task), place as i32 + 1);
        let parent = region.due.task.get(place.saturating_sub(1) / 2) as usize;
        assert!(region.tasks.due_at_ms.get(parent) <= region.tasks.due_at_ms.get(task));
    }
    let mut counts = vec![[0; 8]; region.runs.rows];
    for task in 0..region.tasks.line.used() {
        let run = region.tasks.run.get(task);
        if run >= 0 {
            counts[run as usize][region.tasks.state.get(task) as usize] += 1;
        }
    }
    for run in (0..region.runs.line.used()).filter(|run| counts[*run].iter().sum::<i32>() > 0) {
        assert_eq!(counts[run], std::array::from_fn(|state| region.counts.tasks.get(run * 8 + state)));
        assert_eq!(counts[run][..4].iter().sum::<i32>(), region.runs.tasks_open.get(run));
        assert_eq!(region.runs.tasks_open.get(run) == 0, region.runs.ended_prev.get(run) >= 0);
    }
}

#[test]
fn random_commands_leave_what_must_hold() {
    for seed in 1..60u64 {
        let mut chance = Chance(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let (mut dag, region) = open(TASKS);
        let mut now = 1.0;
        let columns = layers(region, 0, 4, 6, &mut chance);
        for _ in 0..600 {
            now += 1.0;
            let run = chance.below(16);
            if chance.below(40) == 0
                && let Ok(run) = dag.start(&columns, &INIT)
            {
                ready_roots(&mut dag, region, run);
            }
            let task = chance.below(TASKS);
            let _ = match chance.below(8) {
                0 => {
                    let into = ints(&[0; 5]);
                    let count = dag.take(into);
                    (0..count).try_for_each(|place| dag.begin(into.get(place) as usize, now, now))
                }
                1 | 2 => dag.complete(task, now, &mut NoHeap),
                3 => dag.fail(task, now, &mut NoHeap),
                4 => dag.postpone(task, now + chance.below(50) as f64),
                5 => dag.wake(task, now, &mut NoHeap),
                6 => dag.skip(task, now, &mut NoHeap),
                _ => dag.free(run),
            };
            dag.trace.clear();
            dag.ended.clear();
            check(region);
        }
    }
}

#[test]
fn a_batch_is_its_commands_one_after_the_other() {
    for seed in 1..40u64 {
        let both = [false, true].map(|is_batch| {
            let mut chance = Chance(seed * 0x1234_5671);
            let (mut dag, region) = open(TASKS);
            let columns = layers(region, 0, 5, 8, &mut chance);
            let run = dag.start(&columns, &INIT).expect("there is room");
            ready_roots(&mut dag, region, run);
            for now in 3..40 {
                let into = ints(&[0; 6]);
                let count = dag.take(into);
                let tokens = floats(&[0.0; 6]);
                if is_batch {
                    dag.begin_many(into, count, tokens, 100.0, f64::from(now)).expect("they are ready");
                    dag.complete_many(&(0..count).map(|at| into.get(at) as usize).collect::<Vec<_>>(), f64::from(now), &mut NoHeap)
                        .expect("they run");
                } else {
                    (0..count).for_each(|at| dag.begin(into.get(at) as usize, 101.0 + at as f64, f64::from(now)).expect("it is ready"));
                    (0..count).for_each(|at| dag.complete(into.get(at) as usize, f64::from(now), &mut NoHeap).expect("it runs"));
                }
            }
            (
                dag.trace,
                dag.ended,
                (0..TASKS).map(|task| (region.tasks.state.get(task), region.tasks.token.get(task).to_bits())).collect::<Vec<_>>(),
            )
        });
        assert!(both[0] == both[1], "seed {seed}");
    }
}

#[test]
fn a_wrong_row_is_refused_and_nothing_is_written() {
    let (mut dag, region) = open(TASKS);
    let columns = layers(region, 0, 2, 3, &mut Chance(7));
    let run = dag.start(&columns, &INIT).expect("there is room");
    let before: Vec<i32> = (0..TASKS).map(|task| region.tasks.state.get(task)).collect();
    for task in [8, TASKS - 1, TASKS, TASKS * 1000, usize::MAX] {
        assert!(matches!(dag.complete(task, 2.0, &mut NoHeap), Err(Refusal::Argument(_) | Refusal::TaskState(_))));
        assert!(matches!(dag.begin(task, 1.0, 2.0), Err(Refusal::Argument(_) | Refusal::TaskState(_))));
    }
    assert!(matches!(dag.complete(0, 2.0, &mut NoHeap), Err(Refusal::TaskState(_))), "a pending task does not succeed");
    assert!(matches!(dag.complete_many(&[0, usize::MAX], 2.0, &mut NoHeap), Err(Refusal::TaskState(_))));
    assert!(matches!(dag.complete_many(&[TASKS], 2.0, &mut NoHeap), Err(Refusal::Argument(_))));
    assert!(matches!(dag.cancel(0, usize::MAX, 2.0), Err(Refusal::Argument(_))));
    assert!(matches!(dag.free(run), Err(Refusal::Argument(_))), "a run that has not ended keeps its rows");
    assert!(matches!(dag.free(run + 1), Err(Refusal::Argument(_))));
    assert_eq!(before, (0..TASKS).map(|task| region.tasks.state.get(task)).collect::<Vec<_>>());
    assert!(dag.trace.is_empty());
}

#[test]
fn a_region_that_was_written_over_makes_a_panic_at_most() {
    for seed in 1..300u64 {
        let mut chance = Chance(seed * 0xdead_beef);
        let bytes = dag_region(64, 16);
        let (mut dag, region) = (Dag::attach(bytes).expect("these bytes are a region"), views(bytes));
        let columns = layers(region, 0, 3, 4, &mut chance);
        let run = dag.start(&columns, &INIT).expect("there is room");
        ready_roots(&mut dag, region, run);
        let words = bytes.ints(0, bytes.length() / 4);
        // The header is what attach has read; everything behind it may be anything.
        let first = LINE * 11 / 4;
        for _ in 0..40 {
            words.set(first + chance.below(words.length() - first), [-1, i32::MIN, i32::MAX, 5, 1 << 20][chance.below(5)]);
        }
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let into = ints(&[0; 8]);
            let count = dag.take(into);
            for at in 0..count {
                let task = into.get(at) as usize;
                let _ = dag.begin(task, 1.0, 2.0);
                let _ = dag.complete(task, 3.0, &mut NoHeap);
            }
            let _ = dag.cancel(0, 12, 4.0);
            let _ = dag.free(run);
        }));
        drop(outcome);
    }
}

#[test]
fn other_bytes_are_not_attached() {
    let bytes = dag_region(64, 4);
    let header = bytes.ints(0, LINE / 4);
    header.set(2, header.get(2) + 1);
    assert!(matches!(Dag::attach(bytes), Err(Mismatch::Layout { .. })));
    header.set(0, 0);
    assert!(matches!(Dag::attach(bytes), Err(Mismatch::Corrupt)));
    assert!(matches!(Dag::attach(Bytes::leak(64)), Err(Mismatch::Corrupt)));
    assert!(matches!(Dag::attach(Bytes::leak(0)), Err(Mismatch::Corrupt)));
    let long = dag_region(64, 4);
    long.ints(LINE, 1).set(0, 65);
    assert!(matches!(Dag::attach(long), Err(Mismatch::Corrupt)));
    long.ints(LINE, 1).set(0, -1);
    assert!(matches!(Dag::attach(long), Err(Mismatch::Corrupt)));
}

#[test]
fn a_task_without_an_end_stays_as_it_is() {
    let (mut dag, region) = open(TASKS);
    let columns = layers(region, 0, 1, 2, &mut Chance(3));
    let run = dag.start(&columns, &INIT).expect("there is room");
    assert_eq!(region.tasks.state.get(0), TASK_PENDING);
    ready_roots(&mut dag, region, run);
    dag.begin(0, 5.0, 3.0).expect("it is ready");
    assert_eq!((region.tasks.state.get(0), region.tasks.token.get(0)), (TASK_RUNNING, 5.0));
    dag.complete(0, 4.0, &mut NoHeap).expect("it runs");
    assert_eq!((region.tasks.state.get(0), region.tasks.state.get(1)), (TASK_SUCCEEDED, TASK_READY));
    assert!(dag.ended.is_empty());
    dag.skip(1, 5.0, &mut NoHeap).expect("what is ready may be skipped");
    assert_eq!(dag.ended, vec![run as i32]);
}
