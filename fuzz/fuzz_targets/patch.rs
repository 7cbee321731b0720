//! Two documents in one input: the patch between them leads from one to the other. Any element
//! is a patch or an error, and applying it never panics.
#![no_main]
use libfuzzer_sys::fuzz_target;
use quorate_core::cib::{Document, Patch, apply, diff};
use quorate_core::xml::read;

fuzz_target!(|text: &str| {
    let (first, second) = text.split_once('\0').unwrap_or((text, "<cib/>"));
    if let (Ok(old), Ok(new)) = (Document::read(first), Document::read(second)) {
        let patch = diff(&old, &new);
        let mut made = apply(&old, &patch).expect("a patch fits the document it was made on");
        made.set_version(new.version());
        assert_eq!(made.digest(), new.digest());
    }
    if let (Ok(old), Ok(element)) = (Document::read(first), read(second))
        && let Ok(patch) = Patch::from_xml(&element)
    {
        let _ = apply(&old, &patch);
    }
});
