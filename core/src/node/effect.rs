//! Everything a node may ask for.

use super::event::{ClientId, Timer};
use super::message::Message;
use super::request::Reply;
use crate::alert::AlertRun;
use crate::cib::Document;
use crate::fencing::DeviceRun;
use crate::lrm::Run;
use crate::note::Note;
use crate::replica::PersistedTerms;

/// Something to be done by whoever runs the node.
#[derive(Clone, Debug)]
pub enum Effect {
    /// To all members of the view, this node included, in one order.
    Multicast(Message),
    /// Run an agent, answer with [`super::Event::AgentExited`].
    Run(Run),
    /// Run a fence agent, answer with [`super::Event::DeviceRan`].
    RunDevice { fencing: String, number: u32, run: DeviceRun },
    /// Wake me later.
    Timer { timer: Timer, after_ms: u64 },
    /// Write the configuration to disk, durably, then answer with [`super::Event::Persisted`].
    Persist { number: u64, document: Document, terms: PersistedTerms },
    /// Write something to where the configuration is stored, durably, and answer with
    /// [`super::Event::DiskChecked`], behind all writes before.
    CheckDisk { number: u64 },
    /// Run an alert's program; runs for one recipient follow one another.
    Alert(AlertRun),
    /// Keep what the scheduler was given, for replay.
    SaveInput { document: Document, transition: i32, epoch: i64 },
    /// Answer a tool.
    Reply { client: ClientId, reply: Reply },
    /// Tell these subscribers.
    Notify { to: Vec<ClientId>, reply: Reply },
    /// Something to be logged.
    Note(Note),
    /// Say goodbye to the cluster engine, then end the daemon.
    Leave,
    /// This node is not one of the cluster, and will not be by trying again: say goodbye to the engine, then
    /// end the daemon for good.
    Refused { reason: String },
    /// End the daemon at once, without a goodbye.
    Exit,
    /// Reset this host at once: it may run what others are about to start. What the daemon was doing is
    /// of no matter any more, and its watchdog is not looked after again.
    Reset { reason: String },
}
