//! Configurations made up as text, in the part of the language that crmsh 4.4 has too.
//!
//! In: chance. Out: statements that both read.
//! Absent: forms that only one of us knows; see COMPAT.md.

use crate::world::chance::Chance;

pub struct Writer<'c> {
    chance: &'c mut Chance,
    lines: Vec<String>,
    primitives: Vec<String>,
    free: Vec<String>,
    resources: Vec<String>,
    templates: Vec<String>,
    /// Ids that `$id-ref=` may name: of rules, and of sets by their keyword.
    rules: Vec<String>,
    sets: Vec<(&'static str, String)>,
    number: usize,
}

/// So many statements (and the nodes and resources they need).
pub fn text(chance: &mut Chance, statements: usize) -> String {
    let mut writer = Writer {
        chance,
        lines: Vec::new(),
        primitives: Vec::new(),
        free: Vec::new(),
        resources: Vec::new(),
        templates: Vec::new(),
        rules: Vec::new(),
        sets: Vec::new(),
        number: 0,
    };
    writer.all(statements);
    writer.lines.join("\n") + "\n"
}

const VALUES: &[&str] = &["1", "true", "a.b-c", "\"a b\"", "/tmp/x", "'it is'", "\"\"", "10s", "x,y", "a:b", "5%"];
const AGENTS: &[&str] = &[
    "Dummy",
    "ocf:heartbeat:Dummy",
    "ocf:pacemaker:Dummy",
    "ocf:pacemaker:Stateful",
    "IPaddr2",
    "systemd:foo",
    "stonith:external/ssh",
    "lsb:bar",
];
const ROLES: &[&str] = &["Started", "Stopped", "Promoted", "Unpromoted", "Master", "Slave"];

