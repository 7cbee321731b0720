//! `compare_schedulers COUNT [FIRST_SEED] [--recorded] [--injected]`: random CIBs, or recorded ones varied,
//! ours beside the installed `crm_simulate` (or `$QUORATE_PEER`), also with things supposed. Every CIB on
//! which they differ is shrunk and kept in `target/compare`.

use quorate_tests::compare::answer::{Part, Program};
use quorate_tests::compare::injections::injections;
use quorate_tests::compare::scene::scene;
use quorate_tests::compare::shrink::shrink;
use quorate_tests::compare::variation::{Pool, variation};
use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1).filter_map(|text| text.parse::<u64>().ok());
    let (count, first) = (arguments.next().unwrap_or(1_000), arguments.next().unwrap_or(0));
    let has = |wanted: &str| std::env::args().any(|word| word == wanted);
    let (recorded, injected) = (has("--recorded"), has("--injected"));
    let corpus = std::env::var_os("QUORATE_CORPUS").map_or_else(|| "../shared/conformance".into(), PathBuf::from);
    let pool = if recorded { Pool::read(&corpus) } else { None };
    if recorded && pool.is_none() {
        eprintln!("{}: there are no recorded cases", corpus.display());
        return ExitCode::FAILURE;
    }
    // Each in its own place, so that several may run at once.
    let place = PathBuf::from(format!("target/compare/{first}"));
    let place = place.as_path();
    if let Err(error) = std::fs::create_dir_all(place) {
        eprintln!("{}: {error}", place.display());
        return ExitCode::FAILURE;
    }
    let here = std::env::current_exe().ok().and_then(|path| Some(path.parent()?.join("quorate")));
    let here = here.unwrap_or_default().display().to_string();
    let ours = Program::new(&[&here, "crm_simulate"], place);
    let peer = std::env::var("QUORATE_PEER").unwrap_or_else(|_| "crm_simulate".into());
    let theirs = Program::new(&[&peer], place);
    let Some(version) = theirs.major_version() else {
        eprintln!("{peer} is not installed: nothing to compare with");
        return ExitCode::FAILURE;
    };
    // Before 3.0 the words differ, and so do some decisions.
    let parts: &[Part] = match version {
        0..=2 => &[Part::Summary],
        _ => &[Part::Scores, Part::Summary, Part::Execution, Part::Graph, Part::Text],
    };
    let (mut compared, mut refused, mut differing) = (0, 0, 0);
    for seed in first..first + count {
        let cib = match &pool {
            Some(pool) => variation(seed, pool, &ours),
            None => scene(seed, &ours),
        };
        let supposed = match injected {
            true => injections(seed, &cib),
            false => Vec::new(),
        };
        let differences = |cib: &str, parts: &[Part]| differences([&ours, &theirs], cib, &supposed, parts);
        let found = match differences(&cib, parts) {
            Found::Same => {
                compared += 1;
                continue;
            }
            Found::Refused(why) => {
                refused += 1;
                println!("seed {seed}: refused: {}", why.lines().take(3).collect::<Vec<_>>().join(" | "));
                continue;
            }
            Found::Differ(found) => found,
        };
        compared += 1;
        differing += 1;
        let kind = found[0].0;
        let (small, tries) = shrink(&cib, &mut |cib| match differences(cib, &[kind]) {
            Found::Differ(_) => true,
            Found::Same | Found::Refused(_) => false,
        });
        let kept = place.join(format!("{seed}.xml"));
        if let Err(error) = std::fs::write(&kept, &small) {
            eprintln!("{}: {error}", kept.display());
        }
        println!("seed {seed}: {kind:?} differs ({tries} tries to shrink): {} {}", kept.display(), supposed.join(" "));
        if let Found::Differ(found) = differences(&small, parts) {
            found.iter().for_each(|(_, text)| println!("{text}"));
        }
    }
    println!("{compared} compared with {peer} (Pacemaker {version}), {differing} differ, {refused} refused");
    if differing == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

enum Found {
    Same,
    /// The peer does not take the CIB, and why.
    Refused(String),
    Differ(Vec<(Part, String)>),
}

fn differences([ours, theirs]: [&Program; 2], cib: &str, supposed: &[String], parts: &[Part]) -> Found {
    let theirs = match theirs.answer(cib, supposed) {
        Ok(theirs) => theirs,
        Err(why) => return Found::Refused(why),
    };
    let ours = match ours.answer(cib, supposed) {
        Ok(ours) => ours,
        // Names that are not in the CIB are no error to the peer.
        Err(why) if !supposed.is_empty() => return Found::Refused(why),
        Err(why) => return Found::Differ(vec![(Part::Summary, format!("ours refused it: {why}"))]),
    };
    let found: Vec<(Part, String)> =
        parts.iter().filter_map(|part| Some((*part, part.difference(&ours, &theirs)?))).collect();
    if found.is_empty() { Found::Same } else { Found::Differ(found) }
}
