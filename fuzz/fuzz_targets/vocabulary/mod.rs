//! The words that scripts and documents are made of, and how bytes choose them.
//!
//! In: bytes. Out: text of the crm language, and of CIBs. Few ids, so that they meet; a letter is spoilt now and
//! then, so that what nobody wrote down comes up, too.

/// Bytes, one for each choice; when they are used up, always the first.
pub struct Choice<'a> {
    bytes: &'a [u8],
}

impl<'a> Choice<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    pub fn below(&mut self, bound: usize) -> usize {
        let Some((first, rest)) = self.bytes.split_first() else { return 0 };
        self.bytes = rest;
        usize::from(*first) % bound
    }

    fn is_over(&self) -> bool {
        self.bytes.is_empty()
    }

    fn one<'w>(&mut self, words: &[&'w str]) -> &'w str {
        words[self.below(words.len())]
    }
}

const IDS: &[&str] = &["p1", "p2", "p3", "g1", "g2", "c1", "c2", "b1", "n1", "n2", "r1", "t1", "T", "x-y.z", "p1:0"];
const NODES: &[&str] = &["n1", "n2", "n3", "r1"];
const SCORES: &[&str] = &["inf:", "-inf:", "100:", "-1:", "0:", "Mandatory:", "x:", "999999999999:"];
const ROLES: &[&str] = &["", ":Promoted", ":Unpromoted", ":Started", ":Stopped", ":start", ":promote", ":x"];
const ACTIONS: &[&str] = &["", ":start", ":stop", ":promote", ":demote"];
const AGENTS: &[&str] = &[
    "ocf:heartbeat:Dummy",
    "ocf:pacemaker:Stateful",
    "ocf:pacemaker:ping",
    "ocf:pacemaker:remote",
    "stonith:fence_ssh",
    "Dummy",
    "systemd:a@b",
    "@t1",
];
const PARAMETERS: &[&str] = &[
    "params host_list=\"a b\" multiplier=10",
    "params rule #uname eq n1 a=1",
    "params rule date gt 2023-01-01 a=2",
    "params $id=q a=1 b=\"\"",
    "params $id-ref=q",
    "meta target-role=Stopped",
    "meta target-role=Promoted is-managed=false",
    "meta migration-threshold=1 failure-timeout=10s",
    "meta remote-node=r1 remote-addr=a",
    "meta allow-migrate=true priority=5 requires=nothing",
    "meta multiple-active=stop_unexpected resource-stickiness=-5",
    "meta clone-max=3 clone-node-max=2 globally-unique=true interleave=true",
    "meta promotable=true promoted-max=2 notify=true ordered=true",
    "utilization cpu=4 memory=99999999999",
    "op monitor interval=10s timeout=5",
    "op monitor interval=10s role=Promoted on-fail=fence",
    "op start timeout=20 on-fail=standby",
    "op stop on-fail=block interval=0",
    "op monitor interval=2023-01-01 start-delay=10 interval-origin=x",
    "op monitor interval=10s op_params depth=0 op_meta timeout=1",
    "description=\"what it is\"",
];
const CONDITIONS: &[&str] = &[
    "#uname eq n1",
    "not_defined pingd or pingd lte 0",
    "pingd number:gt 5 and defined x",
    "date in start=2023-01-01 duration years=1",
    "date spec weekdays=1-5 hours=8-17",
    "date lt 2023-11-15",
    "#rsc eq p1",
    "rsc_type ocf:heartbeat",
];

/// A word that things are called by.
pub fn id(choice: &mut Choice) -> String {
    choice.one(IDS).to_string()
}

/// Some statements, each on its line.
pub fn script(choice: &mut Choice) -> String {
    let mut text = String::new();
    for _ in 0..=choice.below(12) {
        if choice.is_over() {
            break;
        }
        let line = statement(choice);
        text.push_str(&spoilt(choice, line));
        text.push('\n');
    }
    text
}

fn statement(choice: &mut Choice) -> String {
    match choice.below(16) {
        0 | 1 => format!("primitive {} {}{}", id(choice), choice.one(AGENTS), parameters(choice)),
        2 => format!("group {} {} {}{}", id(choice), id(choice), id(choice), parameters(choice)),
        3 => format!("clone {} {}{}", id(choice), id(choice), parameters(choice)),
        4 => format!("ms {} {}{}", id(choice), id(choice), parameters(choice)),
        5 => format!("location {} {} {}", id(choice), id(choice), place(choice)),
        6 => colocation(choice),
        7 => order(choice),
        8 => format!("rsc_ticket {} {}: {} {}", id(choice), id(choice), with_role(choice), losses(choice)),
        9 => format!("property {}={}", option(choice), value(choice)),
        10 => format!("rsc_defaults {}={}", choice.one(&["resource-stickiness", "target-role", "failure-timeout"]), value(choice)),
        11 => format!("op_defaults timeout={} on-fail={}", value(choice), choice.one(&["fence", "ignore", "x"])),
        12 => format!("node {} attributes standby={} pingd={} utilization cpu=2", choice.one(NODES), value(choice), value(choice)),
        13 => bundle(choice),
        14 => format!("fencing_topology {}: {},{} {}", choice.one(NODES), id(choice), id(choice), id(choice)),
        _ => other(choice),
    }
}