impl Writer<'_> {
    fn one<'v>(&mut self, values: &[&'v str]) -> &'v str {
        values[self.chance.below(values.len() as u64) as usize]
    }

    fn pick(&mut self, from: &[String]) -> Option<String> {
        (!from.is_empty()).then(|| from[self.chance.below(from.len() as u64) as usize].clone())
    }

    fn maybe(&mut self, percent: u64) -> bool {
        self.chance.percent(percent)
    }

    fn id(&mut self, start: &str) -> String {
        self.number += 1;
        match self.chance.below(3) {
            0 => format!("{start}{}", self.number),
            1 => format!("{start}-x.{}", self.number),
            _ => format!("{start}_{}", self.number),
        }
    }

    fn all(&mut self, statements: usize) {
        for number in 1..=3 {
            let sets = self.sets_of(&["attributes", "utilization"], 30);
            self.lines.push(format!("node {number}: n{number}{sets}"));
        }
        for _ in 0..statements / 3 {
            self.primitive();
        }
        for _ in 0..statements / 6 {
            self.container();
        }
        for _ in 0..statements / 2 {
            match self.chance.below(10) {
                0..=2 => self.location(),
                3 | 4 => self.colocation(),
                5 | 6 => self.order(),
                7 => self.ticket(),
                8 => self.tag(),
                _ => self.access(),
            }
        }
        self.options();
        if self.maybe(50) {
            let devices = self.primitives[..2].join(" ");
            let both = self.primitives[..2].join(",");
            self.lines.push(format!("fencing_topology n1: {devices} n2: {both} n3: {both}"));
        }
    }

    // ---- attributes and rules ------------------------------------------------------------------------

    fn pairs(&mut self, least: u64) -> String {
        let mut names: Vec<&str> = Vec::new();
        let mut text = String::new();
        for _ in 0..least + self.chance.below(3) {
            let name = self.one(&["a", "b_c", "target-role", "x.y", "migration-threshold", "fake", "z"]);
            if !names.contains(&name) {
                names.push(name);
                let value = self.one(VALUES);
                text.push_str(&format!(" {name}={value}"));
            }
        }
        text
    }

    fn sets_of(&mut self, keywords: &[&'static str], percent: u64) -> String {
        let mut text = String::new();
        for keyword in keywords {
            for _ in 0..2 {
                if !self.maybe(percent) {
                    continue;
                }
                let known: Vec<String> =
                    self.sets.iter().filter(|(kind, _)| kind == keyword).map(|(_, id)| id.clone()).collect();
                if let Some(id) = self.pick(&known).filter(|_| self.maybe(10)) {
                    text.push_str(&format!(" {keyword} $id-ref={id}"));
                    continue;
                }
                let score = if self.maybe(10) { " 5:" } else { "" };
                let rule = if self.maybe(10) { format!(" {}", self.rule(false)) } else { String::new() };
                let pairs = self.pairs(1);
                text.push_str(&format!(" {keyword}{score}{rule}{pairs}"));
            }
        }
        text
    }

    fn rule(&mut self, located: bool) -> String {
        if let Some(id) = self.pick(&self.rules.clone()).filter(|_| located && self.maybe(10)) {
            return format!("rule $id-ref={id}");
        }
        let mut text = String::from("rule");
        if located && self.maybe(20) {
            let id = self.id("r");
            text.push_str(&format!(" $id={id}"));
            self.rules.push(id);
        }
        if located && self.maybe(20) {
            let role = self.one(ROLES);
            text.push_str(&format!(" $role={role}"));
        }
        let score = self.one(&["", "", " 10:", " inf:", " -inf:", " -5:", " pingd:"]);
        text.push_str(score);
        let joint = self.one(&["and", "or"]);
        for at in 0..1 + self.chance.below(3) {
            if at > 0 {
                text.push_str(&format!(" {joint}"));
            }
            let expression = self.expression();
            text.push_str(&format!(" {expression}"));
        }
        text
    }

    fn expression(&mut self) -> String {
        let name = self.one(&["#uname", "#id", "pingd", "rack"]);
        let operation = self.one(&["lt", "gt", "lte", "gte", "eq", "ne"]);
        match self.chance.below(8) {
            0 => format!("defined {name}"),
            1 => format!("not_defined {name}"),
            2 => "date lt 2026-05-26".into(),
            3 => "date gt \"2026-05-26 10:00\"".into(),
            4 => "date in start=2026-05-26 end=2026-07-26".into(),
            5 => "date in start=2026-05-26 years=1 months=2".into(),
            6 => "date spec hours=9-17 weekdays=1-5".into(),
            _ => {
                let kind = self.one(&["", "", "string:", "number:", "version:"]);
                let value = self.one(&["n1", "5", "a.b", "param{x}", "meta{y}"]);
                format!("{name} {kind}{operation} {value}")
            }
        }
    }

    // ---- resources -------------------------------------------------------------------------------------

    fn primitive(&mut self) {
        let template = self.maybe(10);
        let id = self.id(if template { "t" } else { "p" });
        let keyword = if template { "rsc_template" } else { "primitive" };
        let agent = match self.pick(&self.templates.clone()).filter(|_| !template && self.maybe(30)) {
            Some(template) => format!("@{template}"),
            None => self.one(AGENTS).to_string(),
        };
        let description = if self.maybe(15) { " description=\"some words\"" } else { "" };
        let sets = self.sets_of(&["params", "meta", "utilization"], 25);
        let operations = self.operations(&id);
        self.lines.push(format!("{keyword} {id} {agent}{description}{sets}{operations}"));
        if template {
            self.templates.push(id);
        } else {
            self.primitives.push(id.clone());
            self.free.push(id.clone());
            self.resources.push(id);
        }
    }

    fn operations(&mut self, owner: &str) -> String {
        let mut text = String::new();
        if self.maybe(10) {
            text.push_str(&format!(" operations $id={owner}-ops"));
        }
        for name in ["monitor", "monitor", "start", "stop"] {
            if !self.maybe(30) {
                continue;
            }
            let interval = self.one(&["10", "30s", "1m", "0"]);
            text.push_str(&format!(" op {name} interval={interval}"));
            for attribute in ["timeout=20s", "on-fail=restart", "role=Master", "enabled=true", "OCF_CHECK_LEVEL=10"] {
                if self.maybe(20) {
                    text.push_str(&format!(" {attribute}"));
                }
            }
            text.push_str(&self.sets_of(&["op_params", "op_meta"], 8));
        }
        text
    }

    fn container(&mut self) {
        if self.free.len() < 4 {
            return;
        }
        let sets = self.sets_of(&["params", "meta"], 20);
        let mut inside: Vec<String> = self.free.drain(..1).collect();
        let (keyword, id) = match self.chance.below(4) {
            0 | 1 => {
                let more = 1 + self.chance.below(2) as usize;
                inside.extend(self.free.drain(..more));
                ("group", self.id("g"))
            }
            2 => ("clone", self.id("c")),
            _ => ("ms", self.id("m")),
        };
        let description = if self.maybe(15) { " description=\"some words\"" } else { "" };
        self.lines.push(format!("{keyword} {id} {}{description}{sets}", inside.join(" ")));
        self.resources.push(id);
    }

    // ---- constraints -----------------------------------------------------------------------------------

    fn resource(&mut self) -> String {
        self.pick(&self.resources.clone()).expect("resources come first")
    }

    fn score(&mut self) -> &'static str {
        self.one(&["inf", "-inf", "100", "-7", "0", "INFINITY", "+5"])
    }

    fn location(&mut self) {
        let id = self.id("l");
        let target = match self.chance.below(5) {
            0 => "/p.*/".to_string(),
            1 => format!("{{ {} }}", self.members(None)),
            _ => self.resource(),
        };
        let discovery = if self.maybe(15) { " resource-discovery=never" } else { "" };
        let place = if self.maybe(50) {
            let (score, node) = (self.score(), self.one(&["n1", "n2"]));
            format!("{score}: {node}")
        } else {
            let rules: Vec<String> = (0..1 + self.chance.below(2)).map(|_| self.rule(true)).collect();
            rules.join(" ")
        };
        self.lines.push(format!("location {id} {target}{discovery} {place}"));
    }

    /// Resources in sets of every bracket form.
    fn members(&mut self, qualifiers: Option<&[&str]>) -> String {
        let mut text = String::new();
        let mut left: Vec<String> = self.resources.clone();
        for _ in 0..1 + self.chance.below(3) {
            let count = 1 + self.chance.below(3) as usize;
            let bracket = self.chance.below(4);
            let qualifier = qualifiers.filter(|_| self.maybe(30)).map(|words| format!(":{}", self.one(words)));
            let mut members: Vec<String> = Vec::new();
            for _ in 0..count {
                if left.is_empty() {
                    break;
                }
                let at = self.chance.below(left.len() as u64) as usize;
                members.push(format!("{}{}", left.remove(at), qualifier.clone().unwrap_or_default()));
            }
            let members = members.join(" ");
            text.push_str(&match bracket {
                _ if members.is_empty() => String::new(),
                0 => format!(" ( {members} )"),
                1 => format!(" [ {members} ]"),
                _ => format!(" {members}"),
            });
        }
        text.trim().to_string()
    }

    /// At least two, for what needs a pair.
    fn pair(&mut self, qualifiers: &[&str]) -> String {
        loop {
            let text = self.members(Some(qualifiers));
            let bare = !text.contains(['(', '[']);
            if text.split_whitespace().count() > 1 && (bare || text.contains(' ')) {
                return text;
            }
        }
    }

    fn colocation(&mut self) {
        let (id, score) = (self.id("k"), self.score());
        let members = self.pair(ROLES);
        self.lines.push(format!("colocation {id} {score}: {members}"));
    }

    fn order(&mut self) {
        let id = self.id("o");
        let kind = self.one(&["", " Mandatory:", " Optional:", " Serialize:", " inf:", " 0:"]);
        let members = self.pair(&["start", "stop", "promote", "demote"]);
        let symmetrical = if self.maybe(20) { " symmetrical=false" } else { "" };
        self.lines.push(format!("order {id}{kind} {members}{symmetrical}"));
    }

    fn ticket(&mut self) {
        let id = self.id("z");
        let members = self.members(Some(ROLES));
        let policy = if self.maybe(30) { " loss-policy=demote" } else { "" };
        self.lines.push(format!("rsc_ticket {id} tA: {members}{policy}"));
    }

    // ---- the rest --------------------------------------------------------------------------------------

    fn tag(&mut self) {
        let id = self.id("tag");
        let (one, other) = (self.resource(), self.resource());
        let members = if one == other { one } else { format!("{one} {other}") };
        self.lines.push(format!("tag {id} {members}"));
    }

    fn access(&mut self) {
        let id = self.id("role");
        let mut text = format!("role {id}");
        let resource = self.pick(&self.primitives.clone()).expect("primitives come first");
        for _ in 0..1 + self.chance.below(3) {
            let right = self.one(&["read", "write", "deny"]);
            let what = match self.chance.below(8) {
                0 => format!("meta:{resource}:target-role"),
                1 => format!("params:{resource}"),
                2 => format!("ref:{resource}"),
                3 => "xpath:\"//nodes//attributes\"".into(),
                4 => "type:node attribute:uname".into(),
                5 => "property".into(),
                6 => "node:n1".into(),
                _ => "status".into(),
            };
            text.push_str(&format!(" {right} {what}"));
        }
        self.lines.push(text);
        let user = self.id("user");
        self.lines.push(format!("acl_target {user} {id}"));
        if self.maybe(50) {
            let alert = self.id("alert");
            let select = self.one(&["", " select nodes", " select attributes { standby } fencing"]);
            let sets = self.sets_of(&["attributes", "meta"], 30);
            let recipient = self.one(&["", " to /var/log/x", " to { /x meta timeout=5s } to /y"]);
            self.lines.push(format!("alert {alert} /usr/x.sh{sets}{select}{recipient}"));
        }
    }

    fn options(&mut self) {
        self.lines.push("property no-quorum-policy=stop stonith-enabled=false".into());
        if self.maybe(50) {
            self.lines.push("property night: rule date spec hours=0-5 batch-limit=2".into());
        }
        for keyword in ["rsc_defaults", "op_defaults"] {
            if self.maybe(70) {
                let pairs = self.pairs(1);
                self.lines.push(format!("{keyword}{pairs}"));
            }
        }
        if self.maybe(30) {
            self.lines.push("op_defaults own: rule 100: #uname eq n1 timeout=60s".into());
        }
    }
}
