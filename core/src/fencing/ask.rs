//! Asking a device whether it reaches a node, where its parameters do not say.
//!
//! In: a device, what it answered. Out: runs of its agent, and whether it does.
//! By its list (`dynamic-list`), by whether it knows the node's state (`status`), or by what its agent
//! can do of these, as `pcmk_host_check` has it (Pacemaker Explained, "Special Options for Fencing Resources").

use super::delay::Delay;
use super::device::Device;
use super::run::{AUTOMATIC_ON, DeviceResult, DeviceRun};
use serde::{Deserialize, Serialize};

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Question {
    /// The agent: what can you be asked?
    Agent,
    /// The device: whom do you reach?
    List,
    /// The device: do you know this node?
    Status,
    /// The agent: do you let in every node that joins?
    Unfences,
}

/// A device that is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asking {
    pub device: Device,
    question: Question,
    attempts: u32,
    left_ms: u64,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Reaches,
    ReachesNot,
    /// It lets in every node that joins; or it does not, and is asked whom it reaches, if that is not known.
    Unfences(bool),
    /// Another question, or the same once more.
    AskOn(Asking),
}

impl Question {
    fn action(self) -> &'static str {
        match self {
            Question::Agent | Question::Unfences => "metadata",
            Question::List => "list",
            Question::Status => "status",
        }
    }
}

impl Asking {
    /// The device is asked this, with as many attempts as it allows; `timeout_ms` where it names no time of its own.
    pub fn new(device: Device, question: Question, timeout_ms: u64) -> Asking {
        let action = question.action();
        let (attempts, left_ms) = (device.attempts(action), device.timeout_ms(action, timeout_ms));
        Asking { device, question, attempts, left_ms }
    }

    /// How long it may take, unless the device says so itself.
    pub fn allow(&mut self, timeout_ms: u64) {
        self.left_ms = self.device.timeout_ms(self.question.action(), timeout_ms);
    }

    /// The agent's run that asks about a node.
    pub fn run(&self, node: &str) -> DeviceRun {
        let action = self.question.action();
        let node = (self.question == Question::Status).then_some(node);
        DeviceRun {
            device: self.device.id.clone(),
            agent: self.device.agent.clone(),
            action: action.to_string(),
            arguments: self.device.arguments(action, node),
            timeout_ms: self.left_ms,
            delay: Delay::default(),
            // What an agent says of itself it says without its device.
            at_once: self.device.actions_at_once().filter(|_| action != "metadata"),
        }
    }

    /// What the agent's result says of the node, or what to ask next.
    pub fn answered(mut self, node: &str, result: &DeviceResult) -> Answer {
        let timeout_ms = self.left_ms;
        self.attempts -= 1;
        self.left_ms = self.left_ms.saturating_sub(result.took_ms);
        let names = |name: &str| {
            let mut words = result.output.split([',', ';', '\n', ' ', '\t']).map(str::trim);
            words.any(|word| word == name)
        };
        let ask = |question| Answer::AskOn(Asking::new(self.device.clone(), question, timeout_ms));
        match self.question {
            Question::Unfences => Answer::Unfences(result.is_ok() && names(AUTOMATIC_ON)),
            Question::Agent if !result.is_ok() || names("list") => ask(Question::List),
            Question::Agent if names("status") => ask(Question::Status),
            Question::Agent => Answer::Reaches,
            _ if !result.is_ok() && self.attempts > 0 && self.left_ms > 0 => Answer::AskOn(self),
            Question::List if result.is_ok() && names(&self.device.port(node)) => Answer::Reaches,
            Question::Status if result.is_ok() => Answer::Reaches,
            Question::List | Question::Status => Answer::ReachesNot,
        }
    }
}
