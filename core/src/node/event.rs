//! Everything that can wake a node.

use super::message::Message;
use super::request::Request;
use crate::fencing::run::DeviceResult;
use crate::lrm::{ExitReport, Ticket};
use crate::membership::View;

/// Names a tool's connection.
pub type ClientId = u64;

/// Something happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// The cluster engine installed a view.
    View(View),
    /// The cluster engine delivered a message.
    Message { from: u32, message: Message },
    /// A tool asks. `user` is its account, `program` its name. With `groups`, those of the account, access lists
    /// bind it.
    Request { client: ClientId, request: Request, user: String, groups: Option<Vec<String>>, program: String },
    /// A tool's connection is gone.
    ClientGone { client: ClientId },
    /// An agent ended.
    AgentExited { ticket: Ticket, report: ExitReport },
    /// A fence agent ended.
    DeviceRan { fencing: String, number: u32, result: DeviceResult },
    /// What the cluster engine finds amiss at present, in short.
    Remarks(Vec<String>),
    /// How busy this host is: its load average of the last minute, in hundredths. Told again and again.
    Load { hundredths: u64 },
    /// A member's message is of a version that cannot be read.
    Foreign { from: u32, foreign: Foreign },
    /// A message could not be sent, and why.
    Unsent { message: Message, why: Unsent },
    /// A timer fired.
    Timer(Timer),
    /// The document of the latest [`super::Effect::Persist`] with this number is on disk.
    Persisted { number: u64 },
    /// It is not, and why.
    PersistFailed { number: u64, reason: String },
    /// The answer to the [`super::Effect::CheckDisk`] of this number.
    DiskChecked { number: u64, result: Result<(), String> },
    /// The operator stops the daemon. The second time it does not wait.
    Terminate,
}

/// Why a message could not be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unsent {
    /// It is larger than any message may be.
    TooLarge { reason: String },
    /// Too much waits already; what nobody waits for is sent later.
    Busy { reason: String },
}

/// What a timer was set for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Timer {
    /// Look whether the disk works.
    Disk,
    /// Leaving has taken too long.
    Escalation,
    /// Values of attributes may be due.
    Attributes,
    /// A recurring operation's next turn.
    Lrm(Ticket),
    /// An action should have ended.
    Action { transition: i32, action: u32 },
    /// Time alone may have changed the decision. The number tells a replaced timer.
    Recheck { number: u64 },
    /// The wait for nodes that have not been seen since the start is over.
    StartUp { number: u64 },
    /// A fence device is to be run now, or something about a fencing has taken too long.
    Fencing { number: u64 },
    /// A fencing that failed may be tried again.
    Reconsider { number: u64 },
}

/// The present, as a node is told it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clock {
    /// Milliseconds of a clock that only goes forward.
    pub ms: u64,
    /// Seconds since the epoch.
    pub epoch: i64,
    /// Seconds east of Greenwich, where the node is.
    pub offset: i32,
}

/// What can be told of a message of another version of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Foreign {
    /// The version that this program speaks.
    pub ours: u8,
    pub theirs: u8,
    /// Whether the sender has been in a cluster with quorum since its start.
    pub established: bool,
}
