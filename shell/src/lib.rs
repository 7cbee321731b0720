//! crm and every tool that is not a screen.

pub mod batch;
pub mod block;
pub mod catalogue;
pub mod check;
pub mod client;
pub mod clock;
pub mod command;
pub mod commit;
pub mod complete;
pub mod configure;
pub mod crm;
pub mod demo;
pub mod dispatch;
pub mod documented;
pub mod environment;
pub mod error;
pub mod help;
pub mod history;
pub mod install;
pub mod json;
pub mod levels;

pub mod metadata;
pub mod offer;
pub mod operations;
pub mod options;
pub mod preview;
pub mod repl;
pub mod running;
pub mod script;
pub mod session;
pub mod supposition;
pub mod tools;
pub mod ui;
pub mod why;
pub mod wizard;
