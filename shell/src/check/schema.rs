//! The schema, as far as one table says it: which elements may stand where, with which attributes.
//!
//! In: a document. Out: problems, each with its object.
//! Absent: schemas before 3.0 (they are upgraded first), and the rare rules of what excludes what.

use super::Problem;
use quorate_core::cib::Document;
use quorate_core::cib::upgrade::Schema;
use quorate_core::xml::Element;
use quorate_grammar::diagnostic::closest;
use quorate_grammar::{Severity, literal};
use std::collections::BTreeMap;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Value {
    Text,
    Boolean,
    Integer,
    Score,
    One(&'static [&'static str]),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Need {
    Must,
    May,
    /// Only before 4.0.
    Old,
}

use Need::{May, Must, Old};
use Value::{Boolean, Integer, One, Score, Text};

type Attribute = (&'static str, Value, Need);

struct Rule {
    name: &'static str,
    attributes: &'static [Attribute],
    children: &'static [&'static str],
}

const ROLES: Value = One(&["Stopped", "Started", "Promoted", "Unpromoted", "Master", "Slave"]);
const ACTIONS: Value = One(&["start", "promote", "demote", "stop"]);
const KINDS: Value = One(&["Optional", "Mandatory", "Serialize"]);
const ID: Attribute = ("id", Text, Must);
const NOTE: Attribute = ("description", Text, May);
const SETS: &[&str] = &["instance_attributes", "meta_attributes"];
const SET: &[Attribute] = &[("id", Text, May), ("id-ref", Text, May), ("score", Score, May)];
const IN_SET: &[&str] = &["rule", "nvpair"];
const ENGINE: &[Attribute] = &[
    ("image", Text, Must),
    ("replicas", Integer, May),
    ("replicas-per-host", Integer, May),
    ("promoted-max", Integer, May),
    ("masters", Integer, Old),
    ("run-command", Text, May),
    ("network", Text, May),
    ("options", Text, May),
];
const CLASSES: Value = One(&["ocf", "lsb", "heartbeat", "stonith", "service", "systemd", "upstart", "nagios"]);
const AGENT: &[Attribute] = &[ID, ("class", CLASSES, May), ("provider", Text, May), ("type", Text, May), NOTE];
const PRIMITIVE: &[Attribute] =
    &[ID, ("class", CLASSES, May), ("provider", Text, May), ("type", Text, May), ("template", Text, May), NOTE];
const RESOURCES: &[&str] = &["primitive", "template", "group", "clone", "master", "bundle"];
const FIELDS: &[Attribute] = &[
    ID,
    ("years", Text, May),
    ("months", Text, May),
    ("weeks", Text, May),
    ("days", Text, May),
    ("hours", Text, May),
    ("minutes", Text, May),
    ("seconds", Text, May),
    ("monthdays", Text, May),
    ("weekdays", Text, May),
    ("yeardays", Text, May),
    ("yearsdays", Text, May),
    ("weekyears", Text, May),
    ("moon", Text, May),
];

