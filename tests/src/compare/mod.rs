//! Random CIBs, put to our scheduler and to the installed Pacemaker's: where they decide otherwise,
//! the CIB is made as small as it can be and still shows the difference.
//!
//! In: a seed. Out: a CIB as text (`scene`), the answers of two programs (`answer`), the smallest
//! CIB that keeps a property (`shrink`). Everything follows from the seed.

pub mod answer;
pub(crate) mod configuration;
mod histories;
pub mod injections;
pub mod scene;
pub mod shrink;
pub mod variation;
