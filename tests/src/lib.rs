//! What tests share that need more than one crate: a laboratory of real daemons, a world of
//! simulated ones.

pub mod compare;
pub mod lab;
pub mod schema;
pub mod shell;
pub mod statements;
pub mod terminal;
pub mod world;