const SCHEMA: &[Rule] = &[
    Rule {
        name: "configuration",
        attributes: &[],
        children: &[
            "crm_config",
            "nodes",
            "resources",
            "constraints",
            "rsc_defaults",
            "op_defaults",
            "fencing-topology",
            "acls",
            "tags",
            "alerts",
        ],
    },
    Rule { name: "crm_config", attributes: &[], children: &["cluster_property_set"] },
    Rule { name: "rsc_defaults", attributes: &[], children: &["meta_attributes"] },
    Rule { name: "op_defaults", attributes: &[], children: &["meta_attributes"] },
    Rule { name: "nodes", attributes: &[], children: &["node"] },
    Rule { name: "resources", attributes: &[], children: RESOURCES },
    Rule {
        name: "constraints",
        attributes: &[],
        children: &["rsc_location", "rsc_colocation", "rsc_order", "rsc_ticket"],
    },
    Rule { name: "tags", attributes: &[], children: &["tag"] },
    Rule { name: "acls", attributes: &[], children: &["acl_role", "acl_target", "acl_group", "acl_user"] },
    Rule { name: "alerts", attributes: &[], children: &["alert"] },
    Rule { name: "fencing-topology", attributes: &[], children: &["fencing-level"] },
    Rule { name: "cluster_property_set", attributes: SET, children: IN_SET },
    Rule { name: "instance_attributes", attributes: SET, children: IN_SET },
    Rule { name: "meta_attributes", attributes: SET, children: IN_SET },
    Rule { name: "utilization", attributes: SET, children: IN_SET },
    Rule {
        name: "nvpair",
        attributes: &[("id", Text, May), ("id-ref", Text, May), ("name", Text, May), ("value", Text, May)],
        children: &[],
    },
    Rule {
        name: "node",
        attributes: &[
            ID,
            ("uname", Text, Must),
            ("type", One(&["member", "remote", "normal", "ping"]), May),
            NOTE,
            ("score", Score, May),
        ],
        children: &["instance_attributes", "utilization"],
    },
    Rule {
        name: "primitive",
        attributes: PRIMITIVE,
        children: &["instance_attributes", "meta_attributes", "utilization", "operations"],
    },
    Rule {
        name: "template",
        attributes: AGENT,
        children: &["instance_attributes", "meta_attributes", "utilization", "operations"],
    },
    Rule { name: "operations", attributes: &[("id", Text, May), ("id-ref", Text, May)], children: &["op"] },
    Rule {
        name: "op",
        attributes: &[
            ID,
            ("name", Text, Must),
            ("interval", Text, Must),
            NOTE,
            ("start-delay", Text, May),
            ("interval-origin", Text, May),
            ("timeout", Text, May),
            ("enabled", Boolean, May),
            ("record-pending", Boolean, May),
            ("role", ROLES, May),
            (
                "on-fail",
                One(&["ignore", "block", "demote", "stop", "restart", "standby", "fence", "restart-container"]),
                May,
            ),
        ],
        children: SETS,
    },
    Rule { name: "group", attributes: &[ID, NOTE], children: &["instance_attributes", "meta_attributes", "primitive"] },
    Rule {
        name: "clone",
        attributes: &[ID, NOTE],
        children: &["instance_attributes", "meta_attributes", "primitive", "group"],
    },
    Rule {
        name: "master",
        attributes: &[ID, NOTE],
        children: &["instance_attributes", "meta_attributes", "primitive", "group"],
    },
    Rule {
        name: "bundle",
        attributes: &[ID, NOTE],
        children: &[
            "instance_attributes",
            "meta_attributes",
            "docker",
            "podman",
            "rkt",
            "network",
            "storage",
            "primitive",
        ],
    },
    Rule { name: "docker", attributes: ENGINE, children: &[] },
    Rule { name: "podman", attributes: ENGINE, children: &[] },
    Rule { name: "rkt", attributes: ENGINE, children: &[] },
    Rule {
        name: "network",
        attributes: &[
            ("ip-range-start", Text, May),
            ("control-port", Integer, May),
            ("host-interface", Text, May),
            ("host-netmask", Integer, May),
            ("add-host", Boolean, May),
        ],
        children: &["port-mapping"],
    },
    Rule {
        name: "port-mapping",
        attributes: &[ID, ("port", Integer, May), ("internal-port", Integer, May), ("range", Text, May)],
        children: &[],
    },
    Rule { name: "storage", attributes: &[], children: &["storage-mapping"] },
    Rule {
        name: "storage-mapping",
        attributes: &[
            ID,
            ("source-dir", Text, May),
            ("source-dir-root", Text, May),
            ("target-dir", Text, Must),
            ("options", Text, May),
        ],
        children: &[],
    },
    Rule {
        name: "rsc_location",
        attributes: &[
            ID,
            ("rsc", Text, May),
            ("rsc-pattern", Text, May),
            ("role", ROLES, May),
            ("score", Score, May),
            ("score-attribute", Text, Old),
            ("node", Text, May),
            ("resource-discovery", One(&["always", "never", "exclusive"]), May),
        ],
        children: &["resource_set", "rule", "lifetime"],
    },
    Rule {
        name: "rsc_colocation",
        attributes: &[
            ID,
            ("score", Score, May),
            ("score-attribute", Text, Old),
            ("influence", Text, May),
            ("rsc", Text, May),
            ("with-rsc", Text, May),
            ("node-attribute", Text, May),
            ("rsc-role", ROLES, May),
            ("with-rsc-role", ROLES, May),
            ("rsc-instance", Integer, Old),
            ("with-rsc-instance", Integer, Old),
        ],
        children: &["resource_set", "lifetime"],
    },
    Rule {
        name: "rsc_order",
        attributes: &[
            ID,
            ("symmetrical", Boolean, May),
            ("require-all", Boolean, May),
            ("score", Score, May),
            ("kind", KINDS, May),
            ("first", Text, May),
            ("then", Text, May),
            ("first-action", ACTIONS, May),
            ("then-action", ACTIONS, May),
            ("first-instance", Integer, Old),
            ("then-instance", Integer, Old),
        ],
        children: &["resource_set", "lifetime"],
    },
    Rule {
        name: "rsc_ticket",
        attributes: &[
            ID,
            ("ticket", Text, Must),
            ("loss-policy", One(&["stop", "demote", "fence", "freeze"]), May),
            ("rsc", Text, May),
            ("rsc-role", ROLES, May),
        ],
        children: &["resource_set"],
    },
    Rule {
        name: "resource_set",
        attributes: &[
            ("id", Text, May),
            ("id-ref", Text, May),
            ("sequential", Boolean, May),
            ("require-all", Boolean, May),
            ("ordering", One(&["group", "listed"]), May),
            ("action", ACTIONS, May),
            ("role", ROLES, May),
            ("score", Score, May),
            ("kind", KINDS, May),
        ],
        children: &["resource_ref"],
    },
    Rule { name: "resource_ref", attributes: &[ID], children: &[] },
    Rule { name: "lifetime", attributes: &[], children: &["rule"] },
    Rule {
        name: "rule",
        attributes: &[
            ("id", Text, May),
            ("id-ref", Text, May),
            ("boolean-op", One(&["or", "and"]), May),
            ("role", Text, May),
            ("score", Score, May),
            ("score-attribute", Text, May),
        ],
        children: &["expression", "date_expression", "rsc_expression", "op_expression", "rule"],
    },
    Rule {
        name: "expression",
        attributes: &[
            ID,
            ("attribute", Text, Must),
            ("operation", One(&["lt", "gt", "lte", "gte", "eq", "ne", "defined", "not_defined"]), Must),
            ("value", Text, May),
            ("type", One(&["string", "integer", "number", "version"]), May),
            ("value-source", One(&["literal", "param", "meta"]), May),
        ],
        children: &[],
    },
    Rule {
        name: "date_expression",
        attributes: &[
            ID,
            ("operation", One(&["in_range", "gt", "lt", "date_spec"]), Must),
            ("start", Text, May),
            ("end", Text, May),
        ],
        children: &["duration", "date_spec"],
    },
    Rule { name: "duration", attributes: FIELDS, children: &[] },
    Rule { name: "date_spec", attributes: FIELDS, children: &[] },
    Rule {
        name: "rsc_expression",
        attributes: &[ID, ("class", Text, May), ("provider", Text, May), ("type", Text, May)],
        children: &[],
    },
    Rule { name: "op_expression", attributes: &[ID, ("name", Text, Must), ("interval", Text, May)], children: &[] },
    Rule { name: "tag", attributes: &[ID], children: &["obj_ref"] },
    Rule { name: "obj_ref", attributes: &[ID], children: &[] },
    Rule {
        name: "fencing-level",
        attributes: &[
            ID,
            ("target", Text, May),
            ("target-pattern", Text, May),
            ("target-attribute", Text, May),
            ("target-value", Text, May),
            ("index", Integer, Must),
            ("devices", Text, Must),
        ],
        children: &[],
    },
    Rule { name: "acl_role", attributes: &[ID, NOTE], children: &["acl_permission", "read", "write", "deny"] },
    Rule {
        name: "acl_permission",
        attributes: &[
            ID,
            ("kind", One(&["read", "write", "deny"]), Must),
            ("xpath", Text, May),
            ("reference", Text, May),
            ("object-type", Text, May),
            ("attribute", Text, May),
            NOTE,
        ],
        children: &[],
    },
    Rule { name: "acl_target", attributes: &[ID, ("name", Text, May)], children: &["role"] },
    Rule { name: "acl_group", attributes: &[ID, ("name", Text, May)], children: &["role"] },
    Rule { name: "role", attributes: &[ID], children: &[] },
    Rule {
        name: "alert",
        attributes: &[ID, ("path", Text, Must), NOTE],
        children: &["instance_attributes", "meta_attributes", "select", "recipient"],
    },
    Rule {
        name: "select",
        attributes: &[],
        children: &["select_attributes", "select_fencing", "select_nodes", "select_resources"],
    },
    Rule { name: "select_attributes", attributes: &[], children: &["attribute"] },
    Rule { name: "select_fencing", attributes: &[], children: &[] },
    Rule { name: "select_nodes", attributes: &[], children: &[] },
    Rule { name: "select_resources", attributes: &[], children: &[] },
    Rule { name: "attribute", attributes: &[ID, ("name", Text, Must)], children: &[] },
    Rule { name: "recipient", attributes: &[ID, ("value", Text, Must), NOTE], children: SETS },
];