fn other(choice: &mut Choice) -> String {
    match choice.below(5) {
        0 => format!("rsc_template {} {}{}", id(choice), choice.one(AGENTS), parameters(choice)),
        1 => format!("tag {} {} {}", id(choice), id(choice), id(choice)),
        2 => format!("alert {} /bin/true select nodes fencing to {{ x }} attributes a=1", id(choice)),
        3 => format!("role {} read xpath:\"//x\" write ref:{}", id(choice), id(choice)),
        _ => "monitor p1:Promoted 10s:5s".to_string(),
    }
}

fn parameters(choice: &mut Choice) -> String {
    (0..choice.below(4)).map(|_| format!(" {}", choice.one(PARAMETERS))).collect()
}

fn with_role(choice: &mut Choice) -> String {
    format!("{}{}", id(choice), choice.one(ROLES))
}

fn losses(choice: &mut Choice) -> &'static str {
    choice.one(&["", "loss-policy=stop", "loss-policy=demote", "loss-policy=fence", "loss-policy=freeze"])
}

fn place(choice: &mut Choice) -> String {
    match choice.below(4) {
        0 => format!("{} {}", choice.one(SCORES), choice.one(NODES)),
        1 => format!("rule {} {}", choice.one(SCORES), choice.one(CONDITIONS)),
        2 => format!("rule $role=Promoted {} {} rule -inf: {}", choice.one(SCORES), choice.one(CONDITIONS), choice.one(CONDITIONS)),
        _ => format!("resource-discovery=never {} {}", choice.one(SCORES), choice.one(NODES)),
    }
}

fn set(choice: &mut Choice) -> String {
    let inside = format!("{} {}", id(choice), id(choice));
    match choice.below(4) {
        0 => format!("[ {inside} ]"),
        1 => format!("( {inside} )"),
        2 => format!("[ {inside} sequential=false role=Promoted ]"),
        _ => format!("( {inside} require-all=false action=promote )"),
    }
}

fn colocation(choice: &mut Choice) -> String {
    let head = format!("colocation {} {}", id(choice), choice.one(SCORES));
    match choice.below(3) {
        0 => format!("{head} {} {}", set(choice), set(choice)),
        1 => format!("{head} {} {} node-attribute=site", with_role(choice), with_role(choice)),
        _ => format!("{head} {} {}", with_role(choice), with_role(choice)),
    }
}

fn order(choice: &mut Choice) -> String {
    let kind = choice.one(&["Mandatory:", "Optional:", "Serialize:", "inf:", "0:", ""]);
    let head = format!("order {} {kind}", id(choice));
    let symmetrical = choice.one(&["", " symmetrical=false"]);
    match choice.below(3) {
        0 => format!("{head} {} {}{symmetrical}", set(choice), set(choice)),
        _ => {
            let (first, then) = (id(choice), id(choice));
            format!("{head} {first}{} {then}{}{symmetrical}", choice.one(ACTIONS), choice.one(ACTIONS))
        }
    }
}

fn bundle(choice: &mut Choice) -> String {
    let counts = choice.one(&["", " replicas=2", " replicas=3 replicas-per-host=2", " promoted-max=1"]);
    let network = choice.one(&["", " network ip-range-start=192.168.1.1 control-port=3121", " network host-interface=eth0"]);
    let inside = if choice.below(2) == 0 { String::new() } else { format!(" primitive {}", id(choice)) };
    format!("bundle {} docker image=x{counts}{network}{inside}", id(choice))
}

fn option(choice: &mut Choice) -> &'static str {
    choice.one(&[
        "stonith-enabled",
        "no-quorum-policy",
        "maintenance-mode",
        "symmetric-cluster",
        "stop-all-resources",
        "placement-strategy",
        "node-health-strategy",
        "priority-fencing-delay",
        "shutdown-lock",
        "enable-startup-probes",
        "concurrent-fencing",
        "batch-limit",
        "start-failure-is-fatal",
        "stonith-watchdog-timeout",
    ])
}

fn value(choice: &mut Choice) -> &'static str {
    choice.one(&["true", "false", "0", "1", "-1", "10s", "INFINITY", "utilization", "demote", "freeze", "progressive", "x"])
}

