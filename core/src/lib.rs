//! The whole cluster's mind, as values and pure functions. Modules are listed bottom-up.

pub mod ids;
pub mod note;
pub mod score;
pub mod time;
