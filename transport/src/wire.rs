//! Core's messages, requests and replies as bytes, and back.
//!
//! Postcard behind a version byte. Any bytes decode to a value or an error, never to a panic; and what
//! is encoded here is decoded there: elements travel as text that their reader takes.
//! Absent: frames (`codec`), sealing (`cluster::embedded`).

use quorate_core::node::{Foreign, Message, Reply, Request};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Raised when an older node or tool could misread a message.
pub const WIRE_VERSION: u8 = 4;

/// The first byte after the version, of what nodes say to each other: whether the sender has been in a cluster
/// with quorum. These two bytes stand there in every version from 3 on.
const ESTABLISHED: u8 = 1;

/// The last version without that byte: who speaks it does not leave by itself.
const VERSION_BARE: u8 = 2;

/// Why bytes are not a message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    #[error("the other side speaks version {theirs}, this program version {WIRE_VERSION}")]
    Version { theirs: u8 },
    /// What a node of another version says to the others.
    #[error("the other node speaks version {}, this program version {WIRE_VERSION}", .0.theirs)]
    Foreign(Foreign),
    #[error("malformed message: {0}")]
    Malformed(String),
}

/// What `decode_message` reads on other nodes.
pub fn encode_message(message: &Message, established: bool) -> Vec<u8> {
    let head = vec![WIRE_VERSION, u8::from(established) * ESTABLISHED];
    postcard::to_extend(message, head).expect("core's values can be written to memory")
}

/// What a node says to the others.
///
/// # Errors
/// The bytes are no message of this version.
pub fn decode_message(bytes: &[u8]) -> Result<Message, WireError> {
    match bytes {
        [WIRE_VERSION, _, rest @ ..] => whole(rest),
        [theirs, flags, ..] if *theirs != WIRE_VERSION => {
            let established = *theirs <= VERSION_BARE || flags & ESTABLISHED != 0;
            Err(WireError::Foreign(Foreign { ours: WIRE_VERSION, theirs: *theirs, established }))
        }
        _ => Err(WireError::Malformed("too short".into())),
    }
}

/// What `decode_request` reads in the daemon.
pub fn encode_request(request: &Request) -> Vec<u8> {
    encode(request)
}

/// What a tool asks.
///
/// # Errors
/// The bytes are no request of this version.
pub fn decode_request(bytes: &[u8]) -> Result<Request, WireError> {
    decode(bytes)
}

/// What `decode_reply` reads in tools.
pub fn encode_reply(reply: &Reply) -> Vec<u8> {
    encode(reply)
}

/// What a daemon answers.
///
/// # Errors
/// The bytes are no reply of this version.
pub fn decode_reply(bytes: &[u8]) -> Result<Reply, WireError> {
    decode(bytes)
}

fn encode(value: &impl Serialize) -> Vec<u8> {
    let bytes = vec![WIRE_VERSION];
    postcard::to_extend(value, bytes).expect("core's values can be written to memory")
}

fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, WireError> {
    match bytes.split_first() {
        Some((&WIRE_VERSION, rest)) => whole(rest),
        Some((theirs, _)) => Err(WireError::Version { theirs: *theirs }),
        None => Err(WireError::Malformed("empty".into())),
    }
}

fn whole<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, WireError> {
    let (value, left) = postcard::take_from_bytes(bytes).map_err(malformed)?;
    match left {
        [] => Ok(value),
        _ => Err(WireError::Malformed(format!("{} bytes too many", left.len()))),
    }
}

fn malformed(error: postcard::Error) -> WireError {
    WireError::Malformed(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use quorate_core::cib::{Document, Edit, diff};
    use quorate_core::node::message::RequestId;
    use quorate_core::xml::Element;
    use quorate_core::xml::path::Path;

    #[test]
    fn what_is_written_is_read_again() {
        let old = Document::empty();
        let mut new = old.clone();
        new.configuration_mut().child_or_new("resources").push(Element::new("primitive").with("id", "<p>"));
        let request = RequestId { node: 1, incarnation: 2, number: 3 };
        let patch = diff(&old, &new);
        let author = Default::default();
        let messages = [
            Message::Commit { request, patch, author, epoch_seconds: -1 },
            Message::Update {
                request: None,
                edits: vec![Edit::Delete { path: Path::parse("/cib/status").expect("a path") }],
                ends: None,
            },
            Message::Leaving { id: 7 },
        ];
        for message in messages {
            assert_eq!(decode_message(&encode_message(&message, false)), Ok(message));
        }
    }

    #[test]
    fn another_version_is_named() {
        assert_eq!(decode_request(&[9, 0]), Err(WireError::Version { theirs: 9 }));
        for (bytes, theirs, established) in [([9, 0], 9, false), ([9, 1], 9, true), ([2, 0], 2, true)] {
            let foreign = Foreign { ours: WIRE_VERSION, theirs, established };
            assert_eq!(decode_message(&bytes), Err(WireError::Foreign(foreign)));
        }
    }

    /// An edit with whatever agents and tools bring, where a name, an id, a value or text may stand.
    fn edit() -> impl Strategy<Value = Edit> {
        let odd = proptest::sample::select(vec!['\0', '\u{1b}', '\u{fffe}', '\'', '"', '<', '\n']);
        let text = proptest::collection::vec(prop_oneof![odd, any::<char>()], 0..6);
        let text = text.prop_map(|chars| chars.into_iter().collect::<String>()).boxed();
        (text.clone(), text.clone(), text).prop_map(|(name, id, value)| {
            let element = Element::new(&name).with("id", &id).with("exit-reason", &value);
            Edit::Put { parent: Path::parse("/cib/status").expect("a path"), element }
        })
    }

    proptest! {
        #[test]
        fn whatever_is_sent_is_received(edit in edit()) {
            let mut document = Document::empty();
            let before = document.clone();
            edit.apply(&mut document).expect("the status section is there");
            let patch = diff(&before, &document);
            let message = Message::Update { request: None, edits: vec![edit], ends: None };
            prop_assert!(decode_message(&encode_message(&message, false)).is_ok());
            // A tool's change is refused if it would not arrive as it is.
            let request = Request::Commit { patch };
            if request.unfit().is_none() {
                prop_assert_eq!(decode_request(&encode_request(&request)), Ok(request));
            }
        }

        #[test]
        fn no_bytes_make_it_panic(mut bytes: Vec<u8>) {
            bytes.insert(0, WIRE_VERSION);
            let _ = decode_message(&bytes);
            let _ = decode_request(&bytes);
            let _ = decode_reply(&bytes);
        }
    }
}
