//! Configurations made up along the schema `pacemaker-4.0`: every element and attribute it knows, in
//! every place, with values from dull to odd.
//!
//! In: chance. Out: a document that the schema accepts.
//! Absent: sense. The cluster would refuse much of it, but no tool may lose any of it.

use crate::world::chance::Chance;
use quorate_core::cib::Document;
use quorate_core::schema::{LATEST, vocabulary};
use quorate_core::xml::Element;
use quorate_grammar::crm::expect::DATE_FIELDS;

mod constraint;
mod resource;

struct Maker<'c> {
    chance: &'c mut Chance,
    ids: u64,
    /// Ids that references may name, by what they are of.
    nvpairs: Vec<String>,
    sets: Vec<(String, String)>,
    rules: Vec<String>,
    operations: Vec<String>,
    resource_sets: Vec<String>,
    resources: Vec<String>,
    templates: Vec<String>,
    roles: Vec<String>,
}

pub fn configuration(chance: &mut Chance) -> Document {
    let mut maker = Maker {
        chance,
        ids: 0,
        nvpairs: Vec::new(),
        sets: Vec::new(),
        rules: Vec::new(),
        operations: Vec::new(),
        resource_sets: Vec::new(),
        resources: Vec::new(),
        templates: Vec::new(),
        roles: Vec::new(),
    };
    let mut document = Document::empty();
    *document.configuration_mut() = maker.all();
    document
}

const VALUES: &[&str] = &[
    "1",
    "true",
    "a",
    "a b",
    "",
    "é",
    "\"q\"",
    "back\\slash",
    "it's",
    "a=b",
    "x\ny",
    "tab\there",
    "$x",
    "@y",
    "#z",
    "param{p}x",
    "(",
    "{",
    "-5",
    "10s",
    "/path/to",
    "a:b",
    "INFINITY",
    "\\",
    "trailing\\",
    "'",
    "rule",
    "and",
];
const NAMES: &[&str] = &[
    "a",
    "b",
    "target-role",
    "name",
    "hours",
    "years",
    "type",
    "value",
    "start",
    "op",
    "meta",
    "rule",
    "to",
    "select",
    "passwd",
    "x.y",
    "x_y",
    "#uname",
    "é",
    "operation",
    "description",
];
const ROLES: &[&str] = &["Stopped", "Started", "Promoted", "Unpromoted", "Master", "Slave"];
const DATES: &[&str] = &["2026-01-01", "2026-01-01 10:00:00Z", "2026-W01-1"];

