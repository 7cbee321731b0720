//! What agents find in their environment, on real daemons: instances of clones, what the others do, the names that
//! agents still read though they were changed long ago (PAF, `mysql`, `pgsql` of resource-agents).

use quorate_tests::lab::Lab;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;

/// Writes down what it is told, and else does what `Stateful` does.
const TOLD: &str = r#"#!/bin/sh
env | grep -E '^OCF_|^HA_' | sort | sed "s/^/$OCF_RESKEY_CRM_meta_on_node $1 /" >>"$OCF_RESKEY_told.$$"
mv "$OCF_RESKEY_told.$$" "$OCF_RESKEY_told/$(date +%s%N).$$" 2>/dev/null
unset OCF_RESKEY_told
exec "${0%/*}/../quorate/Stateful" "$@"
"#;

/// One call of the agent: node, action, variables.
struct Call {
    node: String,
    action: String,
    variables: BTreeMap<String, String>,
}

impl Call {
    fn meta(&self, name: &str) -> &str {
        self.variables.get(&format!("OCF_RESKEY_CRM_meta_{name}")).map_or("(unset)", String::as_str)
    }

    fn key(&self) -> String {
        let Call { node, action, .. } = self;
        match action.as_str() {
            "notify" => format!("{node} {}-{}", self.meta("notify_type"), self.meta("notify_operation")),
            _ => format!("{node} {action}"),
        }
    }
}

fn calls(lab: &Lab) -> Vec<Call> {
    let mut files: Vec<_> = fs::read_dir(lab.directory().join("told")).expect("a directory").flatten().collect();
    files.sort_by_key(fs::DirEntry::file_name);
    let one = |text: String| {
        let mut call = Call { node: String::new(), action: String::new(), variables: BTreeMap::new() };
        for line in text.lines() {
            let mut words = line.splitn(3, ' ');
            call.node = words.next().unwrap_or_default().to_string();
            call.action = words.next().unwrap_or_default().to_string();
            let pair = words.next().and_then(|pair| pair.split_once('='));
            call.variables.extend(pair.map(|(name, value)| (name.to_string(), value.to_string())));
        }
        call
    };
    files.iter().filter_map(|file| fs::read_to_string(file.path()).ok()).map(one).collect()
}

fn started() -> Lab {
    let lab = Lab::started(2);
    for node in lab.names() {
        let place = lab.root(&node).join("usr/lib/ocf/resource.d/test");
        fs::create_dir_all(&place).expect("a provider");
        fs::write(place.join("Told"), TOLD).expect("an agent");
        fs::set_permissions(place.join("Told"), PermissionsExt::from_mode(0o755)).expect("its mode");
    }
    fs::create_dir(lab.directory().join("told")).expect("a directory");
    let file = lab.directory().join("batch.crm");
    let text = format!(
        "configure\nproperty fencing-enabled=false\nprimitive db ocf:test:Told params told=\"{}\" op monitor interval=3600s role=Promoted\n\
         clone all db meta promotable=true notify=true interleave=true\ncommit\n",
        lab.directory().join("told").display()
    );
    fs::write(&file, text).expect("a batch");
    let output = lab.tool("n1", &["crm", "-f", &file.to_string_lossy()]).output().expect("the shell runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    lab
}

#[test]
fn an_anonymous_instance_is_told_what_pacemaker_tells() {
    let lab = started();
    lab.wait("a promoted instance", |lab| calls(lab).iter().any(|call| call.key().ends_with(" post-promote")));
    lab.wait_until_idle();
    let calls = calls(&lab);
    let actions: Vec<String> = calls.iter().map(Call::key).collect();
    for wanted in ["monitor", "start", "promote", "post-start", "pre-promote", "post-promote"] {
        assert!(actions.iter().any(|action| action.ends_with(&format!(" {wanted}"))), "{wanted}: {actions:?}");
    }
    for call in calls.iter().filter(|call| call.action != "meta-data") {
        let key = call.key();
        assert_eq!(call.variables["OCF_RESOURCE_INSTANCE"], "db", "{key}");
        let always = [
            ("clone_max", "2"),
            ("clone_node_max", "1"),
            ("globally_unique", "false"),
            ("notify", "true"),
            ("promoted_max", "1"),
            ("promoted_node_max", "1"),
            ("master_max", "1"),
            ("master_node_max", "1"),
            ("on_node", call.node.as_str()),
            ("op_target_rc", "(unset)"),
        ];
        for (name, value) in always {
            assert_eq!(call.meta(name), value, "{key}: {name}\n{:?}", call.variables);
        }
        assert_ne!(call.meta("timeout"), "(unset)", "{key}");
        // Of an operation that is configured.
        assert!(["(unset)", call.action.as_str()].contains(&call.meta("name")), "{key}: {}", call.meta("name"));
    }
    told_of_all(&calls);
}

/// What starts, stops and is promoted around them is told to those who are notified, and to those who do it.
fn told_of_all(calls: &[Call]) {
    let concerned = calls.iter().filter(|call| matches!(call.action.as_str(), "start" | "promote" | "notify"));
    let lists = ["start", "stop", "promote", "demote", "active", "promoted", "unpromoted", "master", "slave"];
    for call in concerned {
        for (list, what) in lists.iter().flat_map(|list| [(list, "resource"), (list, "uname")]) {
            assert_ne!(call.meta(&format!("notify_{list}_{what}")), "(unset)", "{}: {list} {what}", call.key());
        }
        for name in ["notify_inactive_resource", "notify_available_uname", "notify_all_uname"] {
            assert_ne!(call.meta(name), "(unset)", "{}: {name}", call.key());
        }
        for (new, old) in [("promoted", "master"), ("unpromoted", "slave")] {
            let told = |list: &str| {
                [call.meta(&format!("notify_{list}_resource")), call.meta(&format!("notify_{list}_uname"))]
            };
            assert_eq!(told(new), told(old), "{}", call.key());
        }
    }
    let promoted = calls.iter().find(|call| call.key().ends_with("pre-promote")).expect("it was told");
    let names: Vec<&str> = promoted.meta("notify_promote_uname").split_whitespace().collect();
    assert_eq!((names.len(), promoted.meta("notify_promote_resource").starts_with("db")), (1, true));
    let by_whom = calls.iter().find(|call| call.action == "promote").expect("it was promoted");
    assert_eq!(by_whom.node, names[0]);
}
