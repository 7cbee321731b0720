//! crm_resource and crm_failcount, crm_standby, crm_master on a file; agents run by hand on this host.
#![allow(clippy::unwrap_used)]

use quorate_tests::lab::program;
use quorate_tests::shell::{Bench, Step, said};
use std::path::Path;
use std::process::Command;

const CIB: &str = r#"<cib crm_feature_set="3.20.5" validate-with="pacemaker-4.0" admin_epoch="0" epoch="10" num_updates="3" have-quorum="1" dc-uuid="1">
  <configuration>
    <crm_config><cluster_property_set id="o"><nvpair id="o-f" name="fencing-enabled" value="false"/></cluster_property_set></crm_config>
    <nodes><node id="1" uname="n1"/><node id="2" uname="n2"/></nodes>
    <resources>
      <template id="tpl" class="ocf" provider="quorate" type="Dummy"><meta_attributes id="tpl-m"><nvpair id="tpl-m-p" name="priority" value="3"/></meta_attributes></template>
      <primitive id="t" template="tpl"/>
      <primitive id="d" class="ocf" provider="quorate" type="Dummy">
        <instance_attributes id="d-i"><nvpair id="d-i-fake" name="fake" value="1"/></instance_attributes>
        <utilization id="d-u"><nvpair id="d-u-cpu" name="cpu" value="2"/></utilization>
      </primitive>
      <clone id="c"><meta_attributes id="c-m"><nvpair id="c-m-k" name="notify" value="true"/></meta_attributes>
        <primitive id="p" class="ocf" provider="quorate" type="Dummy"/></clone>
    </resources>
    <constraints/>
  </configuration>
  <status>
    <node_state id="1" uname="n1" in_ccm="true" crmd="online" join="member" expected="member">
      <transient_attributes id="1"><instance_attributes id="status-1">
        <nvpair id="status-1-f1" name="fail-count-d#monitor_10000" value="2"/><nvpair id="status-1-f2" name="fail-count-d#start_0" value="3"/>
      </instance_attributes></transient_attributes>
      <lrm id="1"><lrm_resources><lrm_resource id="d" class="ocf" provider="quorate" type="Dummy">
        <lrm_rsc_op id="d_last_0" operation_key="d_start_0" operation="start" transition-key="1:1:0:u" transition-magic="0:0;1:1:0:u" call-id="5" rc-code="0" op-status="0" interval="0" last-rc-change="1700000000" exec-time="9"/>
      </lrm_resource></lrm_resources></lrm>
    </node_state>
    <node_state id="2" uname="n2" in_ccm="true" crmd="online" join="member" expected="member"/>
  </status>
</cib>
"#;

/// The agents of the repository, as a host has them.
fn agents(bench: &Bench) -> std::path::PathBuf {
    let place = bench.path("root/usr/lib/ocf/resource.d/quorate");
    std::fs::create_dir_all(&place).unwrap();
    for name in ["Dummy", "Stateful"] {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shell/agents").join(name);
        std::fs::copy(source, place.join(name)).unwrap();
    }
    bench.path("root")
}

fn call(bench: &Bench, line: &str) -> (i32, String) {
    let mut command = Command::new(program("quorate"));
    command.args(line.split_whitespace()).env("CIB_file", bench.path("cib.xml")).env_remove("CIB_shadow");
    command.env("QUORATE_ROOT", agents(bench)).env("QUORATE_NODE", "n1").env_remove("OCF_RESOURCE_INSTANCE");
    said(&mut command)
}

/// Calls one after the other, each with its exit code and what stands in its answer.
#[track_caller]
fn story(steps: &[Step]) -> String {
    let bench = Bench::new(CIB);
    bench.story(call, steps);
    bench.cib()
}

