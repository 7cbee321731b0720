//! How values of a CIB are read, beside the `crm_simulate` that is installed: every type in more than a thousand
//! spellings. One CIB for each type, a resource or an attribute for each spelling.
#![allow(clippy::unwrap_used)]

use quorate_tests::lab::program;
use quorate_tests::needs;
use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::process::{Command, Stdio};

const PEER: &str = "/usr/sbin/crm_simulate";

/// Spellings that the installed version (2.1) reads otherwise than 3.0, whose readings ours are.
const OTHERWISE: &[&str] = &[];

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;").replace('\t', "&#9;").replace('\n', "&#10;")
}

fn cib(options: &str, attributes: &str, utilization: &str, resources: &str, constraints: &str) -> String {
    let nodes: String = (1..=3)
        .map(|n| {
            let own = if n == 1 { format!("{attributes}{utilization}") } else { String::new() };
            format!("<node id=\"{n}\" uname=\"n{n}\">{own}</node>")
        })
        .collect();
    let states: String = (1..=3)
        .map(|n| {
            format!(
                "<node_state id=\"{n}\" uname=\"n{n}\" in_ccm=\"true\" crmd=\"online\" join=\"member\" expected=\"member\"/>"
            )
        })
        .collect();
    format!(
        "<cib validate-with=\"pacemaker-3.0\" epoch=\"1\" num_updates=\"0\" admin_epoch=\"0\" have-quorum=\"1\" dc-uuid=\"1\">\
         <configuration><crm_config><cluster_property_set id=\"o\"><nvpair id=\"o1\" name=\"stonith-enabled\" value=\"false\"/>{options}\
         </cluster_property_set></crm_config><nodes>{nodes}</nodes><resources>{resources}</resources>\
         <constraints>{constraints}</constraints></configuration><status>{states}</status></cib>"
    )
}

