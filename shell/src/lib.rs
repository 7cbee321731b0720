//! crm and every tool that is not a screen.

pub mod catalogue;
pub mod configure;
pub mod demo;
pub mod tools;
