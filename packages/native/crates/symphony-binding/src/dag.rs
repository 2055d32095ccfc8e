//! The tracker's backend over one region.

use napi::Env;
use napi::bindgen_prelude::{Float64ArraySlice, Function, FunctionRef, Int32ArraySlice, Unknown};
use napi_derive::napi;
use symphony_core::dag::{Dag, Heap, RunInit, StartColumns};
use symphony_core::refusal::Refusal;
use symphony_layout::bytes::Ints;
use symphony_layout::header::row;

use crate::crossing::{Slots, coded, int32, mismatched, time, whole};
use crate::memory::{Shared, floats, ints};
use crate::panics;

/// Places in the outbox: how many numbers of trace, how many ended runs, and where they begin.
const TRACE_LENGTH: usize = 0;
const ENDED_LENGTH: usize = 1;
const FIRST: usize = 2;

/// Dropped in this order: nothing that looks at the memory outlives it.
struct Attached {
    dag: Dag<'static>,
    outbox: Ints<'static>,
    asks: FunctionRef<u32, bool>,
    _region: Shared,
    _outbox: Shared,
}

impl Attached {
    /// What the command before left and nobody fetched is forgotten.
    fn clear(&mut self) {
        self.dag.trace.clear();
        self.dag.ended.clear();
    }

    /// Leaves what happened where the other side looks. What does not fit is fetched. Returns the length of the trace.
    fn deliver(&mut self) -> u32 {
        let (trace, ended) = (&self.dag.trace, &self.dag.ended);
        self.outbox.set(TRACE_LENGTH, trace.len() as i32);
        self.outbox.set(ENDED_LENGTH, ended.len() as i32);
        if FIRST + trace.len() + ended.len() <= self.outbox.length() {
            trace.iter().chain(ended).enumerate().for_each(|(at, value)| self.outbox.set(FIRST + at, *value));
        }
        trace.len() as u32
    }
}

/// Asks the heap side, which is JavaScript.
struct Asking<'a> {
    env: &'a Env,
    asks: &'a FunctionRef<u32, bool>,
}

impl Heap for Asking<'_> {
    fn added_condition_holds(&mut self, task: usize) -> bool {
        match self.asks.borrow_back(self.env).and_then(|function| function.call(task as u32)) {
            Ok(holds) => holds,
            Err(error) => panic!("the condition of task row {task} could not be asked: {}", error.reason),
        }
    }
}

/// What a region is worked on through. JavaScript holds the object; hot calls pass its number.
#[napi(js_name = "DagHandle")]
pub struct DagHandle {
    number: u32,
}

thread_local! {
    static HANDLES: Slots<Attached> = const { Slots::new() };
}

impl Drop for DagHandle {
    fn drop(&mut self) {
        // A thread that is ending may have given them up already.
        let _ = HANDLES.try_with(|handles| handles.remove(self.number));
    }
}

#[napi]
impl DagHandle {
    /// Attaches to a region. `outbox` is shared memory of whole `i32`; `added_condition_holds` is asked with a task row.
    #[napi(constructor, catch_unwind)]
    pub fn new(region: Unknown<'_>, outbox: Unknown<'_>, added_condition_holds: Function<'_, u32, bool>) -> napi::Result<Self> {
        panics::point();
        let region = Shared::of(region)?;
        let outbox = Shared::of(outbox)?;
        let dag = Dag::attach(region.bytes).map_err(|mismatch| mismatched(&mismatch))?;
        let words = outbox.bytes.length() / 4;
        if words < FIRST {
            return Err(coded("INVALID_ARGUMENT", "the outbox has room for two words at least"));
        }
        let attached = Attached {
            dag,
            outbox: outbox.bytes.ints(0, words),
            asks: added_condition_holds.create_ref()?,
            _region: region,
            _outbox: outbox,
        };
        Ok(Self { number: HANDLES.with(|handles| handles.insert(attached))? })
    }

    /// What hot calls name this handle by. Never used again for another one.
    #[napi(catch_unwind)]
    pub fn number(&self) -> napi::Result<u32> {
        panics::point();
        Ok(self.number)
    }

    /// Lets go of the region. A second call does nothing.
    #[napi(catch_unwind)]
    pub fn detach(&self) -> napi::Result<()> {
        panics::point();
        HANDLES.with(|handles| handles.detach(self.number))
    }
}

fn call<R>(handle: f64, work: impl FnOnce(&mut Attached) -> Result<R, Refusal>) -> napi::Result<R> {
    HANDLES.with(|handles| handles.call(handle, work))
}

fn change(handle: f64, work: impl FnOnce(&mut Attached) -> Result<(), Refusal>) -> napi::Result<u32> {
    call(handle, |attached| {
        attached.clear();
        work(attached)?;
        Ok(attached.deliver())
    })
}

fn change_asking(
    handle: f64,
    env: &Env,
    work: impl FnOnce(&mut Dag<'static>, &mut Asking<'_>) -> Result<(), Refusal>,
) -> napi::Result<u32> {
    change(handle, |attached| work(&mut attached.dag, &mut Asking { env, asks: &attached.asks }))
}

/// Copies what the last command did and did not fit into the outbox: the trace to a place in one array, ended runs to the other.
#[napi(catch_unwind)]
pub fn dag_fetch(handle: f64, trace: Int32ArraySlice<'_>, at: f64, ended: Int32ArraySlice<'_>) -> napi::Result<()> {
    call(handle, |attached| {
        let (into_trace, into_ended) = (ints(&trace), ints(&ended));
        let (trace, ended) = (&attached.dag.trace, &attached.dag.ended);
        let at = whole(at, "at")?;
        if into_trace.length().saturating_sub(at) < trace.len() || into_ended.length() < ended.len() {
            return Err(Refusal::Argument(format!("there are {} moves and {} ends to fetch", trace.len() / 2, ended.len())));
        }
        trace.iter().enumerate().for_each(|(place, value)| into_trace.set(at + place, *value));
        ended.iter().enumerate().for_each(|(place, value)| into_ended.set(place, *value));
        Ok(())
    })
}

