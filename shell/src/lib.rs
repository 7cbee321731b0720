//! crm and every tool that is not a screen.

pub mod demo;
pub mod tools;
