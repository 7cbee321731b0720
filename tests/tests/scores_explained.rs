//! Every score has origins: what explanations add up is what placement decided, on every recorded case.
//!
//! Reads $QUORATE_CORPUS (default ../../shared/conformance); says so when it is not there.

use quorate_core::cib::upgrade;
use quorate_core::scheduler::constrain::constrain;
use quorate_core::scheduler::explain::explain;
use quorate_core::scheduler::place::{place, place_noting};
use quorate_core::scheduler::{Input, resolve};
use quorate_core::time::Now;
use quorate_tests::needs;

#[test]
fn origins_add_up_to_the_scores() {
    let Some(corpus) = needs::corpus("scheduler/xml") else { return };
    let (mut scores, mut wrong) = (0, Vec::new());
    for entry in std::fs::read_dir(corpus).expect("the corpus").flatten() {
        let name = entry.path().file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let document = quorate_transport::store::read_file(&entry.path()).expect("a CIB of the corpus");
        let Ok((document, _)) = upgrade::to_latest(&document) else { continue };
        let situation = resolve(&Input::new(&document, Now::from_epoch(1_700_000_000)));
        let constraints = constrain(&situation);
        let (plain, noted) = (place(&situation, &constraints, false), place_noting(&situation, &constraints));
        assert_eq!(plain.trace, noted.trace, "{name}: asking for origins changes the decision");
        let ledger = noted.ledger.as_ref().expect("it was asked for");
        for (id, resource) in situation.resources.iter().filter(|(_, resource)| resource.is_primitive()) {
            for node in situation.nodes.ids() {
                let mut score = resource.scores.get(node);
                for entry in ledger.entries.iter().filter(|entry| entry.resource == id && entry.node == node) {
                    if entry.before != score {
                        wrong.push(format!("{name}: {} before {:?}", resource.id, entry.cause));
                    }
                    score = entry.after;
                }
                scores += 1;
                if score != noted.resources[id].allowed.score(node) {
                    wrong.push(format!("{name}: {} at the end", resource.id));
                }
            }
        }
        // Whatever can be asked is answered.
        let explanation = explain(&situation);
        for name in explanation.names() {
            assert!(
                !explanation.find(name).iter().flat_map(|id| explanation.why(*id, None)).collect::<Vec<_>>().is_empty()
            );
        }
    }
    println!("{scores} scores, {} not explained", wrong.len());
    assert!(wrong.is_empty(), "{} of {scores}: {:?}", wrong.len(), &wrong[..wrong.len().min(20)]);
}
