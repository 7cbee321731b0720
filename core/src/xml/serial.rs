//! How an element travels.

use super::reader::read;
use super::tree::Element;
use super::writer::write;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// An element travels as its text: every reader of it makes the same checks.
impl Serialize for Element {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&write(self))
    }
}

impl<'de> Deserialize<'de> for Element {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Element, D::Error> {
        let text = String::deserialize(deserializer)?;
        read(&text).map_err(de::Error::custom)
    }
}