#[test]
fn states_places_and_definitions_are_shown() {
    story(&[
        (
            "crm_resource -L",
            0,
            "Full List of Resources:\n  * t\t(ocf:quorate:Dummy):\t Stopped\n  * d\t(ocf:quorate:Dummy):\t Started\n",
        ),
        ("crm_resource --list-raw", 0, "t\nd\np:0\np:1\n"),
        ("crm_resource --resource d --locate", 0, "resource d is running on: n1\n"),
        ("crm_resource -W -r p", 0, "resource p is NOT running\n"),
        ("crm_resource -Q -W -r d", 0, "n1\n"),
        ("crm_resource -r d -g fake", 0, "1\n"),
        ("crm_resource --resource t --meta --get-parameter priority", 0, "3\n"),
        ("crm_resource -Q -r d -z -g cpu", 0, "2\n"),
        ("crm_resource -r d --element -g class", 0, "ocf\n"),
        ("crm_resource -r d -g none", 0, "Attribute 'none' not found for 'd'\n"),
        (
            "crm_resource -q -r t",
            0,
            "<primitive id=\"t\" class=\"ocf\" provider=\"quorate\" type=\"Dummy\">\n  <meta_attributes",
        ),
        ("crm_resource -w -r t", 0, "<primitive id=\"t\" template=\"tpl\"/>"),
        (
            "crm_resource -O -N n1",
            0,
            "d\t(ocf:quorate:Dummy):\t Started: d_start_0 (node=n1, call=5, rc=0, last-rc-change='",
        ),
        ("crm_resource --digests -r d -N n1", 0, "Digests for d start on n1\n  all: "),
        ("crm_resource -Y -r d -N n2", 0, "Resource d is not running on host n2\n"),
        (
            "crm_resource -r nope -W",
            105,
            "crm_resource: Resource 'nope' not found\nError performing operation: No such object\n",
        ),
        ("crm_resource -W", 64, "Must supply a resource ID with -r/--resource"),
        ("crm_resource --list-options=primitive", 0, "  * target-role: "),
        ("crm_resource --list-standards", 0, "ocf\n"),
        ("crm_resource --list-agents ocf:quorate", 0, "Dummy\nStateful\n"),
        ("crm_resource --list-ocf-alternatives Stateful", 0, "quorate\n"),
        ("crm_resource --list-agents nope", 1, "No agents found for standard 'nope'"),
        ("crm_resource --show-metadata ocf:quorate:Dummy", 0, "<resource-agent name=\"Dummy\""),
        ("crm_resource --show-metadata ocf:quorate:None", 105, "Metadata query for ocf:quorate:None failed"),
    ]);
}

#[test]
fn attributes_are_set_where_they_belong() {
    let cib = story(&[
        (
            "crm_resource -r p --meta -p notify -v false",
            0,
            "Performing update of 'notify' on 'c', the parent of 'p'\nSet 'c' option: id=c-m-k name=notify value=false\n",
        ),
        (
            "crm_resource --resource d --set-parameter target-role --meta --parameter-value Stopped",
            0,
            "Set 'd' option: id=d-meta_attributes-target-role set=d-meta_attributes name=target-role value=Stopped\n",
        ),
        ("crm_resource -r d -z -p cpu -v 4", 0, "Set 'd' option: id=d-u-cpu name=cpu value=4\n"),
        ("crm_resource -r d -p x -v 5 -s mine -i pair", 0, "Set 'd' option: id=pair set=mine name=x value=5\n"),
        (
            "crm_resource -r d -p target-role -v x",
            109,
            "WARNING: There is already a meta attribute for 'd' called 'target-role'",
        ),
        ("crm_resource -r d -d fake", 0, "Deleted 'd' option: id=d-i-fake name=fake\n"),
        ("crm_resource -r d --utilization --delete-parameter=cpu", 0, "Deleted 'd' option: id=d-u-cpu name=cpu\n"),
        ("crm_resource -r d -p x", 64, "You need to supply a value with the -v option"),
        ("crm_resource -r d --element -p description -v text", 0, "Set attribute: name=description value=text\n"),
    ]);
    assert!(
        cib.contains("<nvpair id=\"pair\" name=\"x\" value=\"5\"/>") && cib.contains("description=\"text\""),
        "{cib}"
    );
    assert!(!cib.contains("d-i-fake") && cib.contains("epoch=\"17\""), "{cib}");
}

/// One option, whichever of its names is used, for reading as for writing.
#[test]
fn an_option_is_found_under_either_name() {
    let cib = story(&[
        ("crm_resource -r c --meta -p promotable -v true", 0, ""),
        ("crm_resource -r c --meta -p promoted-max -v 2", 0, "value=2\n"),
        ("crm_resource -r c --meta -g master-max", 0, "2\n"),
        ("crm_resource -r c --meta -g promoted-max", 0, "2\n"),
        ("crm_resource -r c --meta -p master-max -v 3", 0, "value=3\n"),
        ("crm_resource -r c --meta -g master-max", 0, "3\n"),
        ("crm_resource -r c --meta -d master-max", 0, "Deleted 'c' option"),
    ]);
    assert!(!cib.contains("-max"), "{cib}");
}

