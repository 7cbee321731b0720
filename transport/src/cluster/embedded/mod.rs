//! The cluster engine that needs no other package.
//!
//! `protocol` decides everything and touches nothing; `socket` carries its packets between hosts
//! over `link`s; `keys` is the secret they share.

pub mod keys;
mod link;
pub mod protocol;
pub mod pulse;
pub mod socket;