fn run(command: &mut Command, cib: &str, options: &[&str]) -> String {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), cib).unwrap();
    let output = command.args(["-x", &file.path().display().to_string()]).args(options).stdin(Stdio::null()).output();
    let output = output.unwrap();
    assert!(output.status.success(), "{}{cib}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// What is read of each spelling: the groups of a pattern, the first of which names it.
type Readings = BTreeMap<String, String>;

/// Tells both to read, and holds their readings against each other.
fn compare(kind: &str, spellings: &[String], cib: &str, options: &[&str], read: impl Fn(&str) -> Readings) {
    let ours = read(&run(Command::new(program("quorate")).arg("crm_simulate"), cib, options));
    let theirs = read(&run(&mut Command::new(PEER), cib, options));
    assert!(theirs.len() * 4 > spellings.len(), "{kind}: the peer says too little: {theirs:?}");
    let of = |readings: &Readings, at: usize| readings.get(&at.to_string()).cloned().unwrap_or_default();
    let differing: Vec<String> = spellings
        .iter()
        .enumerate()
        .filter(|(at, text)| of(&ours, *at) != of(&theirs, *at) && !OTHERWISE.contains(&text.as_str()))
        .map(|(at, text)| format!("{kind} «{text}»: ours {} theirs {}", of(&ours, at), of(&theirs, at)))
        .collect();
    assert!(differing.is_empty(), "{} of {} differ\n{}", differing.len(), spellings.len(), differing.join("\n"));
}

/// The last match of each name counts.
fn matches(pattern: &str) -> impl Fn(&str) -> Readings {
    let pattern = Regex::new(pattern).unwrap();
    move |text: &str| pattern.captures_iter(text).map(|found| (found[1].to_string(), found[2].to_string())).collect()
}

fn products(parts: &[&[&str]]) -> BTreeSet<String> {
    let start = BTreeSet::from([String::new()]);
    parts.iter().fold(start, |all, part| {
        all.iter().flat_map(|one| part.iter().map(move |more| format!("{one}{more}"))).collect()
    })
}

fn numbers() -> BTreeSet<String> {
    const DIGITS: &[&str] = &[
        "0",
        "1",
        "2",
        "5",
        "10",
        "007",
        "10.5",
        "2.5",
        "1e3",
        "0x10",
        "--5",
        "+-5",
        "",
        ".5",
        "5.",
        "1000000",
        "999999",
        "1000001",
        "2147483647",
        "2147483648",
        "99999999999",
        "two",
        "1_000",
        "1,5",
    ];
    products(&[&["", "+", "-", " ", "\t"], DIGITS, &["", " ", "x", "%"]])
}

fn scores() -> Vec<String> {
    let words = products(&[
        &["", "+", "-", " ", "- "],
        &["INFINITY", "infinity", "Infinity", "inf", "INF", "INFINITY1", "INF INITY"],
        &["", " ", "x"],
    ]);
    numbers().into_iter().chain(words).collect()
}

fn intervals() -> Vec<String> {
    const UNITS: &[&str] = &[
        "", "s", "S", "sec", "seconds", "ms", "MS", "msec", "us", "usec", "m", "M", "min", "minutes", "h", "hr",
        "hours", "d", "day", "x", " s", "  min", "h30m", "s5", "ss", "ns", "w", "mo", " ",
    ];
    const ISO: &[&str] = &[
        "PT1M", "P1D", "pt1m", "PT", "PT1H30M", "PT10S", "P1W", "PT1M10S", "P1DT1S", "T1M", "1PT1M", "PT90S", "P2DT2H",
        "p1d", "PT0S",
    ];
    let plain = products(&[&["1", "10", "0", "-1", "1.5", "10.5", " 7", "007", "", "3600", ".5", "-"], UNITS]);
    plain.into_iter().chain(ISO.iter().map(ToString::to_string)).collect()
}

fn booleans() -> Vec<String> {
    const WORDS: &[&str] = &[
        "true", "TRUE", "True", "tRuE", "on", "ON", "yes", "Yes", "y", "Y", "1", "false", "FALSE", "off", "no", "n",
        "N", "0", "2", "t", "f", "enable", "truex", "tru", "10", "",
    ];
    products(&[&["", " ", "\t"], WORDS, &["", " ", "x"]]).into_iter().collect()
}

#[test]
fn values_are_read_as_the_installed_pacemaker_reads_them() {
    if !needs::files(&[PEER, "/usr/share/pacemaker/pacemaker-3.0.rng"]) {
        return;
    }
    let (scores, intervals, booleans) = (scores(), intervals(), booleans());
    let counts: Vec<String> = numbers().into_iter().filter(|text| text.len() < 6).step_by(6).collect();
    // A sum that leaves 32 bits is no question of reading.
    let amounts: Vec<String> =
        numbers().into_iter().filter(|text| !text.contains("-2147") && !text.contains("-9999")).step_by(6).collect();
    let all = [&scores, &intervals, &booleans, &counts, &amounts].map(Vec::len);
    assert!(all.iter().sum::<usize>() >= 1000, "{all:?}");

    let dummy = "class=\"ocf\" provider=\"pacemaker\" type=\"Dummy\"";
    let each = |texts: &[String], part: &dyn Fn(usize, &str) -> String| {
        texts.iter().enumerate().fold(String::new(), |mut all, (at, text)| {
            let _ = write!(all, "{}", part(at, &escaped(text)));
            all
        })
    };

    let attributes = each(&scores, &|at, text| format!("<nvpair id=\"a-{at}\" name=\"a-{at}\" value=\"{text}\"/>"));
    let attributes = format!("<instance_attributes id=\"ia\">{attributes}</instance_attributes>");
    let resources = each(&scores, &|at, _| format!("<primitive id=\"s{at}\" {dummy}/>"));
    let constraints = each(&scores, &|at, _| {
        format!(
            "<rsc_location id=\"l{at}\" rsc=\"s{at}\"><rule id=\"r{at}\" score-attribute=\"a-{at}\">\
             <expression id=\"e{at}\" attribute=\"#uname\" operation=\"eq\" value=\"n1\"/></rule></rsc_location>"
        )
    });
    let read = matches(r"(?m)\bs(\d+) allocation score on n1: (\S+)$");
    compare("score", &scores, &cib("", &attributes, "", &resources, &constraints), &["-s"], read);

    let resources = each(&booleans, &|at, text| {
        let meta = format!("<nvpair id=\"n{at}\" name=\"is-managed\" value=\"{text}\"/>");
        format!("<primitive id=\"b{at}\" {dummy}><meta_attributes id=\"m{at}\">{meta}</meta_attributes></primitive>")
    });
    let read = matches(r"(?m)\* b(\d+)\t.*?(unmanaged|Stopped\s*$)");
    compare("boolean", &booleans, &cib("", "", "", &resources, ""), &[], read);

    let resources = each(&counts, &|at, text| {
        let meta = format!("<nvpair id=\"n{at}\" name=\"clone-max\" value=\"{text}\"/>");
        format!(
            "<clone id=\"c{at}\"><meta_attributes id=\"m{at}\">{meta}</meta_attributes><primitive id=\"p{at}\" {dummy}/></clone>"
        )
    });
    let starts = Regex::new(r"\* Start\s+p(\d+)(?::\d+)?\s").unwrap();
    let read = |text: &str| {
        let mut count: BTreeMap<String, usize> = BTreeMap::new();
        starts.captures_iter(text).for_each(|found| *count.entry(found[1].to_string()).or_default() += 1);
        count.into_iter().map(|(name, count)| (name, count.to_string())).collect()
    };
    compare("count", &counts, &cib("", "", "", &resources, ""), &["-S"], read);

    let capacity = each(&amounts, &|at, _| format!("<nvpair id=\"u-{at}\" name=\"u-{at}\" value=\"1000000000\"/>"));
    let capacity = format!("<utilization id=\"ua\">{capacity}</utilization>");
    let resources = each(&amounts, &|at, text| {
        let pair = format!("<nvpair id=\"n{at}\" name=\"u-{at}\" value=\"{text}\"/>");
        format!("<primitive id=\"r{at}\" {dummy}><utilization id=\"m{at}\">{pair}</utilization></primitive>")
    });
    let constraints =
        each(&amounts, &|at, _| format!("<rsc_location id=\"l{at}\" rsc=\"r{at}\" node=\"n1\" score=\"INFINITY\"/>"));
    let strategy = "<nvpair id=\"o2\" name=\"placement-strategy\" value=\"utilization\"/>";
    let pairs = matches(r"\bu-(\d+)=(-?\d+)");
    let read = move |text: &str| pairs(text.lines().find(|line| line.contains("Remaining: n1 capacity")).unwrap_or(""));
    compare("amount", &amounts, &cib(strategy, "", &capacity, &resources, &constraints), &["-U"], read);

    let resources = each(&intervals, &|at, text| {
        format!(
            "<primitive id=\"i{at}\" {dummy}><operations><op id=\"op{at}\" name=\"monitor\" interval=\"{text}\"/></operations></primitive>"
        )
    });
    let read = matches(r"Resource action: i(\d+)\s+monitor=(\d+) on");
    compare("interval", &intervals, &cib("", "", "", &resources, ""), &["-S"], read);
}
