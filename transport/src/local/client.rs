//! A tool's side of the unix socket: blocking, with a time limit on everything.
//!
//! In: request bytes. Out: reply bytes, and pushes if the daemon was asked for them.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::{Envelope, LOCAL_BYTES_MAX, REQUEST_BYTES_MAX};
use crate::codec::{self, FrameBuffer, FrameError};

/// Why a daemon does not answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody listens: the cluster is not running on this node.
    #[error("the cluster daemon is not running on this node (no answer at {})", path.display())]
    NotRunning { path: PathBuf },
    /// Pacemaker was wanted, and does not run.
    #[error("Pacemaker is not running on this node")]
    NoPacemaker,
    /// Neither ours nor Pacemaker.
    #[error(
        "no cluster manager is running on this node: neither quorated (no answer at {}) nor pacemakerd",
        path.display()
    )]
    NeitherRuns { path: PathBuf },
    /// The daemon does not want us; trying again will not help.
    #[error("{why}")]
    Refused { why: String },
    #[error("the cluster daemon did not answer within {} s", after.as_secs_f32())]
    Timeout { after: Duration },
    /// The daemon ended, or closed the connection.
    #[error("connection to the cluster daemon lost: {why}")]
    Lost { why: String },
}

/// A connection to the daemon of this host.
#[derive(Debug)]
pub struct Client {
    stream: UnixStream,
    buffer: FrameBuffer,
    timeout: Duration,
    last_number: u64,
    pushes: VecDeque<Vec<u8>>,
}

impl Client {
    /// `timeout` holds for connecting and for every request.
    ///
    /// # Errors
    /// Nobody listens there, we may not, or no answer came in time.
    pub fn connect(path: &Path, timeout: Duration) -> Result<Client, ClientError> {
        let stream = UnixStream::connect(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => {
                ClientError::NotRunning { path: path.to_path_buf() }
            }
            io::ErrorKind::PermissionDenied => {
                let why = format!("permission denied on {}: only root and group haclient may", path.display());
                ClientError::Refused { why }
            }
            _ => lost(error),
        })?;
        let buffer = FrameBuffer::new(LOCAL_BYTES_MAX);
        let mut client = Client { stream, buffer, timeout, last_number: 0, pushes: VecDeque::new() };
        match client.read(Instant::now() + timeout)? {
            Some(Envelope::Welcome) => Ok(client),
            Some(_) => Err(ClientError::Lost { why: "unexpected greeting".into() }),
            None => Err(ClientError::Timeout { after: timeout }),
        }
    }

    /// Waits for the answer; pushes that come before it are kept.
    ///
    /// # Errors
    /// The daemon refused, went away, or did not answer in time.
    pub fn request(&mut self, bytes: &[u8]) -> Result<Vec<u8>, ClientError> {
        let deadline = Instant::now() + self.timeout;
        let wanted = self.ask(bytes)?;
        self.answer(wanted, deadline)
    }

    /// Sends all requests before it waits for the first answer; answers come in the order of the requests.
    ///
    /// # Errors
    /// As `request`; the time holds for all together.
    pub fn pipeline(&mut self, requests: &[Vec<u8>]) -> Result<Vec<Vec<u8>>, ClientError> {
        let deadline = Instant::now() + self.timeout;
        let numbers = requests.iter().map(|bytes| self.ask(bytes)).collect::<Result<Vec<u64>, ClientError>>()?;
        let mut early = BTreeMap::new();
        while early.len() < numbers.len() {
            match self.read(deadline)? {
                Some(Envelope::Reply { number, bytes }) if numbers.contains(&number) => {
                    drop(early.insert(number, bytes))
                }
                Some(Envelope::Push { bytes }) => self.pushes.push_back(bytes),
                Some(_) => {}
                None => return Err(ClientError::Timeout { after: self.timeout }),
            }
        }
        Ok(early.into_values().collect())
    }

    /// Sends a request; its number is what the answer bears.
    fn ask(&mut self, bytes: &[u8]) -> Result<u64, ClientError> {
        if bytes.len() > REQUEST_BYTES_MAX {
            let why = format!("a request of {} bytes exceeds the limit of {REQUEST_BYTES_MAX}", bytes.len());
            return Err(ClientError::Refused { why });
        }
        self.last_number += 1;
        self.send(&Envelope::Request { number: self.last_number, bytes: bytes.to_vec() })?;
        Ok(self.last_number)
    }

    fn answer(&mut self, wanted: u64, deadline: Instant) -> Result<Vec<u8>, ClientError> {
        loop {
            match self.read(deadline)? {
                Some(Envelope::Reply { number, bytes }) if number == wanted => return Ok(bytes),
                Some(Envelope::Push { bytes }) => self.pushes.push_back(bytes),
                // The answer to a request that was given up.
                Some(_) => {}
                None => return Err(ClientError::Timeout { after: self.timeout }),
            }
        }
    }

    /// The next push, or `None` if there is none within the time.
    ///
    /// # Errors
    /// The daemon went away.
    pub fn next_push(&mut self, within: Duration) -> Result<Option<Vec<u8>>, ClientError> {
        let deadline = Instant::now() + within;
        loop {
            if let Some(push) = self.pushes.pop_front() {
                return Ok(Some(push));
            }
            match self.read(deadline)? {
                Some(Envelope::Push { bytes }) => return Ok(Some(bytes)),
                Some(_) => {}
                None => return Ok(None),
            }
        }
    }

    /// How long an answer may take.
    pub fn set_timeout(&mut self, timeout: Duration) {
        self.timeout = timeout;
    }

    fn send(&mut self, envelope: &Envelope) -> Result<(), ClientError> {
        self.stream.set_write_timeout(Some(self.timeout)).map_err(lost)?;
        match codec::write_blocking(&mut self.stream, &envelope.encode()) {
            Ok(()) => Ok(()),
            Err(error) if is_timeout(&error) => Err(ClientError::Timeout { after: self.timeout }),
            // It may have said why before it closed.
            Err(error) => Err(self.last_words().unwrap_or_else(|| lost(error))),
        }
    }

    fn last_words(&mut self) -> Option<ClientError> {
        let deadline = Instant::now() + Duration::from_millis(100);
        loop {
            match self.read(deadline) {
                Ok(Some(_)) => {}
                Ok(None) => return None,
                Err(error) => return Some(error),
            }
        }
    }

    /// `None` when the time is over.
    fn read(&mut self, deadline: Instant) -> Result<Option<Envelope>, ClientError> {
        let frame = loop {
            let left = deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
            self.stream.set_read_timeout(Some(left)).map_err(lost)?;
            match codec::read_blocking(&mut self.stream, &mut self.buffer) {
                Ok(Some(frame)) => break frame,
                Ok(None) => return Err(ClientError::Lost { why: "the daemon closed it".into() }),
                Err(FrameError::Io(error)) if is_timeout(&error) => return Ok(None),
                // A signal (Ctrl-C) is no loss: what was asked is answered.
                Err(FrameError::Io(error)) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(lost(error)),
            }
        };
        match Envelope::decode(&frame).map_err(lost)? {
            Envelope::Farewell { why } => Err(ClientError::Refused { why }),
            envelope => Ok(Some(envelope)),
        }
    }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}

fn lost(error: impl std::fmt::Display) -> ClientError {
    ClientError::Lost { why: error.to_string() }
}
