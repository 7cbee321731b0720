//! The crm language: text to statements with positions, and back.

pub mod literal;
