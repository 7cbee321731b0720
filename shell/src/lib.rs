//! Library.
pub mod tools;
pub mod demo;
