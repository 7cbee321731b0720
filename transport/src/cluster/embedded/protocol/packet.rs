//! What the members of the embedded engine say to each other, and its spelling in bytes.
//!
//! In: `Packet`. Out: bytes, and back. Decoding takes any bytes and never panics.

use quorate_core::membership::ViewId;
use serde::{Deserialize, Serialize};

use crate::cluster::Payload;

/// Raised whenever an older build could misread a packet.
pub const PROTOCOL_VERSION: u16 = 2;

/// One process on one node; a restart makes a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Process {
    pub id: u32,
    pub incarnation: u64,
}

/// What one process says to a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Packet {
    pub from: Process,
    /// The receiver's incarnation as the sender knows it, 0 if it does not.
    pub to_incarnation: u64,
    pub body: Body,
}

/// What a packet says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Body {
    Hello(Hello),
    Goodbye,
    /// A member asks the sequencer to stamp its message.
    Submit {
        view: ViewId,
        /// The message this member submitted before in this view; 0 for its first.
        previous: u64,
        local: u64,
        #[serde(skip)]
        payload: Payload,
    },
    Ordered {
        view: ViewId,
        stamped: Stamped,
    },
    /// All messages up to `received` have arrived.
    Ack {
        view: ViewId,
        received: u64,
    },
    /// Every member of the view holds all messages up to `upto`.
    Stable {
        view: ViewId,
        upto: u64,
    },
    Propose {
        ballot: ViewId,
        members: Vec<Proposed>,
    },
    Accept {
        ballot: ViewId,
        received: u64,
        released: bool,
    },
    Refuse {
        ballot: ViewId,
        why: Refusal,
        epoch: u64,
    },
    /// The proposer asks for messages of an old view that somebody lacks.
    Fetch {
        ballot: ViewId,
        view: ViewId,
        first: u64,
        last: u64,
    },
    Fill {
        ballot: ViewId,
        view: ViewId,
        stamped: Stamped,
    },
    Install(Installation),
    /// The proposer has given up this ballot.
    Abandon {
        ballot: ViewId,
    },
}

/// Sent to every configured node, again and again: "I live, and this is where I stand".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    pub number: u64,
    /// The newest hello that came from the receiver: whatever was sent before it has arrived or is lost.
    pub echo: u64,
    pub epoch: u64,
    pub view: ViewId,
    pub members: Vec<Process>,
    /// Nothing of an earlier view still waits to be sent again.
    pub mergeable: bool,
    pub received: u64,
    pub stable: u64,
    /// A change of view is under way here: no messages flow.
    pub frozen: bool,
}

/// A message in its place in the order of a view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamped {
    pub sequence: u64,
    pub sender: u32,
    pub local: u64,
    #[serde(skip)]
    pub payload: Payload,
}

/// A member of a proposed view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposed {
    pub process: Process,
    /// The view this process is believed to be in.
    pub view: ViewId,
}

/// Why a proposal is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refusal {
    /// A higher ballot has my word.
    Promised,
    /// I am not in the view you think I am.
    Moved,
    /// I hear a member you leave out, and it is the one to propose.
    Disagree,
    /// Messages of an earlier view are still on their way.
    NotReady,
}

/// Why a member of an old view is not in the new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Departure {
    /// It said goodbye.
    Left,
    /// It was not heard for longer than the token timeout, or went on without us.
    Lost,
    /// Its host says that nobody listens there any more.
    Ended,
    /// It came back as a new process before anyone missed it.
    Restarted,
}

/// A view that is decided, with what its members must deliver before they enter it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Installation {
    pub ballot: ViewId,
    pub members: Vec<Proposed>,
    /// For each old view, the last message to deliver before leaving it.
    pub targets: Vec<(ViewId, u64)>,
    pub departed: Vec<(Process, Departure)>,
    /// `wait_for_all` is satisfied.
    pub released: bool,
}

/// Why some bytes are not taken for a packet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PacketError {
    #[error("packet of protocol version {theirs}, this node speaks version {PROTOCOL_VERSION}")]
    Version { theirs: u16 },
    #[error("malformed packet")]
    Malformed,
}

impl Packet {
    /// Version, length of the head, head, then the payload as it is.
    pub fn encode(&self) -> Vec<u8> {
        let head = postcard::to_stdvec(self).expect("plain values always have a spelling");
        let payload = self.body.payload().map(|payload| &payload[..]).unwrap_or_default();
        let mut bytes = Vec::with_capacity(6 + head.len() + payload.len());
        bytes.extend(PROTOCOL_VERSION.to_be_bytes());
        bytes.extend((head.len() as u32).to_be_bytes());
        bytes.extend(head);
        bytes.extend_from_slice(payload);
        bytes
    }

    /// The packet that some bytes spell; any bytes may come.
    ///
    /// # Errors
    /// They are of another version, or no packet.
    pub fn decode(bytes: &[u8]) -> Result<Packet, PacketError> {
        let (version, rest) = bytes.split_first_chunk().ok_or(PacketError::Malformed)?;
        let theirs = u16::from_be_bytes(*version);
        if theirs != PROTOCOL_VERSION {
            return Err(PacketError::Version { theirs });
        }
        let (length, rest) = rest.split_first_chunk().ok_or(PacketError::Malformed)?;
        let length = u32::from_be_bytes(*length) as usize;
        let (head, payload) = rest.split_at_checked(length).ok_or(PacketError::Malformed)?;
        let (mut packet, spare) = postcard::take_from_bytes::<Packet>(head).map_err(|_| PacketError::Malformed)?;
        match packet.body.payload_mut() {
            Some(slot) if spare.is_empty() => *slot = payload.into(),
            None if spare.is_empty() && payload.is_empty() => {}
            _ => return Err(PacketError::Malformed),
        }
        Ok(packet)
    }
}

impl Body {
    fn payload(&self) -> Option<&Payload> {
        match self {
            Body::Submit { payload, .. } => Some(payload),
            Body::Ordered { stamped, .. } | Body::Fill { stamped, .. } => Some(&stamped.payload),
            _ => None,
        }
    }

    fn payload_mut(&mut self) -> Option<&mut Payload> {
        match self {
            Body::Submit { payload, .. } => Some(payload),
            Body::Ordered { stamped, .. } | Body::Fill { stamped, .. } => Some(&mut stamped.payload),
            _ => None,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sample() -> Packet {
        let view = ViewId { epoch: 3, coordinator: 1, incarnation: 9 };
        let stamped = Stamped { sequence: 5, sender: 2, local: 4, payload: vec![1, 2, 3].into() };
        let from = Process { id: 1, incarnation: 9 };
        Packet { from, to_incarnation: 8, body: Body::Ordered { view, stamped } }
    }

    #[test]
    fn a_packet_survives_its_bytes() {
        let packet = sample();
        assert_eq!(Packet::decode(&packet.encode()), Ok(packet));
    }

    #[test]
    fn another_version_is_named() {
        let mut bytes = sample().encode();
        bytes[1] = 77;
        assert_eq!(Packet::decode(&bytes), Err(PacketError::Version { theirs: 77 }));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>, cut in 0usize..60, flip: u8) {
            let _ = Packet::decode(&bytes);
            let mut good = sample().encode();
            let at = cut % good.len();
            good[at] ^= flip;
            let _ = Packet::decode(&good);
            good.truncate(at);
            let _ = Packet::decode(&good);
        }
    }
}
