//! The cluster engine that needs no other package.
//!
//! `protocol` decides everything and touches nothing; `socket` carries its packets between hosts
//! over `link`s; `keys` is the secret they share, `introduction` decides with whom it speaks.

mod complaints;
mod introduction;
pub mod keys;
mod link;
pub mod protocol;
pub mod pulse;
pub mod socket;
