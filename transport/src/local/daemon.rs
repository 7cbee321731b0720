//! A tool's conversation with its node's daemon, in core's words.
//!
//! In: `Request`s. Out: `Reply`s, and news after `Subscribe`. Whose daemon it is, ours or Pacemaker's, is chosen
//! here and nowhere else (decisions/0026); who asks does not see it.
//! Absent: bytes (see `client`, `wire`), Pacemaker's tools (see `pacemaker`).

use std::path::{Path, PathBuf};
use std::time::Duration;

use quorate_core::cib::{Document, Patch, Version};
use quorate_core::node::{NodeStatus, Reply, Request};

use super::address::{Address, Wanted};
use super::client::{Client, ClientError};
pub use super::unanswered::AskError;
use crate::pacemaker::guest::Guest;
use crate::wire;

/// Where the socket is below a node's root directory.
const SOCKET: &str = "run/quorate/quorate.sock";

/// The daemon's socket, given the directory that holds all of a node (`/` in production).
pub fn socket_below(root: &Path) -> PathBuf {
    root.join(SOCKET)
}

/// A daemon that is silent for so long is stuck; a commit waits for the disks of all nodes.
pub const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// A daemon to be asked, one request at a time.
#[derive(Debug)]
pub struct Daemon {
    behind: Behind,
}

/// Who answers.
#[derive(Debug)]
enum Behind {
    Ours(Client),
    Pacemaker(Box<Guest>),
}

impl Daemon {
    /// To the daemon at an address; `timeout` is for each answer.
    ///
    /// # Errors
    /// Nobody listens there, we may not, or no answer came in time.
    pub fn connect(to: impl Into<Address>, timeout: Duration) -> Result<Daemon, ClientError> {
        let Address { socket, wanted } = to.into();
        let ours = || Client::connect(&socket, timeout).map(Behind::Ours);
        let theirs = || Guest::connect(timeout).map(|guest| Behind::Pacemaker(Box::new(guest)));
        let behind = match wanted {
            Wanted::Quorate => ours(),
            Wanted::Pacemaker => theirs(),
            Wanted::Either => match ours() {
                Err(ClientError::NotRunning { path }) => theirs().map_err(|_| ClientError::NeitherRuns { path }),
                answered => answered,
            },
            Wanted::Unknown(word) => Err(ClientError::Refused {
                why: format!("`{word}` is no cluster manager: there are quorate and pacemaker"),
            }),
        };
        behind.map(|behind| Daemon { behind })
    }

    /// Whether it is a Pacemaker, whose guest we are.
    pub fn is_pacemaker(&self) -> bool {
        matches!(self.behind, Behind::Pacemaker(_))
    }

    /// One request and its reply.
    ///
    /// # Errors
    /// The daemon refuses, or there is no answer that fits.
    pub fn ask(&mut self, request: &Request) -> Result<Reply, AskError> {
        if let Some(reason) = request.unfit() {
            return Err(AskError::Unfit(reason));
        }
        let client = match &mut self.behind {
            Behind::Ours(client) => client,
            Behind::Pacemaker(guest) => return guest.ask(request),
        };
        let bytes = client.request(&wire::encode_request(request))?;
        match decode(&bytes)? {
            Reply::Refused(refusal) => Err(AskError::Refused(refusal)),
            reply => Ok(reply),
        }
    }

    /// The CIB as it is on that node.
    ///
    /// # Errors
    /// There is no answer that fits.
    pub fn document(&mut self) -> Result<Document, AskError> {
        self.whole(&Request::Query)
    }

    /// Asks for all changes from now on; returns what they will be based on.
    ///
    /// # Errors
    /// There is no answer that fits.
    pub fn subscribe(&mut self) -> Result<Document, AskError> {
        self.whole(&Request::Subscribe)
    }

    /// What that node knows of the cluster.
    ///
    /// # Errors
    /// There is no answer that fits.
    pub fn status(&mut self) -> Result<NodeStatus, AskError> {
        match self.ask(&Request::Status)? {
            Reply::Status(status) => Ok(status),
            other => Err(misfit(&other)),
        }
    }

    /// Commits a patch; the version that came of it.
    ///
    /// # Errors
    /// The daemon refuses (someone may have been first), or there is no answer.
    pub fn commit(&mut self, patch: &Patch) -> Result<Version, AskError> {
        match self.ask(&Request::Commit { patch: patch.clone() })? {
            Reply::Committed { version, .. } => Ok(version),
            other => Err(misfit(&other)),
        }
    }

    /// The next news, or `None` if there is none within the time.
    ///
    /// # Errors
    /// The daemon went away.
    pub fn news(&mut self, within: Duration) -> Result<Option<Reply>, AskError> {
        let client = match &mut self.behind {
            Behind::Ours(client) => client,
            Behind::Pacemaker(guest) => return guest.news(within),
        };
        match client.next_push(within)? {
            Some(bytes) => Ok(Some(decode(&bytes)?)),
            None => Ok(None),
        }
    }

    fn whole(&mut self, request: &Request) -> Result<Document, AskError> {
        match self.ask(request)? {
            Reply::Document { root } => {
                Document::from_element(root).map_err(|error| AskError::Misfit(error.to_string()))
            }
            other => Err(misfit(&other)),
        }
    }
}

fn decode(bytes: &[u8]) -> Result<Reply, AskError> {
    wire::decode_reply(bytes).map_err(|error| AskError::Misfit(error.to_string()))
}

fn misfit(reply: &Reply) -> AskError {
    let words = format!("{reply:?}");
    AskError::Misfit(words.chars().take(80).collect())
}