/// The line, now and then with a letter too few, too many or another.
fn spoilt(choice: &mut Choice, mut line: String) -> String {
    if choice.below(8) != 1 || !line.is_ascii() {
        return line;
    }
    let at = choice.below(line.len());
    match choice.below(3) {
        0 => drop(line.remove(at)),
        1 => line.insert(at, choice.one(&[" ", ":", "=", "\"", "$", "(", "ä", "\\"]).chars().next().unwrap_or(' ')),
        _ => line.truncate(at),
    }
    line
}

/// A CIB with nodes and what they did, some attributes of which are not what they should be.
pub fn document(choice: &mut Choice) -> String {
    let schema = choice.one(&["pacemaker-4.0", "pacemaker-3.9", "pacemaker-2.10", "pacemaker-1.2", "none"]);
    let count = choice.below(4);
    let nodes: String = (1..=count).map(|n| format!("<node id=\"{n}\" uname=\"n{n}\"/>")).collect();
    let states: String = (1..=count).map(|n| state(choice, n)).collect();
    let tickets = choice.one(&["", "<tickets><ticket_state id=\"T\" granted=\"true\"/></tickets>"]);
    let quorum = choice.one(&["1", "0"]);
    format!(
        "<cib validate-with=\"{schema}\" crm_feature_set=\"3.19.0\" epoch=\"1\" num_updates=\"0\" admin_epoch=\"0\" \
         have-quorum=\"{quorum}\" dc-uuid=\"1\"><configuration><crm_config/><nodes>{nodes}</nodes><resources/>\
         <constraints/></configuration><status>{states}{tickets}</status></cib>"
    )
}

fn state(choice: &mut Choice, number: usize) -> String {
    let crmd = choice.one(&["online", "offline", "1700000000", "0", ""]);
    let member = choice.one(&["true", "false", "1700000000", "0"]);
    let join = choice.one(&["member", "down", "pending", "banned"]);
    let histories: String = (0..choice.below(4)).map(|_| history(choice)).collect();
    let attributes: String = (0..choice.below(3)).map(|at| attribute(choice, number, at)).collect();
    format!(
        "<node_state id=\"{number}\" uname=\"n{number}\" in_ccm=\"{member}\" crmd=\"{crmd}\" join=\"{join}\" \
         expected=\"{join}\"><lrm id=\"{number}\"><lrm_resources>{histories}</lrm_resources></lrm>\
         <transient_attributes id=\"{number}\"><instance_attributes id=\"s{number}\">{attributes}\
         </instance_attributes></transient_attributes></node_state>"
    )
}

fn attribute(choice: &mut Choice, number: usize, at: usize) -> String {
    let name = choice.one(&[
        "fail-count-p1#monitor_10000",
        "last-failure-p1#monitor_10000",
        "fail-count-p2#start_0",
        "master-p1",
        "pingd",
        "shutdown",
        "terminate",
        "#health-x",
        "standby",
        "maintenance",
    ]);
    let value = choice.one(&["1", "INFINITY", "1700000000", "red", "true", "-5", "", "x"]);
    format!("<nvpair id=\"a{number}-{at}\" name=\"{name}\" value=\"{value}\"/>")
}

fn history(choice: &mut Choice) -> String {
    let name = id(choice);
    let operations: String = (0..choice.below(4)).map(|call| operation(choice, &name, call)).collect();
    format!("<lrm_resource id=\"{name}\" class=\"ocf\" provider=\"heartbeat\" type=\"Dummy\">{operations}</lrm_resource>")
}

fn operation(choice: &mut Choice, name: &str, call: usize) -> String {
    let task = choice.one(&["monitor", "start", "stop", "promote", "demote", "migrate_to", "migrate_from", "notify", "x"]);
    let interval = choice.one(&["0", "10000", "x", "-1"]);
    let code = choice.one(&["0", "7", "8", "1", "5", "9", "190", "193", "x"]);
    let status = choice.one(&["0", "-1", "1", "2", "3", "4", "7", "x"]);
    let more = choice.one(&[
        "",
        " last-rc-change=\"1699999000\" exec-time=\"10\" queue-time=\"x\"",
        " op-digest=\"0\" op-restart-digest=\"0\" op-force-restart=\" a \"",
        " op-secure-params=\" a \" op-secure-digest=\"0\" exit-reason=\"&lt;\"",
        " migrate_source=\"n1\" migrate_target=\"n2\"",
    ]);
    let key = choice.one(&["0:0;1:1:7:0-0", "0:7;1:-1:0:u", "x", "-1:193;4:4:0:u"]);
    format!(
        "<lrm_rsc_op id=\"{name}_{task}_{interval}\" operation_key=\"{name}_{task}_{interval}\" operation=\"{task}\" \
         transition-magic=\"{key}\" transition-key=\"1:1:7:u\" call-id=\"{call}\" rc-code=\"{code}\" \
         op-status=\"{status}\" interval=\"{interval}\" on_node=\"n1\"{more}/>"
    )
}
