//! TAB at the prompt, through a real terminal: what is offered at each place, and what is not.
#![allow(clippy::unwrap_used)]

use quorate_tests::shell::Bench;
use quorate_tests::terminal::Terminal;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

/// Long enough for a list that is being printed to be printed.
const PRINTED: Duration = Duration::from_millis(60);

const CONFIGURATION: &str = "\
node 1: alpha attributes rack=north standby=on utilization cpu=4
node 2: beta attributes rack=south maintenance=true
primitive web ocf:acme:Svc params config=/etc/web op monitor interval=10s timeout=20s meta target-role=Stopped
primitive db ocf:acme:Svc params config=/etc/db
primitive apple ocf:acme:Plain meta is-managed=false
primitive berry ocf:acme:Plain utilization cpu=2
primitive lonely ocf:acme:Plain
primitive power stonith:fence_none
rsc_template pattern ocf:acme:Svc
clone drbd db meta promotable=true
group fruit apple berry
tag both apple berry
location cli-prefer-web web inf: alpha
location where lonely rule 10: rack eq north
rsc_ticket held ticketA: web
role operator read xpath:/cib
acl_target joe operator
property night: batch-limit=2
rsc_defaults resource-stickiness=1
fencing_topology alpha: power
";

const AGENT: &str = r#"#!/bin/sh
cat <<'END'
<resource-agent name="Svc"><version>1.1</version>
<parameters>
<parameter name="verbose"><shortdesc>say more</shortdesc><content type="boolean" default="false"/></parameter>
<parameter name="config" required="1"><shortdesc>the configuration file</shortdesc><content type="string"/></parameter>
<parameter name="mode"><shortdesc>how it serves</shortdesc><content type="select" default="fast"><option value="fast"/><option value="safe"/></content></parameter>
</parameters>
<actions>
<action name="start" timeout="60s"/><action name="stop" timeout="90s"/>
<action name="monitor" interval="15s" timeout="25s"/>
<action name="promote" timeout="30s"/><action name="meta-data" timeout="5s"/>
</actions></resource-agent>
END
"#;

/// A bench with a CIB, agents of its own, a shadow and files.
fn bench() -> Bench {
    let bench = Bench::default();
    let agents = bench.path("ocf/resource.d/acme");
    std::fs::create_dir_all(&agents).unwrap();
    for name in ["Svc", "Plain"] {
        std::fs::write(agents.join(name), AGENT.replace("\"Svc\"", &format!("\"{name}\""))).unwrap();
        std::fs::set_permissions(agents.join(name), PermissionsExt::from_mode(0o755)).unwrap();
    }
    bench.write("web.crm", "");
    std::fs::create_dir(bench.path("webs")).unwrap();
    let answer = bench.fed(&["-F", "configure", "load", "update", "-"], CONFIGURATION);
    assert_eq!(answer.code, 0, "{}", answer.err);
    assert_eq!(bench.crm(&["cib", "new", "plan"]).code, 0);
    bench
}