impl Maker<'_> {
    fn maybe(&mut self, percent: u64) -> bool {
        self.chance.percent(percent)
    }

    fn some(&mut self, most: u64) -> u64 {
        self.chance.below(most + 1)
    }

    fn one<'v>(&mut self, values: &[&'v str]) -> &'v str {
        values[self.chance.below(values.len() as u64) as usize]
    }

    fn pick(&mut self, from: &[String]) -> Option<String> {
        (!from.is_empty()).then(|| from[self.chance.below(from.len() as u64) as usize].clone())
    }

    fn id(&mut self) -> String {
        self.ids += 1;
        match self.chance.below(4) {
            0 => format!("i{}", self.ids),
            1 => format!("_x.y-{}", self.ids),
            2 => format!("Ünï{}", self.ids),
            _ => format!("id-{}", self.ids),
        }
    }

    fn set(&mut self, element: &mut Element, percent: u64, name: &str, values: &[&str]) {
        if self.maybe(percent) {
            let value = self.one(values);
            element.set(name, value);
        }
    }

    fn score(&mut self) -> &'static str {
        self.one(&["0", "5", "-10", "INFINITY", "-INFINITY", "+5", "+INFINITY"])
    }

    fn plain_score(&mut self) -> &'static str {
        self.one(&["0", "5", "-10", "INFINITY", "-INFINITY"])
    }

    fn all(&mut self) -> Element {
        let mut configuration = Element::new("configuration");
        let mut crm_config = Element::new("crm_config");
        for at in 0..self.some(2) {
            let mut set = self.nvset("cluster_property_set");
            if at == 0 && self.maybe(50) && set.id().is_some() {
                set.set("id", "cib-bootstrap-options");
                self.sets.last_mut().expect("the set was just made").1 = "cib-bootstrap-options".to_string();
            }
            crm_config.push(set);
        }
        configuration.push(crm_config);
        let nodes = self.nodes();
        configuration.push(nodes);
        let resources = self.resources();
        configuration.push(resources);
        let constraints = self.constraints();
        configuration.push(constraints);
        for name in ["rsc_defaults", "op_defaults"] {
            if self.maybe(50) {
                let mut section = Element::new(name);
                for _ in 0..self.some(2) {
                    section.push(self.nvset("meta_attributes"));
                }
                configuration.push(section);
            }
        }
        for section in [Self::topology, Self::acls, Self::tags, Self::alerts] {
            if self.maybe(60) {
                let section = section(self);
                configuration.push(section);
            }
        }
        configuration
    }

    // ---- attribute sets and rules --------------------------------------------------------------------

    fn nvset(&mut self, name: &str) -> Element {
        let known: Vec<String> = self.sets.iter().filter(|(kind, _)| kind == name).map(|(_, id)| id.clone()).collect();
        if let Some(id) = self.pick(&known).filter(|_| self.maybe(10)) {
            return Element::new(name).with("id-ref", id);
        }
        let id = self.id();
        let mut set = Element::new(name).with("id", &id);
        if self.maybe(15) {
            let score = self.plain_score();
            set.set("score", score);
        }
        let rule_at = if self.maybe(30) { self.some(2) } else { 9 };
        let mut names: Vec<&str> = Vec::new();
        for at in 0..self.some(4) {
            if at == rule_at {
                let rule = self.rule(1);
                set.push(rule);
            }
            if let Some(reference) = self.pick(&self.nvpairs.clone()).filter(|_| self.maybe(8)) {
                set.push(Element::new("nvpair").with("id-ref", reference));
                continue;
            }
            let name = self.one(NAMES);
            if names.contains(&name) {
                continue;
            }
            names.push(name);
            let (id, value) = (self.id(), self.one(VALUES));
            self.nvpairs.push(id.clone());
            set.push(Element::new("nvpair").with("id", id).with("name", name).with("value", value));
        }
        self.sets.push((name.to_string(), id));
        set
    }

    fn rule(&mut self, depth: u64) -> Element {
        if let Some(id) = self.pick(&self.rules.clone()).filter(|_| self.maybe(10)) {
            return Element::new("rule").with("id-ref", id);
        }
        let id = self.id();
        let mut rule = Element::new("rule").with("id", &id);
        self.set(&mut rule, 40, "boolean-op", &["or", "and"]);
        self.set(&mut rule, 20, "role", ROLES);
        match self.chance.below(4) {
            0 => {}
            1 => self.set(&mut rule, 100, "score-attribute", &["pingd", "my_score", "none", "inf"]),
            _ => {
                let score = self.plain_score();
                rule.set("score", score);
            }
        }
        for _ in 0..1 + self.some(2) {
            let child = match self.chance.below(7) {
                0 if depth > 0 => self.rule(depth - 1),
                0..=3 => self.expression(),
                4 => self.date(),
                5 => self.agent_expression(),
                _ => self.operation_expression(),
            };
            rule.push(child);
        }
        self.rules.push(id);
        rule
    }

    fn expression(&mut self) -> Element {
        let id = self.id();
        let attribute = self.one(&["#uname", "a", "pingd", "date", "expression", "a b", "defined"]);
        let mut expression = Element::new("expression").with("id", id).with("attribute", attribute);
        self.set(&mut expression, 100, "operation", &["lt", "gt", "lte", "gte", "eq", "ne", "defined", "not_defined"]);
        let bare = expression.attr("operation").is_some_and(|operation| operation.contains("defined"));
        self.set(&mut expression, if bare { 5 } else { 95 }, "value", VALUES);
        self.set(&mut expression, if bare { 5 } else { 30 }, "type", &["string", "integer", "number", "version"]);
        self.set(&mut expression, if bare { 5 } else { 20 }, "value-source", &["literal", "param", "meta"]);
        expression
    }

    fn date(&mut self) -> Element {
        let mut date = Element::new("date_expression").with("id", self.id());
        match self.chance.below(4) {
            0 => {
                date.set("operation", "gt");
                self.set(&mut date, 100, "start", DATES);
            }
            1 => {
                date.set("operation", "lt");
                self.set(&mut date, 100, "end", DATES);
            }
            2 => {
                date.set("operation", "date_spec");
                let spec = self.fields("date_spec");
                date.push(spec);
            }
            _ => {
                date.set("operation", "in_range");
                let which = self.chance.below(3);
                self.set(&mut date, if which != 1 { 100 } else { 0 }, "start", DATES);
                self.set(&mut date, if which != 0 { 100 } else { 0 }, "end", DATES);
                if self.maybe(40) {
                    let duration = self.fields("duration");
                    date.push(duration);
                }
            }
        }
        date
    }

    fn fields(&mut self, name: &str) -> Element {
        let mut element = Element::new(name).with("id", self.id());
        let known = |field: &&&str| vocabulary(LATEST).any(|(element, other)| (element, other) == (name, **field));
        for field in DATE_FIELDS.iter().filter(known) {
            self.set(&mut element, 25, field, &["1", "9-17", "2026", "-5", "3-", "1-5,7"]);
        }
        element
    }

    fn agent_expression(&mut self) -> Element {
        let mut expression = Element::new("rsc_expression").with("id", self.id());
        self.set(&mut expression, 70, "class", &["ocf", "stonith"]);
        self.set(&mut expression, 50, "provider", &["heartbeat"]);
        let alone = expression.attr("class").is_none() && expression.attr("provider").is_none();
        self.set(&mut expression, if alone { 100 } else { 60 }, "type", &["Dummy", "a b"]);
        expression
    }

    fn operation_expression(&mut self) -> Element {
        let mut expression = Element::new("op_expression").with("id", self.id());
        self.set(&mut expression, 100, "name", &["monitor", "stop"]);
        self.set(&mut expression, 50, "interval", &["10s", "0"]);
        expression
    }

    fn extras(&mut self, element: &mut Element, names: &[&str]) {
        for _ in 0..self.some(3) {
            let name = self.one(names);
            let set = self.nvset(name);
            element.push(set);
        }
    }

    // ---- the rest ----------------------------------------------------------------------------------------

    fn topology(&mut self) -> Element {
        let mut topology = Element::new("fencing-topology");
        for _ in 0..self.some(5) {
            let mut level = Element::new("fencing-level").with("id", self.id());
            match self.chance.below(3) {
                0 => self.set(&mut level, 100, "target", &["node1", "node2", "a b"]),
                1 => self.set(&mut level, 100, "target-pattern", &["n.*", "a b"]),
                _ => {
                    self.set(&mut level, 100, "target-attribute", &["rack"]);
                    self.set(&mut level, 100, "target-value", &["1", "a b"]);
                }
            }
            self.set(&mut level, 100, "index", &["1", "2", "7"]);
            self.set(&mut level, 100, "devices", &["s1", "s1,s2"]);
            topology.push(level);
        }
        topology
    }

    fn acls(&mut self) -> Element {
        let mut acls = Element::new("acls");
        for _ in 0..self.some(2) {
            let id = self.id();
            let mut role = Element::new("acl_role").with("id", &id);
            self.set(&mut role, 20, "description", VALUES);
            for _ in 0..self.some(4) {
                let mut permission = Element::new("acl_permission").with("id", self.id());
                self.set(&mut permission, 100, "kind", &["read", "write", "deny"]);
                self.set(&mut permission, 20, "description", VALUES);
                match self.chance.below(3) {
                    0 => {
                        let paths = [
                            "/cib",
                            "//nodes/node",
                            "//a[@b='c d']",
                            "//primitive[@id='x']/meta_attributes",
                            "//primitive[@id='x']/meta_attributes/nvpair[@name='y']",
                            "//nodes/node[@uname='a:b']",
                            "//rsc_location[@id='cli-prefer-x' and @rsc='y']",
                            "//primitive[@id='']/utilization",
                        ];
                        self.set(&mut permission, 100, "xpath", &paths);
                    }
                    1 => permission.set("reference", self.pick(&self.resources.clone()).unwrap_or(id.clone())),
                    _ => {
                        self.set(&mut permission, 100, "object-type", &["node", "a b"]);
                        self.set(&mut permission, 50, "attribute", &["uname", "a b"]);
                    }
                }
                role.push(permission);
            }
            self.roles.push(id);
            acls.push(role);
        }
        if self.roles.is_empty() {
            return acls;
        }
        for name in ["acl_target", "acl_group"] {
            let mut actor = Element::new(name).with("id", self.id());
            self.set(&mut actor, 20, "name", VALUES);
            let mut roles: Vec<String> = Vec::new();
            for _ in 0..1 + self.some(2) {
                let role = self.pick(&self.roles.clone()).expect("there are roles");
                if !roles.contains(&role) {
                    actor.push(Element::new("role").with("id", &role));
                    roles.push(role);
                }
            }
            acls.push(actor);
        }
        acls
    }

    fn tags(&mut self) -> Element {
        let mut tags = Element::new("tags");
        if !self.resources.is_empty() {
            for _ in 0..self.some(2) {
                let mut tag = Element::new("tag").with("id", self.id());
                for _ in 0..1 + self.some(2) {
                    tag.push(Element::new("obj_ref").with("id", self.resource()));
                }
                tags.push(tag);
            }
        }
        tags
    }

    fn alerts(&mut self) -> Element {
        const SETS: &[&str] = &["instance_attributes", "meta_attributes"];
        let mut alerts = Element::new("alerts");
        for _ in 0..self.some(2) {
            let mut alert = Element::new("alert").with("id", self.id());
            self.set(&mut alert, 100, "path", &["/usr/x.sh", "/a b", "x"]);
            self.set(&mut alert, 20, "description", VALUES);
            self.extras(&mut alert, SETS);
            if self.maybe(50) {
                let select = self.select();
                alert.push(select);
            }
            for _ in 0..self.some(2) {
                let mut recipient = Element::new("recipient").with("id", self.id());
                self.set(&mut recipient, 100, "value", &["/l", "a b", "", "x}", "{y"]);
                self.set(&mut recipient, 20, "description", VALUES);
                self.extras(&mut recipient, SETS);
                alert.push(recipient);
            }
            alerts.push(alert);
        }
        alerts
    }

    fn select(&mut self) -> Element {
        let mut select = Element::new("select");
        if self.maybe(50) {
            let mut attributes = Element::new("select_attributes");
            for _ in 0..self.some(2) {
                let mut attribute = Element::new("attribute").with("id", self.id());
                self.set(&mut attribute, 100, "name", &["standby", "a b", "nodes"]);
                attributes.push(attribute);
            }
            select.push(attributes);
        }
        for name in ["select_fencing", "select_nodes", "select_resources"] {
            if self.maybe(40) {
                select.push(Element::new(name));
            }
        }
        select
    }
}
