//! One connection between two nodes: who is there, and packets in sealed records.
//!
//! Each node dials every other and sends on the connection it dialled; what it accepts it only
//! reads. In: a TCP stream and the key. Out: packets' bytes in order, or a reason to give up.

use std::io;
use std::net::IpAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::introduction::{Gate, Introduction, Objection};
use super::keys::{self, ClusterKey, Forged, Opener, Purpose, SALT_BYTES, Sealer, Session, TAG_BYTES};
use super::protocol::packet::PROTOCOL_VERSION;
use crate::cluster::MESSAGE_BYTES_MAX;

const MAGIC: &[u8; 8] = b"QUORATE\n";
/// Magic, version, and how long the introduction behind them is.
const HEAD_BYTES: usize = 8 + 2 + 2;
/// Of a few hundred nodes.
const INTRODUCTION_BYTES_MAX: usize = 32 * 1024;
const ANSWER_BYTES: usize = 8 + 2 + 1 + SALT_BYTES + TAG_BYTES;
const WELCOME: u8 = 0;
const NOT_THIS_NODE: u8 = 1;
const OTHER_CLUSTER: u8 = 2;
const NAMED_OTHERWISE: u8 = 3;
const TWICE: u8 = 4;
/// A greeting is short: who cannot say it in this time is no node.
const GREETING_TIME: Duration = Duration::from_secs(5);

/// Payload bytes in one record: a large message does not look like silence while it passes.
const RECORD_BYTES: usize = 64 * 1024;
/// A packet is a message with a small head.
const PACKET_BYTES_MAX: usize = MESSAGE_BYTES_MAX + 1024 * 1024;
const LAST: u8 = 1;
const MORE: u8 = 0;

