//! Leaving in order: own messages out, goodbye said, others gone on.

use super::packet::Body;
use super::{Millis, Protocol};
use crate::cluster::{ClusterEvent, DownReason};

#[derive(Debug, Clone, Copy)]
pub(super) struct Leaving {
    since: Millis,
    farewell: Option<Millis>,
}

impl Protocol {
    pub(super) fn leave(&mut self) {
        let since = self.now;
        self.leaving.get_or_insert(Leaving { since, farewell: None });
        self.do_what_is_due();
    }

    /// True once goodbye is said: from then on others decide about views.
    pub(super) fn progress_leave(&mut self) -> bool {
        let Some(leaving) = self.leaving else { return false };
        let token = self.settings.timing.token;
        let overdue = |since: Millis| self.now.saturating_sub(since) > token;
        let Some(farewell) = leaving.farewell else {
            let done = self.outbox.is_empty() && self.steady();
            if !done && !overdue(leaving.since) {
                return false;
            }
            self.leaving = Some(Leaving { farewell: Some(self.now), ..leaving });
            self.repeat_goodbye();
            return self.progress_leave();
        };
        let missed = self.view.members.iter().any(|member| *member != self.me() && self.away(*member).is_none());
        if !missed || overdue(farewell) {
            self.stopped = true;
            self.event(ClusterEvent::Down(DownReason::Left));
        }
        true
    }

    pub(super) fn repeat_goodbye(&mut self) {
        if self.leaving.is_none_or(|leaving| leaving.farewell.is_none()) {
            return;
        }
        let ids: Vec<u32> = self.peers.keys().copied().collect();
        for id in ids {
            self.send(id, Body::Goodbye);
        }
    }
}
