//! The cluster engine that needs no other package.
//!
//! `protocol` decides everything and touches nothing; `socket` carries its packets between hosts;
//! `keys` is the secret they share.

pub mod protocol;
