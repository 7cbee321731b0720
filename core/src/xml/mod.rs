//! XML as an owned tree whose unchanged parts are shared between copies.
//!
//! In: text. Out: [`Element`] and text again. Unknown elements, attributes and comments
//! are kept. Absent: namespaces, DTDs, processing instructions (accepted and dropped).

mod attributes;
pub mod digest;
mod name;
pub mod path;
pub mod reader;
mod serial;
pub mod tree;
pub mod unfit;
pub mod writer;
pub mod xpath;

pub use attributes::{Attributes, Shapes};
pub use name::Name;
pub use reader::{XmlError, read, read_bytes, read_stream};
pub use tree::{Element, Node};
pub use unfit::unfit;
pub use writer::{write, write_pretty};