/// Elements that 4.0 no longer has.
const GONE: &[&str] = &["master", "rkt", "lifetime", "acl_user", "read", "write", "deny"];

/// Every element of the latest schema with each of its attributes.
pub fn vocabulary() -> impl Iterator<Item = (&'static str, &'static str)> {
    let latest = SCHEMA.iter().filter(|rule| !GONE.contains(&rule.name));
    latest.flat_map(|rule| {
        let now = rule.attributes.iter().filter(|(_, _, need)| *need != Old);
        now.map(|(attribute, _, _)| (rule.name, *attribute))
    })
}

/// The schemas there are, oldest first.
pub fn names() -> Vec<String> {
    let all = (1..=4).flat_map(|major| (0..=10).map(move |minor| format!("pacemaker-{major}.{minor}")));
    all.filter(|name| Schema::parse(name).is_some()).collect()
}

/// Older schemas are another grammar; upgrading tells what is wrong with them.
const OLDEST: Schema = Schema { major: 3, minor: 0 };

pub fn check(document: &Document) -> Vec<Problem> {
    let schema = document.root().attr("validate-with").and_then(Schema::parse);
    let Some(schema) = schema.filter(|schema| *schema >= OLDEST) else { return Vec::new() };
    let mut checker = Checker { new: schema.major >= 4, problems: Vec::new(), ids: BTreeMap::new() };
    let configuration = document.configuration();
    for section in configuration.elements() {
        checker.stands_in(section, "configuration", &section.name);
        checker.attributes(section, &section.name);
        for object in section.elements() {
            let name = object.id().unwrap_or(&object.name).to_string();
            checker.below(object, section, &name);
        }
    }
    checker.problems
}

