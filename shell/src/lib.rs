//! crm and every tool that is not a screen.

pub mod catalogue;
pub mod configure;
