//! Location constraints, evaluated for every node.
//!
//! In: `rsc_location` as written. Out: [`Location`]s: so much for these nodes.

use super::Builder;
use super::colour::score_or_colour;
use crate::cib::model::constraint::{Location as Written, LocationOf, LocationWant};
use crate::cib::model::resource::Role;
use crate::cib::model::rule::{Condition, Rule, RuleScore, ValueSource};
use crate::rules::{self, Facts};
use crate::scheduler::table::{NodeId, ResourceId};
use crate::score::Score;
use regex::Regex;

/// Where to look for a resource that nobody started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProbeMode {
    #[default]
    Always,
    Never,
    /// Only where a constraint says so.
    Exclusive,
}

/// So much for these nodes, for one resource.
#[derive(Clone, Debug)]
pub struct Location {
    pub id: String,
    pub resource: ResourceId,
    /// `Unknown` holds whatever the role.
    pub role: Role,
    pub nodes: Vec<(NodeId, Score)>,
    pub probe: ProbeMode,
}

/// What may differ from one resource of a constraint to the next.
#[derive(Clone, Copy, Default)]
struct Particulars<'p> {
    role: Option<&'p str>,
    score: Option<Score>,
    submatches: &'p [String],
}

impl Builder<'_> {
    pub(super) fn read_location(&mut self, written: &Written) {
        self.inform_of_location(written);
        match &written.of {
            LocationOf::Resource(name) => match self.resource(name) {
                Some(resource) => self.locate(written, resource, Particulars::default()),
                None => self.locate_tag(written, name),
            },
            LocationOf::Pattern(pattern) => self.locate_pattern(written, pattern),
            LocationOf::Sets(sets) => {
                for set in self.with_tags_in_sets(sets) {
                    for name in &set.resources {
                        let Some(resource) = self.resource(name) else {
                            let why = self.stands_for_nothing(name);
                            return self.error(
                                &written.id,
                                name,
                                format!("ignoring set {} from '{name}' on: {why}", set.id),
                            );
                        };
                        self.locate(
                            written,
                            resource,
                            Particulars { role: set.role.as_deref(), score: set.score, ..Particulars::default() },
                        );
                    }
                }
            }
        }
    }

    fn locate_tag(&mut self, written: &Written, name: &str) {
        let Some(members) = self.tags.get(name).cloned() else {
            let why = self.stands_for_nothing(name);
            return self.ignore(&written.id, name, &why);
        };
        for member in members {
            match self.resource(&member) {
                Some(resource) => self.locate(
                    written,
                    resource,
                    Particulars { role: written.role.as_deref(), ..Particulars::default() },
                ),
                None => {
                    let why = self.stands_for_nothing(&member);
                    return self.ignore(&written.id, name, &format!("'{name}' stands for '{member}', and {why}"));
                }
            }
        }
    }

    fn locate_pattern(&mut self, written: &Written, pattern: &str) {
        let (text, inverted) = pattern.strip_prefix('!').map_or((pattern, false), |text| (text, true));
        let Ok(regex) = Regex::new(text) else {
            return self.ignore(&written.id, pattern, &format!("'{pattern}' is not a valid pattern"));
        };
        for &resource in &self.situation.top {
            let found = regex.captures(&self.situation.resources[resource].id);
            match (found, inverted) {
                (Some(captures), false) => {
                    let submatches: Vec<_> = captures
                        .iter()
                        .map(|group| group.map_or_else(String::new, |g| g.as_str().to_owned()))
                        .collect();
                    self.locate(written, resource, Particulars { submatches: &submatches, ..Particulars::default() });
                }
                (None, true) => self.locate(written, resource, Particulars::default()),
                _ => {}
            }
        }
    }

    fn locate(&mut self, written: &Written, resource: ResourceId, particulars: Particulars) {
        let probe = match written.discovery.as_deref().map(str::to_ascii_lowercase).as_deref() {
            None | Some("always") => ProbeMode::Always,
            Some("never") => ProbeMode::Never,
            Some("exclusive") => ProbeMode::Exclusive,
            Some(other) => {
                let why = format!("using resource-discovery=always because '{other}' is not valid");
                self.error(&written.id, "resource-discovery", why);
                ProbeMode::Always
            }
        };
        match &written.want {
            LocationWant::Node { node, score } => {
                let Some(score) = particulars.score.or(*score) else { return };
                let Some(node) = self.situation.node_by_name(node) else { return };
                let Some(role) = self.role(written, particulars.role.or(written.role.as_deref())) else { return };
                let nodes = vec![(node, score)];
                self.add_location(Location { id: written.id.clone(), resource, role, nodes, probe });
            }
            LocationWant::Rules(rules) => {
                if let Some(rule) = rules.first() {
                    self.locate_by_rule(written, rule, resource, probe, particulars.submatches);
                }
            }
            LocationWant::Nothing => {}
        }
    }

    fn locate_by_rule(
        &mut self,
        written: &Written,
        rule: &Rule,
        resource: ResourceId,
        probe: ProbeMode,
        submatches: &[String],
    ) {
        let Some(role) = self.role(written, rule.role.as_deref()) else { return };
        let Some(score) = &rule.score else {
            let why = format!("its rule {} has neither score nor score-attribute", rule.id);
            return self.ignore(&written.id, "rule", &why);
        };
        let situation = self.situation;
        let wants_parameters = asks_for(rule, ValueSource::Parameter);
        let mut nodes = Vec::new();
        for (node, facts) in situation.nodes.iter() {
            let parameters = wants_parameters.then(|| situation.parameters_on(resource, Some(node)));
            let known = Facts {
                node_attributes: Some(&facts.attributes),
                parameters: parameters.as_ref(),
                meta: Some(&situation.resources[resource].meta),
                submatches,
                ..Facts::default()
            };
            if !rules::holds(rule, &known, situation.now, &mut self.constraints.recheck) {
                continue;
            }
            let score = match score {
                RuleScore::Fixed(score) => Some(*score),
                RuleScore::FromAttribute(name) => {
                    facts.attribute(name).and_then(|text| score_or_colour(situation, text))
                }
            };
            nodes.extend(score.map(|score| (node, score)));
        }
        self.add_location(Location { id: rule.id.clone(), resource, role, nodes, probe });
    }

    /// Only the promoted role, and being stopped, restrict a location.
    fn role(&mut self, written: &Written, text: Option<&str>) -> Option<Role> {
        let Some(text) = text else { return Some(Role::Unknown) };
        match Role::parse(text) {
            Some(Role::Started | Role::Unpromoted) => Some(Role::Unknown),
            Some(role) => Some(role),
            None => {
                self.ignore(&written.id, text, &format!("'{text}' is not a role"));
                None
            }
        }
    }

    pub(super) fn add_location(&mut self, location: Location) {
        let resource = location.resource;
        if location.probe == ProbeMode::Exclusive {
            self.constraints.exclusive_probes[resource] = true;
        }
        let inside = self.situation.resources[resource].bundle().and_then(|settings| settings.inside);
        let at = self.constraints.locations.len();
        if let Some(inside) = inside.filter(|_| location.role > Role::Started) {
            self.constraints.locations_of[inside].push(at);
        }
        self.constraints.locations.push(location);
        self.constraints.locations_of[resource].push(at);
    }
}

fn asks_for(rule: &Rule, source: ValueSource) -> bool {
    rule.conditions.iter().any(|condition| match condition {
        Condition::Rule(rule) => asks_for(rule, source),
        Condition::Attribute(expression) => expression.source == source,
        _ => false,
    })
}