#[test]
fn resources_are_moved_and_let_go() {
    let cib = story(&[
        ("crm_resource -r d --move --node n1", 108, "Error performing operation: Requested item already exists"),
        ("crm_resource -r d -M -N n2", 0, ""),
        ("crm_resource -r d -U", 0, "Removing constraint: cli-prefer-d\n"),
        ("crm_resource -r d --ban", 0, "WARNING: Creating rsc_location constraint 'cli-ban-d-on-n1'"),
        ("crm_resource --resource d --clear --node n1", 0, "Removing constraint: cli-ban-d-on-n1\n"),
        ("crm_resource -r t -M", 64, "Resource 't' not moved: active in 0 locations."),
        ("crm_resource -r d -B -N n9", 105, "Node 'n9' not found"),
        ("crm_resource -r p:0 -B -N n1", 2, "Cannot operate on clone resource instance 'p:0'"),
        ("crm_resource -r c -B -N n1 --promoted -u PT1H", 0, "Migration will take effect until: "),
        ("crm_resource -U -e", 0, ""),
        ("crm_resource -e", 64, "--expired requires --clear or -U"),
        ("crm_resource -D -r t", 64, "You need to specify a resource type with -t"),
        ("crm_resource -D -r t -t primitive", 0, ""),
        ("crm_resource -C -r d", 0, "Dry run: skipping clean-up of d on n1 due to CIB_file"),
        ("crm_resource -F -r d -N n1", 0, "Dry run: skipping fail of d on n1 due to CIB_file"),
    ]);
    assert!(cib.contains("role=\"Promoted\"") && !cib.contains("template=\"tpl\""), "{cib}");
}

#[test]
fn agents_are_run_past_the_cluster() {
    story(&[
        (
            "crm_resource -r d --force-check",
            7,
            "Operation force-check for d (ocf:quorate:Dummy) returned 7 (Not running)\n",
        ),
        ("crm_resource -r d --force-start", 0, "Operation force-start for d (ocf:quorate:Dummy) returned 0 (OK)\n"),
        ("crm_resource -r d --force-check", 0, "returned 0 (OK)"),
        (
            "crm_resource -r d --force-stop --output-as=xml",
            0,
            "<agent-status code=\"0\" message=\"OK\" execution_code=\"0\" execution_message=\"Done\"/>",
        ),
        ("crm_resource -r d --force-check", 7, "Not running"),
        (
            "crm_resource --class ocf --provider quorate --agent Dummy --validate",
            0,
            "Operation validate (ocf:quorate:Dummy) returned 0 (OK)\n",
        ),
        (
            "crm_resource --class ocf --provider quorate --agent None --validate",
            64,
            "ocf:quorate:None is not a known resource agent",
        ),
        (
            "crm_resource --class ocf --agent Dummy --validate",
            64,
            "--provider and --agent are required with --class=ocf",
        ),
    ]);
}

