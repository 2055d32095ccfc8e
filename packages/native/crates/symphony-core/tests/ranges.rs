mod support;

use support::{Chance, dag_region, views};
use symphony_core::ranges::{RangeAllocator, capacity_for};

/// Where a buddy allocator that always takes the lowest aligned place puts a range, by looking at every row.
fn lowest(rows: &[bool], size: usize) -> Option<usize> {
    (0..rows.len()).step_by(size).find(|first| first + size <= rows.len() && !rows[*first..first + size].iter().any(|taken| *taken))
}

#[test]
fn ranges_lie_where_the_lowest_free_block_is() {
    for seed in 1..200u64 {
        let mut chance = Chance(seed * 0x9e37_79b9);
        let total = [7, 64, 100, 1000][chance.below(4)];
        let region = views(dag_region(total, 1));
        let ranges = RangeAllocator::new(region.tasks.line, region.tasks.rows, region.task_ranges.taken);
        let mut rows = vec![false; total];
        let mut held: Vec<(usize, usize)> = Vec::new();
        for _ in 0..300 {
            if chance.below(5) < 3 {
                let most = 1 + chance.below(40);
                let count = 1 + chance.below(most);
                let size = capacity_for(count);
                let expected = lowest(&rows, size);
                assert_eq!(ranges.has_room(count), expected.is_some());
                assert_eq!(ranges.allocate(count), expected, "seed {seed}");
                if let Some(first) = expected {
                    rows[first..first + size].fill(true);
                    held.push((first, count));
                }
            } else if !held.is_empty() {
                let (first, count) = held.swap_remove(chance.below(held.len()));
                assert_eq!(ranges.release(first, count), None);
                rows[first..first + capacity_for(count)].fill(false);
            }
        }
    }
}

#[test]
fn a_table_that_is_mostly_given_back_gives_up_rows() {
    let region = views(dag_region(65_536, 1));
    let ranges = RangeAllocator::new(region.tasks.line, region.tasks.rows, region.task_ranges.taken);
    let small = ranges.allocate(10).expect("there is room");
    let large = ranges.allocate(30_000).expect("there is room");
    assert_eq!((small, large, ranges.used()), (0, 32_768, 65_536));
    assert_eq!(ranges.release(large, 30_000), Some(16..65_536));
    assert_eq!(ranges.used(), 16);
}

#[test]
#[should_panic(expected = "comes back once")]
fn what_was_given_back_does_not_come_back_again() {
    let region = views(dag_region(64, 1));
    let ranges = RangeAllocator::new(region.tasks.line, region.tasks.rows, region.task_ranges.taken);
    let first = ranges.allocate(8).expect("there is room");
    let _ = ranges.release(first, 8);
    let _ = ranges.release(first, 8);
}
