//! The door to a Pacemaker that runs on this host, as a guest: by its installed tools.
//!
//! `presence` says whether one runs, `release` which; `command` makes commands of requests and `answer` and
//! `refusal` words of what comes back, all of them pure; `change` is what a commit means there; `run` runs a tool;
//! `guest` is the conversation. Why here: decisions/0026.

pub mod answer;
pub mod change;
pub mod command;
pub mod guest;
pub mod presence;
pub mod refusal;
pub mod release;
pub mod run;