#[derive(Debug, thiserror::Error)]
pub(super) enum LinkError {
    #[error("does not hold our cluster key")]
    WrongKey,
    #[error("speaks protocol version {theirs}, this node version {PROTOCOL_VERSION}")]
    Version { theirs: u16 },
    #[error(transparent)]
    Objection(#[from] Objection),
    /// What the other side has said to us.
    #[error("refuses this node: {0}")]
    Refused(&'static str),
    #[error("has spoken for a node that has come from its own address now")]
    Superseded,
    #[error("does not speak our protocol")]
    Strange,
    #[error("sent something that was changed on the way")]
    Forged,
    #[error("was silent")]
    Silent,
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl LinkError {
    /// An administrator has to mend it; trying again will not.
    pub fn is_misconfiguration(&self) -> bool {
        !matches!(self, LinkError::Io(_) | LinkError::Silent)
    }
}

/// What is sent first.
fn spell(introduction: &Introduction) -> Result<Vec<u8>, LinkError> {
    let body = postcard::to_stdvec(introduction).map_err(|_| LinkError::Strange)?;
    let length = u16::try_from(body.len()).ok().filter(|_| body.len() <= INTRODUCTION_BYTES_MAX);
    let length = length.ok_or(LinkError::Strange)?;
    Ok([&MAGIC[..], &PROTOCOL_VERSION.to_be_bytes(), &length.to_be_bytes(), &body].concat())
}

/// What it is answered with, who is not let in.
fn code(objection: &Objection) -> u8 {
    match objection {
        Objection::OtherCluster(_) => OTHER_CLUSTER,
        Objection::NamedOtherwise { .. } | Objection::NumberedOtherwise { .. } => NAMED_OTHERWISE,
        Objection::Twice => TWICE,
        Objection::NotThisNode => NOT_THIS_NODE,
    }
}

/// And what that means to it.
fn reason(code: u8) -> LinkError {
    match code {
        OTHER_CLUSTER => LinkError::Refused("its cluster has another name; check cluster_name"),
        NAMED_OTHERWISE => LinkError::Refused(
            "it knows our id under another name, or our name under another id; check the node lists of both",
        ),
        TWICE => LinkError::Refused("another host with our name and id is there already"),
        _ => Objection::NotThisNode.into(),
    }
}

/// Magic and version come first in every version, so that each can name the other.
fn check_version(head: &[u8]) -> Result<(), LinkError> {
    if head[..8] != MAGIC[..] {
        return Err(LinkError::Strange);
    }
    let theirs = u16::from_be_bytes([head[8], head[9]]);
    if theirs != PROTOCOL_VERSION { Err(LinkError::Version { theirs }) } else { Ok(()) }
}

async fn within<T>(work: impl Future<Output = Result<T, LinkError>>) -> Result<T, LinkError> {
    timeout(GREETING_TIME, work).await.unwrap_or(Err(LinkError::Silent))
}

/// The sending end.
pub(super) struct Outgoing {
    stream: TcpStream,
    sealer: Sealer,
    buffer: Vec<u8>,
}

impl Outgoing {
    /// Introduces this node on a fresh connection, and makes sure that the other is who is meant.
    ///
    /// # Errors
    /// It is another, has another key or version, or does not answer in time.
    pub async fn open(
        mut stream: TcpStream,
        key: &ClusterKey,
        introduction: &Introduction,
    ) -> Result<Outgoing, LinkError> {
        let session = within(greet(&mut stream, key, introduction)).await?;
        Ok(Outgoing { stream, sealer: session.sealer(), buffer: Vec::new() })
    }

    /// Adds a packet to what `flush` writes; of a large one, writes as much as makes a record.
    ///
    /// # Errors
    /// The connection is broken.
    pub async fn push(&mut self, packet: &[u8]) -> io::Result<()> {
        let mut chunks = packet.chunks(RECORD_BYTES).peekable();
        while let Some(chunk) = chunks.next() {
            let is_last = chunks.peek().is_none();
            self.seal(if is_last { LAST } else { MORE }, chunk);
            if !is_last {
                self.flush().await?;
                // Others of this thread must go on meanwhile.
                tokio::task::yield_now().await;
            }
        }
        Ok(())
    }

    fn seal(&mut self, kind: u8, chunk: &[u8]) {
        let mut record = Vec::with_capacity(1 + chunk.len() + TAG_BYTES);
        record.push(kind);
        record.extend_from_slice(chunk);
        self.sealer.seal(&mut record);
        self.buffer.extend((record.len() as u32).to_be_bytes());
        self.buffer.extend_from_slice(&record);
    }

    /// Whether it is time to `flush`.
    pub fn is_full(&self) -> bool {
        self.buffer.len() >= RECORD_BYTES
    }

    /// Writes what was pushed.
    ///
    /// # Errors
    /// The connection is broken.
    pub async fn flush(&mut self) -> io::Result<()> {
        self.stream.write_all(&self.buffer).await?;
        self.buffer.clear();
        Ok(())
    }

    /// Returns when the other side is gone. It sends nothing, so anything read is an end too.
    pub async fn closed(&mut self) {
        let mut byte = [0; 1];
        let _ = self.stream.read(&mut byte).await;
    }
}

async fn greet(stream: &mut TcpStream, key: &ClusterKey, introduction: &Introduction) -> Result<Session, LinkError> {
    let spoken = spell(introduction)?;
    stream.write_all(&spoken).await?;
    let mut head = [0; 11];
    stream.read_exact(&mut head).await?;
    check_version(&head)?;
    if head[10] != WELCOME {
        return Err(reason(head[10]));
    }
    let mut rest = [0; SALT_BYTES + TAG_BYTES];
    stream.read_exact(&mut rest).await?;
    let (mut salt, mut proof) = ([0; SALT_BYTES], [0; TAG_BYTES]);
    salt.copy_from_slice(&rest[..SALT_BYTES]);
    proof.copy_from_slice(&rest[SALT_BYTES..]);
    let session = key.session(&introduction.salt, &salt);
    if !session.verify(Purpose::AcceptorProof, &spoken, &proof) {
        return Err(LinkError::WrongKey);
    }
    stream.write_all(&session.prove(Purpose::DialerProof, &spoken)).await?;
    Ok(session)
}

/// The receiving end.
pub(super) struct Incoming {
    stream: TcpStream,
    opener: Opener,
    pub from: Introduction,
    pub address: IpAddr,
    packet: Vec<u8>,
}

/// What the receiving end has to tell.
pub(super) enum Arrival {
    Packet(Vec<u8>),
    /// A part of one.
    Part,
}

impl Incoming {
    /// Answers a greeting; the node that dials is known, and proven, afterwards.
    ///
    /// # Errors
    /// As `Outgoing::open`, with whom it said it was, if it came to that.
    pub async fn accept(
        mut stream: TcpStream,
        key: &ClusterKey,
        gate: &Gate,
    ) -> Result<Incoming, (Option<u32>, LinkError)> {
        let mut from = None;
        let address = stream.peer_addr().map_err(|error| (None, error.into()))?.ip();
        let answered = within(answer(&mut stream, address, key, gate, &mut from)).await;
        match answered {
            Ok((from, session)) => Ok(Incoming { stream, opener: session.opener(), from, address, packet: Vec::new() }),
            Err(error) => Err((from, error)),
        }
    }

    /// What comes next. Silence for longer than `patience` ends the connection.
    ///
    /// # Errors
    /// The connection is broken, silent, or says what the other side did not seal.
    pub async fn next(&mut self, patience: Duration) -> Result<Arrival, LinkError> {
        let mut record = timeout(patience, self.record()).await.unwrap_or(Err(LinkError::Silent))?;
        self.opener.open(&mut record).map_err(|Forged| LinkError::Forged)?;
        let (kind, chunk) = record.split_first().ok_or(LinkError::Strange)?;
        if self.packet.len() + chunk.len() > PACKET_BYTES_MAX {
            return Err(LinkError::Strange);
        }
        self.packet.extend_from_slice(chunk);
        match *kind {
            LAST => Ok(Arrival::Packet(std::mem::take(&mut self.packet))),
            _ => Ok(Arrival::Part),
        }
    }

    async fn record(&mut self) -> Result<Vec<u8>, LinkError> {
        let mut length = [0; 4];
        self.stream.read_exact(&mut length).await?;
        let length = u32::from_be_bytes(length) as usize;
        if length > 1 + RECORD_BYTES + TAG_BYTES {
            return Err(LinkError::Strange);
        }
        let mut record = vec![0; length];
        self.stream.read_exact(&mut record).await?;
        Ok(record)
    }
}

async fn answer(
    stream: &mut TcpStream,
    address: IpAddr,
    key: &ClusterKey,
    gate: &Gate,
    from: &mut Option<u32>,
) -> Result<(Introduction, Session), LinkError> {
    let mut spoken = vec![0; HEAD_BYTES];
    stream.read_exact(&mut spoken[..10]).await?;
    let mut reply = Vec::with_capacity(ANSWER_BYTES);
    reply.extend(MAGIC);
    reply.extend(PROTOCOL_VERSION.to_be_bytes());
    if let Err(error) = check_version(&spoken) {
        // Our version is all they can understand, and all they need.
        reply.push(NOT_THIS_NODE);
        let _ = stream.write_all(&reply).await;
        return Err(error);
    }
    stream.read_exact(&mut spoken[10..]).await?;
    let length = usize::from(u16::from_be_bytes([spoken[10], spoken[11]]));
    if length > INTRODUCTION_BYTES_MAX {
        return Err(LinkError::Strange);
    }
    spoken.resize(HEAD_BYTES + length, 0);
    stream.read_exact(&mut spoken[HEAD_BYTES..]).await?;
    let introduction: Introduction = postcard::from_bytes(&spoken[HEAD_BYTES..]).map_err(|_| LinkError::Strange)?;
    *from = Some(introduction.dialer);
    if let Err(objection) = gate.judge(&introduction, address) {
        reply.push(code(&objection));
        let _ = stream.write_all(&reply).await;
        return Err(objection.into());
    }
    let salt = keys::salt()?;
    let session = key.session(&introduction.salt, &salt);
    reply.push(WELCOME);
    reply.extend(salt);
    reply.extend(session.prove(Purpose::AcceptorProof, &spoken));
    stream.write_all(&reply).await?;
    let mut proof = [0; TAG_BYTES];
    // A dialer that hangs up here may hold another key, and says so on its own side; or it has died.
    stream.read_exact(&mut proof).await?;
    let proven = session.verify(Purpose::DialerProof, &spoken, &proof);
    if proven { Ok((introduction, session)) } else { Err(LinkError::WrongKey) }
}
