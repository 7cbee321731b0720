//! What this node knows of another: which run of it, when it was heard, where it says it stands.

use quorate_core::membership::ViewId;

use super::Millis;
use super::packet::{Hello, Process};

#[derive(Debug, Default)]
pub(super) struct Peer {
    pub incarnation: Option<u64>,
    pub heard: Option<Millis>,
    /// How long it waits for others, by its configuration.
    pub token: Millis,
    /// Its host says that nobody listens there, and it has not been heard since.
    pub refused: bool,
    pub goodbye: bool,
    /// Our hellos to it, and the newest it has told us to have got.
    pub hello_sent: u64,
    pub hello_echoed: u64,
    pub echoed_at: Option<Millis>,
    /// The newest of its hellos.
    pub hello_got: u64,
    pub standing: Option<Standing>,
}

/// The last thing a peer said of itself.
#[derive(Debug, Clone)]
pub(super) struct Standing {
    pub view: ViewId,
    pub members: Vec<Process>,
    pub mergeable: bool,
    /// Since when it has been waiting for a new view.
    pub frozen: Option<Millis>,
}

impl Peer {
    /// False for packets of a run that is over. True may mean that a new run has begun.
    pub fn admit(&mut self, incarnation: u64, now: Millis, token: Millis) -> bool {
        match self.incarnation {
            Some(known) if known == incarnation => true,
            // A clock set back makes a new run look older than the last one; believe it once the
            // last one has long been silent.
            Some(known) if incarnation < known && self.heard_within(now, 2 * self.patience(token)) => false,
            _ => {
                let Peer { hello_sent, token, .. } = *self;
                let incarnation = Some(incarnation);
                *self = Peer { incarnation, token, hello_sent, hello_echoed: hello_sent, ..Peer::default() };
                true
            }
        }
    }

    /// How long it may be silent, where this node's token time is `token`: two nodes with different ones wait for
    /// each other for the longer time, so that not one is lost to the other that is not lost to it.
    pub fn patience(&self, token: Millis) -> Millis {
        token.max(self.token)
    }

    /// Whether it was heard in the last `span` milliseconds.
    pub fn heard_within(&self, now: Millis, span: Millis) -> bool {
        self.heard.is_some_and(|at| now.saturating_sub(at) <= span)
    }

    /// Whoever was heard lately counts as heard that much later.
    pub fn excuse(&mut self, gap: Millis) {
        for at in [&mut self.heard, &mut self.echoed_at].into_iter().flatten() {
            *at += gap;
        }
    }

    /// Heard, hears us, and has not said goodbye.
    pub fn linked(&self, now: Millis, token: Millis) -> bool {
        let patience = self.patience(token);
        let echoed = self.echoed_at.is_some_and(|at| now.saturating_sub(at) <= patience);
        self.heard_within(now, patience) && echoed && !self.goodbye
    }

    /// Whether it is still this process, and not a later one of the same node.
    pub fn is(&self, process: Process) -> bool {
        self.incarnation == Some(process.incarnation)
    }

    /// The view it said last that it is in.
    pub fn view(&self) -> Option<ViewId> {
        self.standing.as_ref().map(|standing| standing.view)
    }

    /// Takes a hello in; false if a newer one has overtaken it.
    pub fn note(&mut self, hello: &Hello, for_us: bool, now: Millis) -> bool {
        if hello.number <= self.hello_got {
            return false;
        }
        self.hello_got = hello.number;
        if for_us && hello.echo > self.hello_echoed {
            self.hello_echoed = hello.echo;
            self.echoed_at = Some(now);
        }
        let Hello { view, members, mergeable, .. } = hello.clone();
        let before = self.standing.as_ref().filter(|standing| standing.view == view);
        let since = before.and_then(|standing| standing.frozen).unwrap_or(now);
        let frozen = hello.frozen.then_some(since);
        self.standing = Some(Standing { view, members, mergeable, frozen });
        true
    }
}

/// When something was sent: the number of hellos sent before it. Once a later hello is echoed and
/// the thing itself is not answered, it was lost. This needs no guess of how long a large message
/// takes, because links keep order.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Mark(u64);

impl Peer {
    /// For something that is sent now.
    pub fn mark(&self) -> Mark {
        Mark(self.hello_sent)
    }

    /// Whether what was sent at that mark, and is not answered, was lost.
    pub fn lost(&self, mark: Mark) -> bool {
        self.hello_echoed > mark.0
    }
}
