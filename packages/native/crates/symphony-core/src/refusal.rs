//! Why a call was refused. Nothing has been written then.

#[derive(Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A value of the wrong kind or out of range.
    Argument(String),
    /// The task is nobody's, or not in a state that allows this.
    TaskState(String),
    /// A table has no room.
    Capacity(&'static str),
}

impl Refusal {
    /// The code of the TypeScript side's table of errors.
    pub fn code(&self) -> &'static str {
        match self {
            Refusal::Argument(_) => "INVALID_ARGUMENT",
            Refusal::TaskState(_) => "TASK_STATE",
            Refusal::Capacity(_) => "CAPACITY_EXCEEDED",
        }
    }

    pub fn message(&self) -> String {
        match self {
            Refusal::Argument(text) | Refusal::TaskState(text) => text.clone(),
            Refusal::Capacity(table) => {
                format!("table \"{table}\" is full; wait until something ends, or create the region with more rows")
            }
        }
    }
}