/// Returns the run row.
#[allow(clippy::too_many_arguments)]
#[napi(catch_unwind)]
pub fn dag_start(
    handle: f64,
    task_count: f64,
    pending: Int32ArraySlice<'_>,
    slack: Option<Int32ArraySlice<'_>>,
    out_start: Int32ArraySlice<'_>,
    out_count: Int32ArraySlice<'_>,
    flags: Int32ArraySlice<'_>,
    nodes: Int32ArraySlice<'_>,
    types: Int32ArraySlice<'_>,
    ranks: Float64ArraySlice<'_>,
    timeouts: Float64ArraySlice<'_>,
    template: f64,
    tenant: f64,
    priority: f64,
    now_ms: f64,
) -> napi::Result<u32> {
    call(handle, |attached| {
        attached.clear();
        let columns = StartColumns {
            task_count: whole(task_count, "taskCount")?,
            pending: ints(&pending),
            slack: slack.as_ref().map(ints),
            out_start: ints(&out_start),
            out_count: ints(&out_count),
            flags: ints(&flags),
            nodes: ints(&nodes),
            types: ints(&types),
            ranks: floats(&ranks),
            timeouts: floats(&timeouts),
        };
        let init = RunInit { template: int32(template), tenant: int32(tenant), priority: int32(priority), now_ms: time(now_ms, "nowMs")? };
        Ok(attached.dag.start(&columns, &init)? as u32)
    })
}

#[napi(catch_unwind)]
pub fn dag_free(handle: f64, run: f64) -> napi::Result<u32> {
    change(handle, |attached| attached.dag.free(whole(run, "run")?))
}

/// Returns how many tasks were taken.
#[napi(catch_unwind)]
pub fn dag_take(handle: f64, into: Int32ArraySlice<'_>) -> napi::Result<u32> {
    call(handle, |attached| Ok(attached.dag.take(ints(&into)) as u32))
}

#[napi(catch_unwind)]
pub fn dag_begin(handle: f64, task: f64, token: f64, now_ms: f64) -> napi::Result<u32> {
    change(handle, |attached| attached.dag.begin(whole(task, "task")?, time(token, "token")?, time(now_ms, "nowMs")?))
}

/// Fills in the tokens of those that began, 0 for the others.
#[napi(catch_unwind)]
pub fn dag_begin_many(
    handle: f64,
    tasks: Int32ArraySlice<'_>,
    count: f64,
    tokens: Float64ArraySlice<'_>,
    token: f64,
    now_ms: f64,
) -> napi::Result<u32> {
    change(handle, |attached| {
        attached
            .dag
            .begin_many(ints(&tasks), whole(count, "count")?, floats(&tokens), time(token, "token")?, time(now_ms, "nowMs")?)
            .map(|_| ())
    })
}

#[napi(catch_unwind)]
pub fn dag_complete(env: &Env, handle: f64, task: f64, now_ms: f64) -> napi::Result<u32> {
    change_asking(handle, env, |dag, heap| dag.complete(whole(task, "task")?, time(now_ms, "nowMs")?, heap))
}

#[napi(catch_unwind)]
pub fn dag_complete_many(env: &Env, handle: f64, tasks: Int32ArraySlice<'_>, count: f64, now_ms: f64) -> napi::Result<u32> {
    change_asking(handle, env, |dag, heap| {
        let count = whole(count, "count")?;
        // JavaScript may be asked on the way, and could take the array away: what is worked on is a copy.
        let rows = ints(&tasks);
        if rows.length() < count {
            return Err(Refusal::Argument(format!("there are {} rows, not {count}", rows.length())));
        }
        let copy: Vec<usize> = (0..count).map(|place| row(rows.get(place))).collect();
        dag.complete_many(&copy, time(now_ms, "nowMs")?, heap)
    })
}

#[napi(catch_unwind)]
pub fn dag_fail(env: &Env, handle: f64, task: f64, now_ms: f64) -> napi::Result<u32> {
    change_asking(handle, env, |dag, heap| dag.fail(whole(task, "task")?, time(now_ms, "nowMs")?, heap))
}

#[napi(catch_unwind)]
pub fn dag_postpone(handle: f64, task: f64, due_at_ms: f64) -> napi::Result<u32> {
    change(handle, |attached| attached.dag.postpone(whole(task, "task")?, time(due_at_ms, "dueAtMs")?))
}

#[napi(catch_unwind)]
pub fn dag_wake(env: &Env, handle: f64, task: f64, now_ms: f64) -> napi::Result<u32> {
    change_asking(handle, env, |dag, heap| dag.wake(whole(task, "task")?, time(now_ms, "nowMs")?, heap))
}

#[napi(catch_unwind)]
pub fn dag_skip(env: &Env, handle: f64, task: f64, now_ms: f64) -> napi::Result<u32> {
    change_asking(handle, env, |dag, heap| dag.skip(whole(task, "task")?, time(now_ms, "nowMs")?, heap))
}

#[napi(catch_unwind)]
pub fn dag_cancel(handle: f64, first: f64, count: f64, now_ms: f64) -> napi::Result<u32> {
    change(handle, |attached| attached.dag.cancel(whole(first, "first")?, whole(count, "count")?, time(now_ms, "nowMs")?))
}
