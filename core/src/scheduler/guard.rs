//! A fault in the scheduler must not end the daemons: each next leader would decide on the same document
//! and fall in turn. So the leader decides behind a guard, and without a decision nothing is done.
//!
//! In: what is to be decided. Out: the decision, or what the fault said. A decision keeps nothing, so
//! nothing half done is left behind.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A broken invariant of ours, in the words of its assertion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault(pub String);

/// What `decide` answers.
///
/// # Errors
/// It failed.
pub fn guarded<T>(decide: impl FnOnce() -> T) -> Result<T, Fault> {
    catch_unwind(AssertUnwindSafe(decide)).map_err(|fault| Fault(words(&*fault)))
}

fn words(fault: &(dyn Any + Send)) -> String {
    let text = fault.downcast_ref::<String>().map(String::as_str).or(fault.downcast_ref::<&str>().copied());
    text.unwrap_or("no reason is known").to_owned()
}

#[cfg(test)]
mod tests {
    use super::{Fault, guarded};

    #[test]
    fn a_fault_is_an_answer_with_its_words() {
        assert_eq!(guarded(|| 1), Ok(1));
        assert_eq!(guarded::<()>(|| panic!("node {} is nowhere", 7)), Err(Fault("node 7 is nowhere".to_owned())));
        assert_eq!(guarded::<()>(|| panic!("plain")), Err(Fault("plain".to_owned())));
    }
}
