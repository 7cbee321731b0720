//! Tools and their node's daemon, over a unix socket: request, reply, push.
//!
//! The frames carry opaque bytes; what they mean is `wire`'s business. This file holds the
//! envelope around them and who may speak at all.

pub mod address;
pub mod client;
pub mod daemon;
pub mod door;
pub mod server;
pub mod unanswered;
pub mod user;

use std::fmt;

use crate::cluster::MESSAGE_BYTES_MAX;

/// A connection, as the daemon numbers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientId(pub u64);

/// The largest request or reply: a full CIB, or a patch, with room.
pub const LOCAL_BYTES_MAX: usize = 256 * 1024 * 1024;

/// The largest request: what it becomes must travel.
pub const REQUEST_BYTES_MAX: usize = MESSAGE_BYTES_MAX;

/// Pacemaker's group whose members may manage the cluster.
pub const ADMIN_GROUP: &str = "haclient";

/// What a connected tool may do. Others are not let in at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// root, or the user the daemon runs as: everything.
    Owner,
    /// A member of group haclient: everything that ACLs allow.
    Admin,
}

/// Who is at the other end of a connection, as the kernel says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    pub uid: u32,
    pub gid: u32,
    pub pid: Option<i32>,
    pub user: String,
    /// All that the account is in, by name.
    pub groups: Vec<String>,
    pub access: Access,
}

/// A message on the socket. `number` pairs a reply with its request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Envelope {
    Request {
        number: u64,
        bytes: Vec<u8>,
    },
    Reply {
        number: u64,
        bytes: Vec<u8>,
    },
    Push {
        bytes: Vec<u8>,
    },
    /// The first message of the server to a caller it lets in.
    Welcome,
    /// The last message of the server: why it closes the connection.
    Farewell {
        why: String,
    },
}

/// The bytes are no envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("malformed envelope")]
pub struct EnvelopeError;

impl Envelope {
    /// The body of a frame: kind, number, bytes.
    pub fn encode(&self) -> Vec<u8> {
        let (kind, number, bytes): (u8, u64, &[u8]) = match self {
            Envelope::Request { number, bytes } => (1, *number, bytes),
            Envelope::Reply { number, bytes } => (2, *number, bytes),
            Envelope::Push { bytes } => (3, 0, bytes),
            Envelope::Welcome => (4, 0, &[]),
            Envelope::Farewell { why } => (5, 0, why.as_bytes()),
        };
        let mut out = Vec::with_capacity(9 + bytes.len());
        out.push(kind);
        out.extend(number.to_be_bytes());
        out.extend_from_slice(bytes);
        out
    }

    /// What `encode` wrote.
    ///
    /// # Errors
    /// The bytes are no envelope.
    pub fn decode(bytes: &[u8]) -> Result<Envelope, EnvelopeError> {
        let (kind, rest) = bytes.split_first().ok_or(EnvelopeError)?;
        let (number, bytes) = rest.split_first_chunk().ok_or(EnvelopeError)?;
        let number = u64::from_be_bytes(*number);
        let bytes = bytes.to_vec();
        match kind {
            1 => Ok(Envelope::Request { number, bytes }),
            2 => Ok(Envelope::Reply { number, bytes }),
            3 => Ok(Envelope::Push { bytes }),
            4 => Ok(Envelope::Welcome),
            5 => Ok(Envelope::Farewell { why: String::from_utf8_lossy(&bytes).into_owned() }),
            _ => Err(EnvelopeError),
        }
    }
}

impl fmt::Display for Caller {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} (uid {})", self.user, self.uid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            if let Ok(envelope) = Envelope::decode(&bytes) {
                prop_assert_eq!(Envelope::decode(&envelope.encode()), Ok(envelope));
            }
        }
    }
}
