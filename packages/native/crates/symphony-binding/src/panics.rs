//! Panics are caught at the boundary, by every export. Here is what is kept of them, and how a test makes one.

use std::cell::{Cell, RefCell};
use std::sync::Once;

thread_local! {
    static LAST: RefCell<Option<String>> = const { RefCell::new(None) };
    static IS_ARMED: Cell<bool> = const { Cell::new(false) };
}

static HOOK: Once = Once::new();

/// Has panics leave their place here, in place of text on stderr. The hook is this library's own: other ones have theirs.
#[napi_derive::module_init]
fn keep_places() {
    HOOK.call_once(|| {
        std::panic::set_hook(Box::new(|info| {
            let place = info.location().map(|at| format!("{}:{}:{}", at.file(), at.line(), at.column()));
            // A thread that is ending may have no such memory any more.
            let _ = LAST.try_with(|last| last.replace(place));
        }));
    });
}

pub fn last() -> Option<String> {
    LAST.with(|last| last.borrow().clone())
}

pub fn arm() {
    IS_ARMED.set(true);
}

/// Every export begins with this.
#[inline]
pub fn point() {
    assert!(!IS_ARMED.replace(false), "panicNext asked for this panic");
}