struct Checker {
    new: bool,
    problems: Vec<Problem>,
    ids: BTreeMap<String, String>,
}

impl Checker {
    fn say(&mut self, object: &str, message: String) {
        self.problems.push(Problem { severity: Severity::Error, object: object.to_string(), message });
    }

    fn below(&mut self, element: &Element, parent: &Element, object: &str) {
        if !self.stands_in(element, &parent.name, object) {
            return;
        }
        self.attributes(element, object);
        self.id_of(element, object);
        for child in element.elements() {
            let inner = if RESOURCES.contains(&&*child.name) { child.id().unwrap_or(object) } else { object };
            let inner = inner.to_string();
            self.below(child, element, &inner);
        }
    }

    fn stands_in(&mut self, element: &Element, parent: &str, object: &str) -> bool {
        let children = SCHEMA.iter().find(|rule| rule.name == parent).map_or(&[] as &[&str], |rule| rule.children);
        let known = children.contains(&&*element.name) && !(self.new && GONE.contains(&&*element.name));
        if !known {
            let near = closest(&element.name, children.iter().copied()).filter(|near| **near != *element.name);
            let hint = near.map_or(String::new(), |near| format!("; did you mean <{near}>?"));
            self.say(object, format!("the schema has no <{}> in <{parent}>{hint}", element.name));
        }
        known
    }

    fn attributes(&mut self, element: &Element, object: &str) {
        let Some(rule) = SCHEMA.iter().find(|rule| rule.name == &*element.name) else { return };
        for (name, value) in &element.attributes {
            let known =
                rule.attributes.iter().find(|(known, _, need)| *known == &**name && !(self.new && *need == Old));
            match known {
                None => self.say(object, format!("the schema has no attribute `{name}` of <{}>", element.name)),
                Some((_, kind, _)) => {
                    if let Some(wanted) = wrong(*kind, value) {
                        self.say(object, format!("`{name}` of <{}> is {wanted}, not `{value}`", element.name));
                    }
                }
            }
        }
        for (name, _, need) in rule.attributes {
            if *need == Must && element.attr(name).is_none() {
                self.say(object, format!("<{}> has no `{name}`", element.name));
            }
        }
    }

    /// Ids are unique in a document, but for those of nodes and users.
    fn id_of(&mut self, element: &Element, object: &str) {
        let refers = matches!(&*element.name, "resource_ref" | "obj_ref" | "role" | "role_ref" | "node" | "acl_target");
        let Some(id) = element.id().filter(|_| !refers) else { return };
        if let Some(other) = self.ids.insert(id.to_string(), object.to_string()) {
            self.say(object, format!("the id `{id}` is used twice (also in {other})"));
        }
    }
}

fn wrong(kind: Value, text: &str) -> Option<String> {
    match kind {
        Text => None,
        Boolean => (!matches!(text, "true" | "false" | "1" | "0")).then(|| "true or false".into()),
        Integer => text.trim().parse::<i64>().is_err().then(|| "a whole number".into()),
        Score => literal::score(text).is_err().then(|| "a whole number or INFINITY".into()),
        One(words) => (!words.contains(&text)).then(|| format!("one of {}", words.join(", "))),
    }
}
