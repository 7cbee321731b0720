//! A cluster for people's eyes: CIB and status, as plain data and as text, HTML and XML.
//!
//! In: a document and the situation read from it. Out: [`ClusterView`], and three printers of it.
//! Never here: deciding anything, files, terminals.

pub mod build;
pub mod cluster;
pub mod filter;
pub mod html;
pub mod metrics;
pub mod narrow;
pub mod outline;
pub mod text;
pub mod words;
pub mod xml;

pub use build::{Extra, build, situation, tickets};
pub use cluster::ClusterView;
pub use filter::{Section, Sections, ViewOptions};
pub use narrow::narrow;
