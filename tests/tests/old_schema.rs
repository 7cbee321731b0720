//! Configurations that an older Pacemaker wrote: translated when a daemon loads one and when
//! somebody commits one, refused where that cannot be.

use quorate_core::cib::Document;
use quorate_core::node::{Refusal, Reply};
use quorate_core::replica::PersistedTerms;
use quorate_core::xml::Element;
use quorate_daemon::perform::disk::Store;
use quorate_tests::lab::Lab;

/// A `<master>` was the promotable clone until Pacemaker 1.1; the words are those of schema 2.10.
const OLD: &str = "<cib validate-with='pacemaker-2.10' admin_epoch='0' epoch='7' num_updates='0'><configuration>\
    <crm_config><cluster_property_set id='o'><nvpair id='o-f' name='stonith-enabled' value='false'/>\
    </cluster_property_set></crm_config><nodes/><resources>\
    <master id='ms'><primitive id='s' class='ocf' provider='quorate' type='Dummy'/></master>\
    </resources><constraints/></configuration><status/></cib>";

fn promotable(document: &Document) -> bool {
    let resources = document.configuration().child("resources");
    let clone = resources.and_then(|resources| resources.child_with_id("clone", "ms"));
    clone.is_some_and(|clone| clone.descendants().any(|pair| pair.attr("name") == Some("promotable")))
}

#[test]
fn a_stored_configuration_of_an_older_schema_is_translated_at_the_start() {
    let mut lab = Lab::new(1);
    let place = lab.root("n1").join("var/lib/pacemaker/cib");
    let old = Document::read(OLD).expect("a document");
    Store::open(&place).and_then(|store| store.save(&old, PersistedTerms::default())).expect("a stored configuration");
    lab.start_all();
    lab.wait_until_idle();
    let document = lab.document("n1");
    assert!(promotable(&document), "{}", document.to_text());
    assert!(document.version() > old.version());
    assert!(lab.log("n1").contains("was in pacemaker-2.10"), "{}", lab.log("n1"));
}

#[test]
fn a_committed_configuration_of_an_older_schema_is_translated() {
    let lab = Lab::started(3);
    let reply = lab.commit("n2", |document| {
        let old = Document::read(OLD).expect("a document");
        document.root_mut().set("validate-with", "pacemaker-2.10");
        *document.configuration_mut() = old.configuration().clone();
    });
    assert!(matches!(reply, Ok(Reply::Committed { .. })), "{reply:?}");
    for name in lab.names() {
        lab.wait("the translated configuration", |lab| promotable(&lab.document(&name)));
    }
}

#[test]
fn a_schema_that_is_not_known_is_refused() {
    let lab = Lab::started(1);
    let reply = lab.commit("n1", |document| {
        document.root_mut().set("validate-with", "pacemaker-9.0");
        document.configuration_mut().child_or_new("tags").push(Element::new("tag").with("id", "t"));
    });
    let Ok(Reply::Refused(Refusal::Schema { reason })) = reply else { panic!("{reply:?}") };
    assert!(reason.contains("validate-with=\"pacemaker-9.0\""), "{reason}");
    assert!(lab.document("n1").configuration().child("tags").is_none());
}
