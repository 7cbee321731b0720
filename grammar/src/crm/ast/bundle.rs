//! Bundles: a container, its network and storage, and what runs in it.

use super::{AttributeSet, Setting};
use crate::span::Word;

#[derive(Clone, Debug, PartialEq)]
pub struct Bundle {
    pub id: Word,
    pub description: Option<Word>,
    pub parts: Vec<BundlePart>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum BundlePart {
    /// docker, podman or rkt.
    Engine {
        name: Word,
        settings: Vec<Setting>,
    },
    Network {
        settings: Vec<Setting>,
        ports: Vec<Mapping>,
    },
    Storage {
        mappings: Vec<Mapping>,
    },
    Set(AttributeSet),
    Primitive(Word),
}

/// `port-mapping` or `storage-mapping`.
#[derive(Clone, Debug, PartialEq)]
pub struct Mapping {
    pub id: Option<Word>,
    pub settings: Vec<Setting>,
}
