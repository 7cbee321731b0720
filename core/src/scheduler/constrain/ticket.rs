//! Tickets: what a site may run only while it holds one.
//!
//! In: `rsc_ticket` as written, ticket states. Out: bans, frozen resources, nodes to fence.

use super::effect::SetsOf;
use super::{BanReason, Builder};
use crate::cib::model::constraint::{Ticket as Written, TicketOf};
use crate::cib::model::resource::Role;
use crate::scheduler::relation::Point;
use crate::scheduler::table::{NodeId, ResourceId};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LossPolicy {
    Stop,
    Demote,
    Fence,
    Freeze,
}

/// That a resource needs a ticket, and whether it has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TicketNeed {
    pub constraint: String,
    pub ticket: String,
    pub role: Role,
    /// Granted and not in standby.
    pub held: bool,
}

#[derive(Clone, Copy)]
struct Terms {
    granted: bool,
    role: Role,
    policy: LossPolicy,
}

impl Builder<'_> {
    pub(super) fn read_ticket(&mut self, written: &Written) {
        match &written.of {
            TicketOf::Resource { resource, role } => {
                match (self.resource(resource), self.tags.get(resource.as_str()).cloned()) {
                    (Some(id), _) => self.need_ticket(written, &written.id, id, role.as_deref()),
                    (None, Some(members)) => {
                        let role_of_all = role.as_deref().unwrap_or_default();
                        self.inform_of_role(&written.id, std::slice::from_ref(resource), role_of_all);
                        for member in members {
                            if let Some(id) = self.resource(&member) {
                                self.need_ticket(written, &written.id, id, role.as_deref());
                            }
                        }
                    }
                    (None, None) => {
                        let why = self.stands_for_nothing(resource);
                        self.ignore(&written.id, resource, &why);
                    }
                }
            }
            TicketOf::Sets(sets) => {
                self.inform_of_sets(&written.id, sets, SetsOf::Ticket);
                for set in self.with_tags_in_sets(sets) {
                    for name in &set.resources {
                        let Some(id) = self.resource(name) else {
                            let why = self.stands_for_nothing(name);
                            return self.error(
                                &written.id,
                                name,
                                format!("ignoring set {} from '{name}' on: {why}", set.id),
                            );
                        };
                        self.need_ticket(written, &set.id, id, set.role.as_deref());
                    }
                }
            }
        }
    }

    fn need_ticket(&mut self, written: &Written, id: &str, resource: ResourceId, role: Option<&str>) {
        let Some(role) = self.constraint_role(id, role) else { return };
        let state = self.situation.status.tickets.iter().find(|state| state.id == written.ticket);
        let (granted, standby) = state.map_or((false, false), |state| (state.granted, state.standby));
        let terms = Terms { granted, role, policy: self.loss_policy(written, role) };
        self.constraints.tickets[resource].push(TicketNeed {
            constraint: id.to_owned(),
            ticket: written.ticket.clone(),
            role,
            held: granted && !standby,
        });
        if !granted || standby {
            self.lose_ticket(resource, terms);
        }
    }

    fn loss_policy(&mut self, written: &Written, role: Role) -> LossPolicy {
        let default = if role == Role::Promoted { LossPolicy::Demote } else { LossPolicy::Stop };
        match written.loss_policy.as_deref().map(str::to_ascii_lowercase).as_deref() {
            Some("fence") if self.situation.options.fencing_enabled => LossPolicy::Fence,
            Some("fence") => {
                let why = "using loss-policy=stop because fencing is disabled".to_owned();
                self.error(&written.id, "loss-policy", why);
                LossPolicy::Stop
            }
            Some("freeze") => LossPolicy::Freeze,
            Some("demote") => LossPolicy::Demote,
            Some("stop") => LossPolicy::Stop,
            _ => default,
        }
    }

    fn lose_ticket(&mut self, resource: ResourceId, terms: Terms) {
        let facts = &self.situation.resources[resource];
        if !facts.children.is_empty() {
            for &child in &facts.children {
                self.lose_ticket(child, terms);
            }
            return;
        }
        let is_active = !facts.active_on.is_empty();
        let for_promotion_only = terms.role == Role::Promoted;
        if terms.granted || !is_active {
            // In standby, or not running: what is not there does not come.
            if !for_promotion_only || terms.policy == LossPolicy::Stop {
                self.ban(resource, None, BanReason::LostTicket);
            }
            return;
        }
        let role_fits = terms.role == Role::Unknown || terms.role == facts.role;
        match terms.policy {
            LossPolicy::Stop => self.ban(resource, None, BanReason::LostTicket),
            LossPolicy::Demote if for_promotion_only => {}
            LossPolicy::Demote => self.ban(resource, None, BanReason::LostTicket),
            LossPolicy::Fence if role_fits => {
                self.ban(resource, None, BanReason::LostTicket);
                for &node in &facts.active_on {
                    self.fence_for_ticket(node);
                }
            }
            LossPolicy::Freeze if role_fits => {
                self.constraints.managed[resource] = false;
                self.constraints.blocked[resource] = true;
            }
            LossPolicy::Fence | LossPolicy::Freeze => {}
        }
    }

    fn fence_for_ticket(&mut self, node: NodeId) {
        let facts = &self.situation.nodes[node];
        let connection = facts.connection;
        let constraints = &mut self.constraints;
        if let Some(launcher) = connection.and_then(|connection| self.situation.resources[connection].launcher) {
            // A guest is fenced by recovering what it runs in.
            if !constraints.failed[launcher] && constraints.managed[launcher] {
                constraints.failed[launcher] = true;
                constraints.reset[node] = true;
            }
            return;
        }
        if facts.is_remote() && connection.is_none_or(|connection| constraints.managed[connection]) {
            constraints.reset[node] = true;
        }
        if facts.is_remote() || !constraints.unclean[node] {
            constraints.unclean[node] = true;
            self.point(Point::Fence { node, reason: "deadman ticket was lost".to_owned() });
        }
    }
}