/// Each in the way of its standard; a fence device is asked, and never used against a node.
#[test]
fn agents_of_other_standards_are_run_past_the_cluster_too() {
    let script = "#!/bin/sh\nstate=$(dirname \"$0\")/state\necho \"said $1\"\ncase $1 in start) touch $state ;; stop) rm -f $state ;; \
                  status) [ -e $state ] || exit 3 ;; *) exit 2 ;; esac\n";
    let fence = "#!/bin/sh\nwhile IFS='=' read -r key value; do case $key in action) action=$value ;; esac; done\n\
                 [ $action = monitor ]\n";
    let cib = CIB.replace(
        "<clone id=\"c\">",
        "<primitive id=\"l\" class=\"lsb\" type=\"some\"/><primitive id=\"s\" class=\"service\" type=\"some\"/>\
         <primitive id=\"u\" class=\"systemd\" type=\"no-such-unit\"/><primitive id=\"m\" class=\"lsb\" type=\"missing\"/>\
         <primitive id=\"f\" class=\"stonith\" type=\"fence_some\"/><clone id=\"c\">",
    );
    let bench = Bench::new(&cib);
    for (file, text) in [("root/etc/init.d/some", script), ("root/usr/sbin/fence_some", fence)] {
        use std::os::unix::fs::PermissionsExt;
        let path = bench.path(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let steps = [
        ("crm_resource -r l --force-check", 7, "Operation force-check for l (lsb:some) returned 7 (Not running)\n"),
        ("crm_resource -r l --force-start", 0, "Operation force-start for l (lsb:some) returned 0 (OK)\nsaid start\n"),
        (
            "crm_resource -r s --force-check",
            0,
            "Operation force-check for s (service:some) returned 0 (OK)\nsaid status",
        ),
        ("crm_resource -r l --force-stop", 0, "returned 0 (OK)"),
        ("crm_resource -r l --force-promote", 2, "Operation force-promote for l (lsb:some) returned 2"),
        ("crm_resource -r m --force-check", 5, "init script missing is not installed"),
        ("crm_resource -r u --force-start", 5, "Operation force-start for u (systemd:no-such-unit)"),
        ("crm_resource -r f --force-check", 0, "Operation force-check for f (stonith:fence_some) returned 0 (OK)"),
        ("crm_resource -r f --force-start", 0, "Operation force-start for f (stonith:fence_some) returned 0 (OK)"),
        ("crm_resource -r f --force-stop", 0, "returned 0 (OK)"),
        ("crm_resource -r f --force-promote", 3, "fence devices have no action promote"),
    ];
    for (line, code, expected) in steps {
        let (got, said) = call(&bench, line);
        assert!(got == code && said.contains(expected), "{line}: {got}, wanted {code} «{expected}»\n{said}");
    }
}

/// What a shadow holds after a cleanup: with the cluster its daemon does the same.
#[test]
fn a_cleanup_of_one_operation_leaves_the_others() {
    let bench = Bench::new(CIB);
    let shadow = bench.path("shadow.s");
    for (words, left) in [
        ("-N n1 -n monitor -I 20s", ["monitor_10000", "start_0"].as_slice()),
        ("-N n2 -n monitor -I 10s", &["monitor_10000", "start_0"]),
        ("-N n1 -n monitor -I 10s", &["start_0"]),
        ("-n start", &["monitor_10000"]),
        ("", &[]),
    ] {
        std::fs::write(&shadow, CIB).unwrap();
        let mut command = bench.tool("crm_resource");
        command.env_remove("CIB_file").env("CIB_shadow", "s").args(["--cleanup", "-r", "d"]);
        let (code, text) = said(command.args(words.split_whitespace()));
        assert_eq!(code, 0, "{words}\n{text}");
        let after = std::fs::read_to_string(&shadow).unwrap();
        let counts = after.split("fail-count-d#").skip(1).map(|rest| rest.split('"').next().unwrap_or_default());
        assert_eq!(counts.collect::<Vec<_>>(), left, "{words}");
    }
}

#[test]
fn older_names_do_what_the_newer_do() {
    let cib = story(&[
        ("crm_failcount --query -r d -N n1", 0, "scope=status  name=fail-count-d value=5\n"),
        ("crm_failcount -G -r d -N n1 -n monitor -I 10s -q", 0, "2\n"),
        ("crm_failcount -D -r d -N n1", 0, "Dry run: skipping clean-up of d on n1"),
        ("crm_failcount -r d", 64, "must specify a command"),
        ("crm_standby -N n1 -G", 0, "scope=status  name=standby value=off\n"),
        ("crm_standby -N n1 -v on", 0, ""),
        ("crm_standby -N n1", 0, "scope=nodes  name=standby value=on\n"),
        ("crm_standby -N n1 -D", 0, "Deleted nodes attribute: id=nodes-1-standby name=standby\n"),
        ("crm_master -r p -l reboot -N n1 -v 10", 0, ""),
        ("crm_master -r p -l reboot -N n1 -Q", 0, "10\n"),
        ("crm_master -v 1", 1, "No resource specified"),
        ("attrd_updater -n ping -v 100 -N n1", 0, ""),
        ("attrd_updater -n ping -U value++ -N n1", 0, ""),
        ("attrd_updater -Q -n ping -N n1", 0, "name=\"ping\" host=\"n1\" value=\"101\"\n"),
        ("attrd_updater -Q -n none -A", 78, "Could not query value of none: attribute does not exist"),
        ("attrd_updater -D -n ping -N n1", 0, ""),
        ("attrd_updater -n a -P b -U 1", 64, "--name and --pattern cannot be used at the same time"),
        ("attrd_updater -n a -U 1 -W never", 64, "--wait= must be one of 'no', 'local', 'cluster'"),
    ]);
    assert!(cib.contains("master-p") && !cib.contains("name=\"ping\"") && !cib.contains("\"standby\""), "{cib}");
}
