//! Figures of two cluster managers, side by side: the same hosts, the same Corosync, the same commands.
//!
//! In: which rows, how often. Out: a table. Bottom-up: what is told (`figure`, `table`), who is measured
//! (`manager`, `cluster`), what is done with them (`row`). See `bin/bench_lab.rs`.

pub mod cluster;
pub mod figure;
pub mod manager;
pub mod row;
pub mod table;
