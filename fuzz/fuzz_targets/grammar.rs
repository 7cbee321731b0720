//! Any text is statements and diagnostics; statements printed are read again without complaint.
#![no_main]
use libfuzzer_sys::fuzz_target;
use quorate_grammar::crm;

fuzz_target!(|text: &str| {
    let (statements, diagnostics) = crm::parse(text);
    if diagnostics.is_empty() {
        for statement in &statements {
            let printed = crm::print::print(statement);
            let (again, complaints) = crm::parse(&printed);
            assert!(complaints.is_empty() && again.len() == 1, "{printed:?}: {complaints:?}");
        }
    }
    for diagnostic in &diagnostics {
        let _ = diagnostic.picture("fuzz", text);
    }
});
