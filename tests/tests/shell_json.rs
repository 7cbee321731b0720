//! `crm --output json`: answers and errors for programs, in the shapes that the README lists.
#![allow(clippy::unwrap_used)]

use quorate_tests::needs;
use quorate_tests::shell::{Answer, Bench};
use serde_json::{Value, json};

const CONFIGURATION: &str = "\
node 1: n1
primitive p1 ocf:heartbeat:Dummy params fake=1 meta password=secret
primitive p2 Dummy meta target-role=Stopped
group g p1 p2
location l1 g 100: n1
";

fn answer(bench: &Bench, words: &[&str]) -> (Answer, Value) {
    let answer = bench.crm(&[&["--output", "json"], words].concat());
    let value =
        serde_json::from_str(&answer.out).unwrap_or_else(|error| panic!("{error}: {}{}", answer.out, answer.err));
    (answer, value)
}

fn ok(bench: &Bench, words: &[&str]) -> Value {
    let (answer, value) = answer(bench, words);
    assert_eq!((answer.code, answer.err.as_str()), (0, ""), "{words:?}");
    value
}

/// What is said on standard error: one object a line.
fn errors(answer: &Answer) -> Vec<Value> {
    let read = |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    answer.err.lines().map(read).collect()
}

/// The names of an object's members.
fn members(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn show_gives_objects_as_text_and_as_elements() {
    let bench = Bench::with(CONFIGURATION);
    let shown = ok(&bench, &["configure", "show"]);
    assert_eq!(members(&shown), ["objects", "schema", "version"]);
    assert_eq!(shown["schema"], "pacemaker-3.9");
    let objects = shown["objects"].as_array().unwrap();
    let names: Vec<String> =
        objects.iter().map(|one| format!("{} {}", one["kind"], one["id"]).replace('"', "")).collect();
    assert_eq!(names, ["node 1", "primitive p1", "primitive p2", "group g", "location l1"]);
    assert_eq!(
        objects[3],
        json!({
            "kind": "group",
            "id": "g",
            "text": "group g p1 p2",
            "element": {
                "name": "group",
                "attributes": { "id": "g" },
                "children": [
                    { "name": "crmsh-ref", "attributes": { "id": "p1" }, "children": [] },
                    { "name": "crmsh-ref", "attributes": { "id": "p2" }, "children": [] },
                ],
            },
        })
    );
    let secret = objects[1].to_string();
    assert!(secret.contains("password=******") || secret.contains("password=\\\"******\\\""), "{secret}");
    assert!(!secret.contains("\"secret\""), "{secret}");
    let one = ok(&bench, &["configure", "show", "type:location"]);
    assert_eq!(one["objects"].as_array().unwrap().len(), 1);
    assert_eq!(one["objects"][0]["element"]["attributes"]["score"], "100");
    assert_eq!(
        bench.crm(&["-o", "json", "configure", "show"]).out,
        bench.crm(&["--output=json", "configure", "show"]).out
    );
}

#[test]
fn verify_lists_problems() {
    let bench = Bench::with(CONFIGURATION);
    bench.load("property fencing-enabled=false");
    assert_eq!(ok(&bench, &["verify"])["errors"], 0);
    let broken = bench.cib().replace("rsc=\"g\"", "rsc=\"gone\"");
    std::fs::write(bench.path("cib.xml"), broken).unwrap();
    for words in [&["verify"][..], &["configure", "verify"]] {
        let (answer, found) = answer(&bench, words);
        assert_eq!(answer.code, 3);
        assert_eq!(members(&found), ["errors", "problems", "warnings"]);
        assert!(found["errors"].as_u64().unwrap() >= 1);
        let problem = &found["problems"][0];
        assert_eq!(members(problem), ["message", "object", "severity"]);
        assert_eq!((&problem["object"], &problem["severity"]), (&json!("l1"), &json!("error")));
        let told = errors(&answer);
        assert_eq!((&told[0]["kind"], &told[0]["exit_code"]), (&json!("check"), &json!(3)));
    }
}

#[test]
fn diff_lists_changes_by_object() {
    let bench = Bench::with(CONFIGURATION);
    assert_eq!(bench.crm(&["cib", "new", "plan"]).code, 0);
    let batch = "configure\nproperty batch-limit=3\ndelete l1\nprimitive p3 Dummy\nset p1.fake 2\ncommit\n";
    assert_eq!(bench.fed(&["-c", "plan"], batch).code, 0);
    let difference = ok(&bench, &["-c", "plan", "cib", "diff"]);
    assert_eq!((&difference["from"], &difference["to"]), (&json!("live"), &json!("plan")));
    let changes = difference["changes"].as_array().unwrap();
    let said: Vec<String> =
        changes.iter().map(|one| format!("{} {} {}", one["action"], one["kind"], one["id"]).replace('"', "")).collect();
    assert_eq!(
        said,
        ["modify primitive p1", "create primitive p3", "delete location l1", "create property cib-bootstrap-options"]
    );
    assert_eq!(members(&changes[0]), ["action", "after", "before", "id", "kind"]);
    assert_eq!(
        changes[1],
        json!({ "action": "create", "kind": "primitive", "id": "p3", "before": null, "after": "primitive p3 Dummy" })
    );
    assert_eq!(changes[2]["before"], "location l1 g 100: n1");
    let same = ok(&bench, &["configure", "diff", "live", "shadow:plan"]);
    assert_eq!(same["changes"], difference["changes"]);
    // A secret that changed is a change, and stays a secret.
    assert_eq!(bench.crm(&["configure", "set", "p1.password", "other"]).code, 0);
    let difference = ok(&bench, &["configure", "diff", "shadow:plan", "live"]);
    let text = difference["changes"].to_string();
    assert!(text.contains("primitive p1") && !text.contains("other") && !text.contains("secret"), "{text}");
}

#[test]
fn status_tells_nodes_resources_and_what_failed() {
    let bench = Bench::with(CONFIGURATION);
    let status = ok(&bench, &["status"]);
    assert_eq!(
        members(&status),
        ["bans", "cluster", "fail_counts", "failures", "fencing", "nodes", "resources", "tickets"]
    );
    assert_eq!((&status["nodes"][0]["name"], &status["nodes"][0]["online"]), (&json!("n1"), &json!(false)));
    let group = &status["resources"][0];
    assert_eq!((&group["kind"], &group["id"]), (&json!("group"), &json!("g")));
    let member = &group["members"][1];
    assert_eq!((&member["id"], &member["disabled"], &member["role"]), (&json!("p2"), &json!(true), &json!("Stopped")));
    assert_eq!(member["agent"], "ocf:heartbeat:Dummy");
    assert_eq!(status["cluster"]["instances_disabled"], 1);
    assert_eq!(ok(&bench, &["status", "full"])["nodes"], status["nodes"]);
}

/// Where the status of recorded clusters lies, if they are here.
#[test]
fn status_of_recorded_clusters_is_always_json() {
    let Some(place) = needs::corpus("scheduler/xml") else { return };
    let entries = std::fs::read_dir(place).expect("the records");
    let bench = Bench::default();
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths.iter().filter(|path| path.extension().is_some_and(|end| end == "xml")).step_by(29) {
        let mut command = bench.command();
        command.env("CIB_file", path).args(["--output", "json", "status"]);
        let answer = Bench::feed(&mut command, "");
        let status: Value =
            serde_json::from_str(&answer.out).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(!status["nodes"].as_array().unwrap().is_empty(), "{}", path.display());
    }
}

// ---- errors ----------------------------------------------------------------------------------------

#[test]
fn an_error_has_its_place_its_kind_and_the_exit_code() {
    let bench = Bench::with(CONFIGURATION);
    let file = bench.write("é.crm", "# über\nprimitive ü Dummy \\\n  op monitr interval=1s =\nlocation l2 pp1 1: n1\n");
    let answer = bench.crm(&["--output", "json", "configure", "load", "update", &file]);
    assert_eq!((answer.code, answer.out.as_str()), (2, ""));
    let told = errors(&answer);
    assert_eq!(told.len(), 1, "{told:?}");
    let error = &told[0];
    assert_eq!(members(error), ["conflicts", "diagnostics", "exit_code", "hints", "kind", "message", "severity"]);
    assert_eq!(
        (&error["kind"], &error["exit_code"], &error["severity"]),
        (&json!("input"), &json!(2), &json!("error"))
    );
    let text = std::fs::read_to_string(&file).unwrap();
    let diagnostics = error["diagnostics"].as_array().unwrap();
    let place = diagnostics.iter().find(|one| one["severity"] == "error").unwrap();
    assert_eq!(members(place), ["column", "file", "hint", "line", "message", "severity", "span"]);
    assert_eq!((&place["file"], &place["line"], &place["column"]), (&json!(file), &json!(3), &json!(25)));
    let span = |name: &str| usize::try_from(place["span"][name].as_u64().unwrap()).unwrap();
    assert_eq!(&text[span("start")..span("end")], "=");
}

#[test]
fn every_message_is_a_line_of_json() {
    let bench = Bench::with(CONFIGURATION);
    for (words, kind) in [
        (&["shoe"][..], "usage"),
        (&["--nothing"], "usage"),
        (&["configure", "primitive"], "input"),
        (&["configure", "show", "nothing"], "refused"),
        (&["-c", "nowhere", "status"], "refused"),
        (&["-f", "/nowhere"], "script"),
        (&["configure", "load", "update", "/nowhere"], "file"),
        (&["resource", "cleanup"], "refused"),
        (&["configure", "commit", "--wrong"], "usage"),
    ] {
        let answer = bench.crm(&[&["--output", "json"], words].concat());
        let told = errors(&answer);
        assert_eq!(told.len(), 1, "{words:?}: {told:?}");
        assert_eq!(
            (told[0]["kind"].as_str(), told[0]["exit_code"].as_i64()),
            (Some(kind), Some(i64::from(answer.code))),
            "{words:?}"
        );
        assert_ne!(answer.code, 0);
    }
    // Warnings and notes, too; and every error of a batch.
    let warned = bench.crm(&["--output", "json", "configure", "primitive", "p9", "ocf:acme:Nowhere"]);
    assert_eq!((warned.code, &errors(&warned)[0]["severity"]), (0, &json!("warning")));
    let batch = bench.fed(&["--output", "json"], "configure\nprimitive q\nlocation\nshoe\n");
    let told = errors(&batch);
    assert!(batch.code == 1 && told.len() >= 3, "{told:?}");
    assert_eq!(told[0]["diagnostics"][0]["line"], 2);
}

#[test]
fn a_conflict_shows_all_three_sides() {
    let bench = Bench::with(CONFIGURATION);
    assert_eq!(bench.crm(&["cib", "new", "plan"]).code, 0);
    assert_eq!(bench.crm(&["-c", "plan", "configure", "set", "p1.fake", "mine"]).code, 0);
    assert_eq!(bench.crm(&["configure", "set", "p1.fake", "theirs"]).code, 0);
    let answer = bench.crm(&["--output", "json", "cib", "commit", "plan"]);
    let error = &errors(&answer)[0];
    assert_eq!((answer.code, &error["kind"]), (4, &json!("conflict")));
    let conflict = &error["conflicts"][0];
    assert_eq!(
        (&conflict["was"], &conflict["theirs"], &conflict["mine"]),
        (&json!("1"), &json!("theirs"), &json!("mine"))
    );
    assert!(conflict["place"].as_str().unwrap().contains("primitive `p1`"), "{conflict}");
}

#[test]
fn forms_that_are_none_are_refused() {
    let bench = Bench::default();
    for words in [&["--output", "yaml", "status"][..], &["-o", "yaml", "status"], &["--output"]] {
        assert_eq!(bench.crm(words).code, 2, "{words:?}");
    }
    assert_eq!(bench.crm(&["--output", "text", "configure", "show"]).code, 0);
}
