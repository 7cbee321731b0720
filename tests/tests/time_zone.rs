//! Dates in rules are local ones: `date_spec` is held against the calendar of the place, and a date that
//! does not say its zone is one of this place. A day without a time begins in Greenwich, as with Pacemaker.

use quorate_tests::lab::program;
use std::process::Command;

/// `early` may run before an end, `seven` may not run from seven to eight; what is banned stays stopped.
const CIB: &str = r#"<cib crm_feature_set="3.20.0" validate-with="pacemaker-4.0" epoch="1" num_updates="0" admin_epoch="0" have-quorum="1">
<configuration><crm_config><cluster_property_set id="o"><nvpair id="o-f" name="fencing-enabled" value="false"/></cluster_property_set></crm_config>
<nodes><node id="1" uname="n1"/></nodes>
<resources><primitive id="early" class="ocf" provider="pacemaker" type="Dummy"/><primitive id="seven" class="ocf" provider="pacemaker" type="Dummy"/></resources>
<constraints>
<rsc_location id="l1" rsc="early"><rule id="r1" score="-INFINITY"><date_expression id="e1" operation="gt" start="START"/></rule></rsc_location>
<rsc_location id="l2" rsc="seven"><rule id="r2" score="-INFINITY"><date_expression id="e2" operation="date_spec"><date_spec id="s2" hours="7"/></date_expression></rule></rsc_location>
</constraints></configuration>
<status><node_state id="1" uname="n1" in_ccm="true" crmd="online" join="member" expected="member"/></status></cib>"#;

/// What starts at a moment, in a place, if `early` may run until `start`.
#[track_caller]
fn check(place: &str, moment: &str, start: &str, expected: &[&str]) {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("cib.xml");
    std::fs::write(&path, CIB.replace("START", start)).expect("a CIB");
    let mut command = Command::new(program("quorate"));
    command.env("TZ", place).args(["crm_simulate", "-S", "-t", moment, "-x"]).arg(&path);
    let out = command.output().expect("crm_simulate");
    let out = String::from_utf8(out.stdout).expect("UTF-8");
    let starts = |name: &&&str| out.contains(&format!("Start      {name} "));
    let started: Vec<&str> = ["early", "seven"].iter().filter(starts).copied().collect();
    assert_eq!(started, expected, "in {place} at {moment}, early until {start}\n{out}");
}

const NEW_YORK: &str = "EST5EDT,M3.2.0,M11.1.0";

#[test]
fn a_date_without_a_zone_is_a_local_one() {
    let six_in_greenwich = "2026-11-21 06:00:00Z";
    check("UTC", six_in_greenwich, "2026-11-21 05:00:00", &["seven"]);
    check(NEW_YORK, six_in_greenwich, "2026-11-21 05:00:00", &["early", "seven"]);
    check(NEW_YORK, six_in_greenwich, "2026-11-21 05:00:00Z", &["seven"]);
    check(NEW_YORK, six_in_greenwich, "2026-11-21 00:30:00", &["seven"]);
}

#[test]
fn a_day_without_a_time_begins_in_greenwich() {
    check(NEW_YORK, "2026-11-21 02:00:00Z", "2026-11-21", &["seven"]);
    check(NEW_YORK, "2026-11-20 23:59:00Z", "2026-11-21", &["early", "seven"]);
}

#[test]
fn hours_are_those_of_the_supposed_moment() {
    let never = "2099-01-01 00:00:00Z";
    check("UTC", "2026-11-21 07:30:00Z", never, &["early"]);
    check("UTC", "2026-11-21 02:30:00 -05:00", never, &["early", "seven"]);
    check(NEW_YORK, "2026-11-21 07:30:00", never, &["early"]);
    check(NEW_YORK, "2026-11-21 06:30:00Z", never, &["early", "seven"]);
}

/// Summer and winter: 11:30 in Greenwich is 7:30 there in July, and 6:30 in January.
#[test]
fn a_recorded_moment_is_held_against_the_calendar_of_the_place() {
    let directory = tempfile::tempdir().expect("a directory");
    for (epoch, place, runs) in
        [(1_784_028_600, NEW_YORK, false), (1_768_390_200, NEW_YORK, true), (1_784_028_600, "UTC", true)]
    {
        let path = directory.path().join("cib.xml");
        let cib = CIB.replace("START", "2099-01-01").replace("<cib ", &format!("<cib execution-date=\"{epoch}\" "));
        std::fs::write(&path, cib).expect("a CIB");
        let out = Command::new(program("quorate"))
            .env("TZ", place)
            .args(["crm_simulate", "-S", "-x"])
            .arg(&path)
            .output()
            .expect("crm_simulate");
        let out = String::from_utf8(out.stdout).expect("UTF-8");
        assert!(out.contains("Using the original execution date of: 2026-") && out.contains("30:00Z"), "{out}");
        assert_eq!(out.contains("Start      seven "), runs, "{epoch} in {place}\n{out}");
    }
}

#[test]
fn status_and_monitor_say_local_time() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("cib.xml");
    std::fs::write(&path, CIB.replace("START", "2099-01-01")).expect("a CIB");
    let answer = |mut command: Command| {
        let out = command.env("TZ", "ACST-09:30").env("CIB_file", &path).output().expect("a tool").stdout;
        String::from_utf8(out).expect("UTF-8")
    };
    let hour = || {
        let mut date = Command::new("date");
        date.arg("+Last updated: %a %b %e %H:");
        answer(date).trim().to_string()
    };
    for (program, words) in [(program("quorate"), &["crm", "status"][..]), (program("crm_mon"), &["-1"])] {
        let before = hour();
        let mut tool = Command::new(program);
        tool.args(words);
        let out = answer(tool);
        // The hour may end meanwhile.
        assert!(out.contains(&before) || out.contains(&hour()), "not at {before}…\n{out}");
    }
}