/// A place: what is typed, what TAB must offer there (in this order where it lists them), and what not.
type Place = (&'static str, &'static [&'static str], &'static [&'static str]);

fn check(places: &[Place]) {
    let bench = bench();
    let ocf = bench.path("ocf").display().to_string();
    let mut terminal = Terminal::at_prompt(&bench, &[("NO_COLOR", "1"), ("OCF_ROOT", &ocf)]);
    let mut wrong = Vec::new();
    for (typed, offered, absent) in places {
        terminal.clear(")#");
        terminal.press(typed);
        terminal.wait(typed, |text| text.trim_end().ends_with(typed.trim_end()));
        // The first TAB goes as far as there is one way, the second lists the ways.
        terminal.press("\t\t");
        let last = offered.last().copied().unwrap_or_default();
        terminal
            .wait(&format!("{last} behind `{typed}`"), |text| words_of(text, typed).iter().any(|word| word == last));
        terminal.drain(PRINTED);
        let words = words_of(&terminal.text(), typed);
        let mut from = 0;
        for word in *offered {
            match words[from..].iter().position(|one| one == word) {
                Some(at) => from += at + 1,
                None => wrong.push(format!("`{typed}`: no `{word}` (in this order) among {words:?}")),
            }
        }
        for word in *absent {
            if words.iter().any(|one| one == word) {
                wrong.push(format!("`{typed}`: there is `{word}`"));
            }
        }
        // A list that is longer than the screen asks.
        terminal.press("n");
        terminal.drain(Duration::from_millis(5));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    terminal.clear(")#");
    terminal.press("quit\r");
    terminal.ends();
}

/// What stands on the screen beside what was typed: for a single candidate, the finished word.
fn words_of(screen: &str, typed: &str) -> Vec<String> {
    let before: Vec<&str> = typed.split_whitespace().collect();
    let partial = if typed.ends_with(' ') { "" } else { before.last().copied().unwrap_or_default() };
    let mut words = Vec::new();
    for (at, line) in screen.lines().enumerate() {
        let line = line.split_once("# ").map_or(line, |(_, line)| line);
        let mut found: Vec<&str> = line.split_whitespace().collect();
        // The line itself says the typed words once more.
        if at == 0 || found.starts_with(&before[..before.len() - usize::from(!partial.is_empty())]) {
            found.drain(..(before.len() - usize::from(!partial.is_empty())).min(found.len()));
            found.retain(|word| *word != partial || typed.is_empty());
        }
        words.extend(found.into_iter().map(str::to_string));
    }
    words
}

#[test]
fn commands_and_what_they_are_given() {
    check(&[
        ("", &["configure", "resource", "status", "help", "quit"], &["primitive"]),
        ("re", &["resource"], &["status"]),
        ("resource st", &["start", "status", "stop"], &["restart"]),
        ("resource start ", &["both", "web"], &["lonely", "drbd"]),
        ("resource stop ", &["apple", "both", "drbd", "fruit", "lonely"], &["web"]),
        ("resource promote ", &["drbd"], &["web"]),
        ("resource manage ", &["apple"], &["berry"]),
        ("resource unmanage ", &["berry", "web"], &["apple"]),
        ("resource clear ", &["web"], &["lonely"]),
        ("resource move lonely ", &["alpha", "beta"], &["web"]),
        ("resource meta web set target-", &["target-role"], &[]),
        ("resource meta web set target-role ", &["Promoted", "Started", "Stopped"], &["Master"]),
        ("resource param web set ", &["config", "mode", "verbose"], &["ip"]),
        ("resource param web set mode ", &["fast", "safe"], &[]),
        ("resource param web show ", &["config"], &["mode"]),
        ("resource trace web ", &["monitor", "start", "stop"], &[]),
        ("node standby ", &["beta"], &["alpha"]),
        ("node online ", &["alpha"], &["beta"]),
        ("node ready ", &["beta"], &["alpha"]),
        ("node maintenance ", &["alpha"], &["beta"]),
        ("node attribute alpha set ", &["maintenance", "rack", "standby"], &["cpu"]),
        ("node attribute beta delete ", &["maintenance", "rack"], &["standby"]),
        ("cib use ", &["live", "plan"], &["web.crm"]),
        ("cib delete ", &["plan"], &["live"]),
        ("options set core.", &["core.editor", "core.wait"], &["color.style"]),
        ("options set core.check_mode ", &["relaxed", "strict"], &["yes"]),
        ("cd ", &["..", "configure", "resource"], &["primitive"]),
        ("help modg", &["modgroup"], &[]),
        ("ra list ocf ", &["acme"], &["Svc"]),
        ("ra info ocf:acme:", &["ocf:acme:Plain", "ocf:acme:Svc"], &[]),
    ]);
}

#[test]
fn commands_of_configure() {
    check(&[
        ("configure show typ", &["type:"], &["web"]),
        ("configure show type:c", &["type:clone", "type:colocation"], &["type:order"]),
        ("configure show tag:", &["tag:both"], &["tag:web"]),
        ("configure show related:dr", &["related:drbd"], &[]),
        ("configure delete l", &["lonely"], &["web"]),
        ("configure set web.mon", &["web.monitor.interval", "web.monitor.timeout"], &["web.config"]),
        ("configure modgroup fruit add ", &["lonely", "web"], &["apple", "fruit"]),
        ("configure modgroup fruit remove ", &["apple", "berry"], &["web"]),
        ("configure load ", &["push", "replace", "update", "xml"], &["web.crm"]),
        ("configure load xml ", &["push", "replace", "update"], &["xml"]),
        ("configure load update web", &["web.crm", "webs/"], &["cib.xml"]),
        ("configure diff li", &["live"], &["web.crm"]),
        ("configure diff shadow:", &["shadow:plan"], &["live"]),
        ("configure schema pacemaker-4.", &["pacemaker-4.0"], &["pacemaker-3.9"]),
        ("configure commit --", &["--force", "--preview"], &["--ids"]),
        ("configure get-property no-q", &["no-quorum-policy"], &[]),
    ]);
}

#[test]
fn resources_and_their_agents() {
    check(&[
        ("configure prim", &["primitive"], &["property"]),
        ("configure primitive p sys", &["systemd:"], &["ocf:"]),
        ("configure primitive p ocf:", &["ocf:acme:"], &["ocf:acme:Svc"]),
        ("configure primitive p ocf:acme:", &["ocf:acme:Plain", "ocf:acme:Svc"], &["stonith:"]),
        ("configure primitive p @", &["@pattern"], &["@web"]),
        ("configure primitive p ocf:acme:Svc ", &["config=", "mode=", "meta", "op", "params"], &["ip="]),
        // What is required first, each with its help.
        (
            "configure primitive p ocf:acme:Svc params ",
            &[
                "config=",
                "required;",
                "the",
                "configuration",
                "file",
                "mode=",
                "how",
                "it",
                "verbose=",
                "say",
                "more;",
                "default",
                "false",
            ],
            &[],
        ),
        ("configure primitive p ocf:acme:Svc params config=/x ", &["mode=", "verbose="], &["config="]),
        ("configure primitive p ocf:acme:Svc params mode=", &["fast", "safe"], &[]),
        ("configure primitive p @pattern params ", &["config=", "mode="], &[]),
        ("configure primitive p ocf:acme:Svc meta target-role=", &["Started", "Stopped"], &["Master"]),
        (
            "configure primitive p ocf:acme:Svc op ",
            &["monitor", "interval=15s", "timeout=25s", "promote", "start", "stop"],
            &["notify"],
        ),
        (
            "configure primitive p ocf:acme:Svc op monitor ",
            &["interval=15s", "timeout=25s", "on-fail="],
            &["timeout=60s"],
        ),
        ("configure primitive p ocf:acme:Svc op start timeout=", &["60s", "advised"], &["25s"]),
        ("configure primitive p ocf:acme:Svc op monitor on-fail=re", &["restart", "restart-container"], &["block"]),
        ("configure primitive p ocf:acme:Svc op monitor role=", &["Promoted", "Started", "Unpromoted"], &["Slave"]),
        ("configure group g ", &["lonely", "web"], &["apple", "fruit", "drbd"]),
        ("configure group g web ", &["lonely", "meta"], &["web"]),
        ("configure clone c ", &["fruit", "lonely", "web"], &["apple", "db"]),
        ("configure clone c fruit meta inter", &["interleave="], &[]),
        ("configure bundle b ", &["docker", "podman"], &["web"]),
        ("configure bundle b podman ", &["image=", "replicas=", "network", "storage"], &["docker"]),
        ("configure monitor web ", &["10s", "30s"], &[]),
        ("configure node alpha utilization ", &["cpu="], &["rack="]),
        ("configure node alpha attributes rack=", &["north", "south"], &[]),
    ]);
}

#[test]
fn constraints_and_rules() {
    check(&[
        ("configure location l ", &["apple", "both", "drbd", "fruit", "pattern", "web"], &["alpha"]),
        ("configure location l web ", &["-inf:", "inf:", "resource-discovery=", "role=", "rule"], &["web"]),
        ("configure location l web inf: ", &["alpha", "beta"], &["web"]),
        ("configure location l web resource-discovery=", &["always", "exclusive", "never"], &["true"]),
        ("configure location l web rule ", &["#uname", "date", "defined", "not_defined", "rack"], &["alpha"]),
        ("configure location l web rule defined ", &["#uname", "rack"], &["date"]),
        ("configure location l web rule rack ", &["eq", "gt", "gte", "lt", "lte", "ne"], &["and"]),
        ("configure location l web rule rack number:", &["number:eq", "number:ne"], &[]),
        ("configure location l web rule rack eq ", &["north", "south"], &["alpha"]),
        ("configure location l web rule #uname eq ", &["alpha", "beta"], &["north"]),
        ("configure location l web rule rack eq north ", &["and", "or"], &["eq"]),
        ("configure location l web rule date ", &["gt", "in", "lt", "spec"], &["eq"]),
        ("configure location l web rule date spec ", &["hours=", "monthdays=", "weekdays="], &["interval="]),
        ("configure colocation c ", &["-inf:", "inf:"], &["web"]),
        ("configure colocation c inf: web drbd:", &["drbd:Promoted", "drbd:Started"], &["drbd:promote"]),
        ("configure colocation c inf: web drbd node-attribute=", &["#uname", "rack"], &[]),
        ("configure order o ", &["Mandatory:", "Optional:", "Serialize:"], &["alpha"]),
        ("configure order o Mandatory: drbd:", &["drbd:promote", "drbd:start"], &["drbd:Promoted"]),
        ("configure order o [ web ", &["drbd", "require-all="], &["alpha"]),
        ("configure rsc_ticket t ", &["ticketA:"], &["web"]),
        ("configure rsc_ticket t ticketA: web loss-policy=", &["demote", "fence", "freeze", "stop"], &[]),
        ("configure fencing_topology ", &["alpha:", "attr:", "beta:", "pattern:", "power"], &["web"]),
        ("configure fencing_topology alpha: ", &["power"], &["web"]),
    ]);
}

#[test]
fn options_tags_and_rights() {
    check(&[
        ("configure property no-quorum-policy=", &["demote", "freeze", "ignore", "stop"], &["true"]),
        ("configure property fencing-e", &["fencing-enabled="], &[]),
        ("configure property maintenance-mode=", &["false", "true"], &[]),
        ("configure property ni", &["night:"], &[]),
        ("configure rsc_defaults resource-st", &["resource-stickiness="], &[]),
        ("configure op_defaults ", &["on-fail=", "timeout="], &["interval="]),
        ("configure tag t ", &["apple", "web"], &["alpha:"]),
        ("configure acl_target jane ", &["operator"], &["joe"]),
        ("configure role r ", &["deny", "read", "write"], &["web"]),
        ("configure role r read meta:w", &["meta:web"], &["params:web"]),
        ("configure alert a we", &["web.crm", "webs/"], &["cib.xml"]),
        ("configure alert a /x select ", &["fencing", "nodes", "resources"], &["web"]),
    ]);
}

#[test]
fn a_wide_list_shows_what_each_is_for_and_a_narrow_one_the_names() {
    let bench = bench();
    let mut terminal = Terminal::at_prompt(&bench, &[("NO_COLOR", "1")]);
    terminal.press("resource st\t\t");
    terminal.sees("what runs where");
    terminal.clear(")#");
    terminal.resize(24, 24);
    terminal.press("\r");
    terminal.press("resource st\t\t");
    terminal.sees("status");
    terminal.drain(PRINTED);
    assert!(!terminal.text().contains("what runs"), "{}", terminal.text());
    terminal.press("\x15quit\r");
    terminal.ends();
}

#[test]
fn a_person_with_a_daemon_that_does_not_answer_gets_their_keys() {
    let bench = Bench::default();
    let socket = bench.path("run/quorate");
    std::fs::create_dir_all(&socket).unwrap();
    let _listening = std::os::unix::net::UnixListener::bind(socket.join("quorate.sock")).unwrap();
    let began = std::time::Instant::now();
    let mut command = bench.command();
    command.env_remove("CIB_file").env("QUORATE_ROOT", bench.path(""));
    let answer = Bench::feed(command.args(["--complete", "resou"]), "");
    assert_eq!((answer.code, answer.out.split('\t').next()), (0, Some("resource ")), "{answer:?}");
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    assert!(Path::new(&socket).exists());
}
