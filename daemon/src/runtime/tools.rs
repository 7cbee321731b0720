//! What tools do at the socket: they come, ask, go, and hear at once if they may not.

use super::{Asker, Daemon, Flow};
use crate::limits;
use crate::run_place::RunPlace;
use quorate_core::node::{Event, Refusal, Reply, Request};
use quorate_transport::local::Access;
use quorate_transport::local::server::{ClientId, LocalEvent};
use quorate_transport::wire;

/// After so many clients have gone it is worth to give back the memory they took.
const MANY_CLIENTS: usize = 200;

impl Daemon {
    pub(super) fn tool_event(&mut self, event: LocalEvent) -> Flow {
        match event {
            LocalEvent::Connected { client, caller } => {
                self.callers.insert(client, caller);
                Flow::GoOn
            }
            LocalEvent::Gone { client } => {
                self.callers.remove(&client);
                self.went += 1;
                if self.went >= MANY_CLIENTS {
                    self.went = 0;
                    limits::give_back_memory();
                }
                let gone = |(asker, (of, _)): (&u64, &Asker)| (*of == client).then_some(*asker);
                let mut askers: Vec<u64> = self.askers.iter().filter_map(gone).collect();
                askers.extend(self.subscribers.iter().filter(|(_, of)| **of == client).map(|(asker, _)| *asker));
                for asker in askers {
                    self.askers.remove(&asker);
                    self.subscribers.remove(&asker);
                    if let Flow::End = self.step(Event::ClientGone { client: asker }) {
                        return Flow::End;
                    }
                }
                Flow::GoOn
            }
            LocalEvent::Refused { why } => {
                self.log.line("warning", "tools", &why);
                Flow::GoOn
            }
            LocalEvent::Request { client, number, bytes } => self.request(client, number, &bytes),
        }
    }

    /// What was removed is made again.
    pub(super) fn keep_run_place(&mut self) -> Flow {
        let lock = self.run_place.is_gone().then(|| RunPlace::take(&self.run_place.places));
        let mut said = match lock {
            None => String::new(),
            Some(Ok(place)) => {
                self.run_place = place;
                "was removed, and is made again".into()
            }
            Some(Err(error)) => format!("was removed, and cannot be made again: {error}"),
        };
        if let Some(Err(error)) = self.server.is_gone().then(|| self.server.listen_again()) {
            said = format!("tools cannot reach this daemon: {error}");
        }
        if said != self.run_place.said {
            if !said.is_empty() {
                let directory = self.run_place.places.run();
                self.log.line("warning", "tools", &format!("{} {said}", directory.display()));
            }
            self.run_place.said = said;
        }
        Flow::GoOn
    }

    fn request(&mut self, client: ClientId, number: u64, bytes: &[u8]) -> Flow {
        if self.test_hooks && self.cut_links(client, number, bytes) {
            return Flow::GoOn;
        }
        let Some(caller) = self.callers.get(&client) else { return Flow::GoOn };
        let request = match wire::decode_request(bytes) {
            Ok(request) => request,
            Err(error) => {
                self.server.clients().close(client, &error.to_string());
                return Flow::GoOn;
            }
        };
        if request == Request::Shutdown && caller.access != Access::Owner {
            let reason = "only root may stop a node".to_string();
            let reply = Reply::Refused(Refusal::Denied { reason });
            self.server.clients().reply(client, number, wire::encode_reply(&reply));
            return Flow::GoOn;
        }
        let user = caller.user.clone();
        let groups = (caller.access != Access::Owner).then(|| caller.groups.clone());
        let program = caller.pid.map_or_else(String::new, program_name);
        self.next_asker += 1;
        let asker = self.next_asker;
        self.askers.insert(asker, (client, number));
        if request == Request::Subscribe {
            self.subscribers.insert(asker, client);
        }
        self.step(Event::Request { client: asker, request, user, groups, program })
    }

    /// For tests of partitions: `block ID ID…` cuts the links to those nodes.
    fn cut_links(&mut self, client: ClientId, number: u64, bytes: &[u8]) -> bool {
        let Some(ids) = std::str::from_utf8(bytes).ok().and_then(|text| text.strip_prefix("block")) else {
            return false;
        };
        let ids = ids.split_whitespace().filter_map(|id| id.parse().ok()).collect();
        if !self.engine.cluster.block(ids) {
            return false;
        }
        self.server.clients().reply(client, number, wire::encode_reply(&Reply::Done));
        true
    }
}

fn program_name(pid: i32) -> String {
    let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    name.trim().to_string()
}
